"""hOCR 1.2: one document of all photos, which is written page by page: `HEAD`, the pages, `END`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from ctpn.output.record import PageRecord
from ctpn.terminal import CONTROLS, well_formed
from ctpn.version import __version__

HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<html xmlns="http://www.w3.org/1999/xhtml">
  <head>
    <meta http-equiv="Content-Type" content="text/html; charset=utf-8" />
    <meta name="ocr-system" content="ctpn {__version__}" />
    <meta name="ocr-capabilities" content="ocr_page ocr_line ocrx_word" />
    <title>ctpn</title>
  </head>
  <body>
"""
END = "  </body>\n</html>\n"
# What XML cannot hold, and what HTML does not allow: control characters, half pairs of UTF-16, and code points that are no characters.
NO_CHARACTERS = "\ufdd0-\ufdef" + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
FORBIDDEN = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{NO_CHARACTERS}]")


def to_hocr(records: Sequence[PageRecord]) -> str:
    """The whole document of photos that have all been read."""
    return HEAD + "".join(hocr_page(number, record) for number, record in enumerate(records)) + END


def hocr_page(number: int, record: PageRecord) -> str:
    """The page of a photo with its lines, each line's text as one word. Numbers of pages begin with 0; a photo that failed has none.

    `ppageno` counts the document's pages, `lpageno` is the page in a file of several pages.
    """
    name = _clean(CONTROLS.sub(" ", record["image"].replace('"', "'")))
    title = f'image "{name}"; bbox 0 0 {record["width"]} {record["height"]}; ppageno {number}'
    if "page" in record:
        title += f"; lpageno {record['page']}"
    page = ElementTree.Element("div", {"class": "ocr_page", "id": f"page_{number}", "title": title})
    for i, line in enumerate(record["lines"]):
        xs, ys = zip(*line["quad"], strict=True)
        box = f"bbox {round(min(xs))} {round(min(ys))} {round(max(xs))} {round(max(ys))}"
        poly = "poly " + " ".join(f"{round(v)}" for point in line["quad"] for v in point)
        span = ElementTree.SubElement(page, "span", {"class": "ocr_line", "id": f"line_{number}_{i}", "title": f"{box}; {poly}"})
        title = f"{box}; x_wconf {round(100 * (line['text_score'] or 0))}"
        word = ElementTree.SubElement(span, "span", {"class": "ocrx_word", "id": f"word_{number}_{i}", "title": title})
        word.text = _clean(line["text"] or "")
    ElementTree.indent(page, level=2)
    return f"    {ElementTree.tostring(page, encoding='unicode')}\n"


def _clean(text: str) -> str:
    return FORBIDDEN.sub("", well_formed(text))
