"""hOCR 1.2: one document of all photos."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from ctpn.output.record import PageRecord
from ctpn.version import __version__


def to_hocr(records: Sequence[PageRecord | None]) -> str:
    """The document: a page for each photo with its lines, each line's text as one word; None is a photo that could not be read."""
    html = ElementTree.Element("html", xmlns="http://www.w3.org/1999/xhtml")
    head = ElementTree.SubElement(html, "head")
    ElementTree.SubElement(head, "meta", {"http-equiv": "Content-Type", "content": "text/html; charset=utf-8"})
    ElementTree.SubElement(head, "meta", name="ocr-system", content=f"ctpn {__version__}")
    ElementTree.SubElement(head, "meta", name="ocr-capabilities", content="ocr_page ocr_line ocrx_word")
    ElementTree.SubElement(head, "title").text = "ctpn"
    body = ElementTree.SubElement(html, "body")
    for number, record in enumerate(records):
        if record is not None:
            _page(body, number, record)
    ElementTree.indent(html)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(html, encoding="unicode") + "\n"


def _page(body: ElementTree.Element, number: int, record: PageRecord) -> None:
    name = record["image"].replace('"', "'")
    title = f'image "{name}"; bbox 0 0 {record["width"]} {record["height"]}; ppageno {number}'
    page = ElementTree.SubElement(body, "div", {"class": "ocr_page", "id": f"page_{number}", "title": _clean(title)})
    for i, line in enumerate(record["lines"]):
        xs, ys = zip(*line["quad"], strict=True)
        box = f"bbox {round(min(xs))} {round(min(ys))} {round(max(xs))} {round(max(ys))}"
        poly = "poly " + " ".join(f"{round(v)}" for point in line["quad"] for v in point)
        span = ElementTree.SubElement(page, "span", {"class": "ocr_line", "id": f"line_{number}_{i}", "title": f"{box}; {poly}"})
        title = f"{box}; x_wconf {round(100 * (line['text_score'] or 0))}"
        word = ElementTree.SubElement(span, "span", {"class": "ocrx_word", "id": f"word_{number}_{i}", "title": title})
        word.text = _clean(line["text"] or "")


def _clean(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(c for c in text if c >= " " or c in "\t\n")
