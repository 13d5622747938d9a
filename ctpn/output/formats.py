"""What the command line prints: plain text, JSON lines, CSV, hOCR. docs/output.md describes the forms."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from ctpn.reader import TextLine
from ctpn.version import __version__

Result = dict[str, Any]
COLUMNS = ["image", "line", "region", "score", "text", "text_score", "x1", "y1", "x2", "y2", "x3", "y3", "x4", "y4"]


def describe(name: str, size: tuple[int, int], lines: Sequence[TextLine], regions: int | None) -> Result:
    """The JSON object of one image of `size` (height, width); `regions` is how many were marked, None for none."""
    result: Result = {
        "image": name, "width": size[1], "height": size[0],
        "lines": [
            {
                "quad": [[round(float(x), 1), round(float(y), 1)] for x, y in line.quad],
                "score": round(line.score, 4), "text": line.text,
                "text_score": None if line.text_score is None else round(line.text_score, 4), "region": line.region,
            }
            for line in lines
        ],
    }  # fmt: skip
    if regions is not None:
        counts = [sum(line.region == i for line in lines) for i in range(regions)]
        result["regions"] = [{"region": i, "lines": n} for i, n in enumerate(counts)]
    return result


def as_text(result: Result) -> str:
    """For people: a line of the picture's size, then a line for each text."""
    if "error" in result:
        return ""
    rows = [f"{result['image']}: {len(result['lines'])} lines, {result['width']} x {result['height']} pixels"]
    for line in result["lines"]:
        corners = "  ".join(f"{x:.1f},{y:.1f}" for x, y in line["quad"])
        where = "" if line["region"] is None else f"  region {line['region']}"
        text = "" if line["text"] is None else f"  {100 * line['text_score']:5.1f} %  {line['text']}"
        rows.append(f"  {100 * line['score']:5.1f} %  {corners}{where}{text}")
    rows += [f"  region {r['region']}: no text" for r in result.get("regions", []) if not r["lines"]]
    return "\n".join(rows) + "\n"


def as_json(result: Result) -> str:
    """One object on one line."""
    return json.dumps(result, ensure_ascii=False) + "\n"


def as_csv(result: Result, *, header: bool) -> str:
    """A row for each line (RFC 4180); of an image that failed none."""
    out = io.StringIO()
    writer = csv.writer(out)
    if header:
        writer.writerow(COLUMNS)
    for i, line in enumerate(result.get("lines", [])):
        corners = [v for point in line["quad"] for v in point]
        values = [result["image"], i, line["region"], line["score"], line["text"], line["text_score"], *corners]
        writer.writerow(["" if v is None else v for v in values])
    return out.getvalue()


def as_hocr(results: Sequence[Result]) -> str:
    """One hOCR 1.2 document of all images: a page each, with its lines, and the line's text as one word."""
    html = ElementTree.Element("html", xmlns="http://www.w3.org/1999/xhtml")
    head = ElementTree.SubElement(html, "head")
    ElementTree.SubElement(head, "meta", {"http-equiv": "Content-Type", "content": "text/html; charset=utf-8"})
    ElementTree.SubElement(head, "meta", name="ocr-system", content=f"ctpn {__version__}")
    ElementTree.SubElement(head, "meta", name="ocr-capabilities", content="ocr_page ocr_line ocrx_word")
    ElementTree.SubElement(head, "title").text = "ctpn"
    body = ElementTree.SubElement(html, "body")
    for number, result in enumerate(results):
        if "error" not in result:
            _page(body, number, result)
    ElementTree.indent(html)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(html, encoding="unicode") + "\n"


def _page(body: ElementTree.Element, number: int, result: Result) -> None:
    name = str(result["image"]).replace('"', "'")
    title = f'image "{name}"; bbox 0 0 {result["width"]} {result["height"]}; ppageno {number}'
    page = ElementTree.SubElement(body, "div", {"class": "ocr_page", "id": f"page_{number}", "title": _clean(title)})
    for i, line in enumerate(result["lines"]):
        xs, ys = zip(*line["quad"], strict=True)
        box = f"bbox {round(min(xs))} {round(min(ys))} {round(max(xs))} {round(max(ys))}"
        poly = "poly " + " ".join(f"{round(v)}" for point in line["quad"] for v in point)
        span = ElementTree.SubElement(page, "span", {"class": "ocr_line", "id": f"line_{number}_{i}", "title": f"{box}; {poly}"})
        sure = f"{box}; x_wconf {round(100 * (line['text_score'] or 0))}"
        word = ElementTree.SubElement(span, "span", {"class": "ocrx_word", "id": f"word_{number}_{i}", "title": sure})
        word.text = _clean(line["text"] or "")


def _clean(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(c for c in text if c >= " " or c in "\t\n")
