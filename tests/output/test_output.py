"""Forms of output: what a program reads must parse, whatever stands in a text or a name."""

import csv
import io
import json
from xml.etree import ElementTree

import numpy as np

from ctpn.output.formats import COLUMNS, as_csv, as_hocr, as_json, as_text, describe
from ctpn.reader import TextLine
from tests.helpers.quads import box

NASTY = 'a,"b" <c> & 快递\x07'
LINES = [TextLine(box(1, 2, 31, 12), 0.91234, NASTY, 0.87654, 1), TextLine(box(1, 22, 31, 32), 0.5, "", 0.0, 1)]
RESULT = describe('x "1".jpg', (100, 200), LINES, 3)
H = "{http://www.w3.org/1999/xhtml}"


def test_json():
    back = json.loads(as_json(RESULT))
    assert back["image"] == 'x "1".jpg' and (back["width"], back["height"]) == (200, 100)
    assert back["lines"][0] == {
        "quad": [[1, 2], [31, 2], [31, 12], [1, 12]], "score": 0.9123, "text": NASTY, "text_score": 0.8765, "region": 1,
    }  # fmt: skip
    assert back["regions"] == [{"region": 0, "lines": 0}, {"region": 1, "lines": 2}, {"region": 2, "lines": 0}]
    assert "\n" not in as_json(RESULT)[:-1]
    assert "regions" not in describe("x", (1, 1), [], None)


def test_text_says_which_regions_are_empty():
    text = as_text(RESULT)
    assert "region 0: no text" in text and "region 2: no text" in text and "region 1: no text" not in text
    assert NASTY in text and text.count("\n") == 5


def test_csv():
    rows = list(csv.reader(io.StringIO(as_csv(RESULT, header=True) + as_csv(RESULT, header=False))))
    assert rows[0] == COLUMNS and len(rows) == 5
    first = dict(zip(COLUMNS, rows[1], strict=True))
    assert first["text"] == NASTY and first["image"] == 'x "1".jpg' and (first["x3"], first["y3"]) == ("31.0", "12.0")
    found = describe("y", (10, 10), [TextLine(box(0, 0, 5, 5), 0.7)], None)
    assert dict(zip(COLUMNS, next(csv.reader(io.StringIO(as_csv(found, header=False)))), strict=True))["text"] == ""


def test_hocr():
    root = ElementTree.fromstring(as_hocr([RESULT, {"image": "bad", "error": "no"}, RESULT]))
    pages = root.findall(f".//{H}div[@class='ocr_page']")
    assert len(pages) == 2 and pages[0].get("title") == "image \"x '1'.jpg\"; bbox 0 0 200 100; ppageno 0"
    line = pages[0].find(f"{H}span[@class='ocr_line']")
    assert line.get("title").startswith("bbox 1 2 31 12; poly 1 2 31 2 31 12 1 12")
    word = line.find(f"{H}span[@class='ocrx_word']")
    assert word.text == NASTY[:-1] and word.get("title") == "bbox 1 2 31 12; x_wconf 88"
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids))


def test_an_image_that_failed():
    failed = {"image": "bad", "error": "no such file"}
    assert json.loads(as_json(failed)) == failed
    assert as_text(failed) == "" and as_csv(failed, header=False) == ""


def test_numbers_are_plain():
    found = describe("x", (np.int64(5).item(), 5), LINES, None)
    assert json.loads(as_json(found))["height"] == 5
