"""Formats of output: programs can parse them, whatever a text or a name contains."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from ctpn.output import hocr
from ctpn.output.csv import COLUMNS, csv_header, to_csv
from ctpn.output.json import error_to_json, to_json
from ctpn.output.record import page_record
from ctpn.output.text import to_text
from ctpn.page import PageResult, PageWarning, TextLine
from ctpn.terminal import printable
from tests.helpers.quads import box

NASTY = 'a,"b" <c> & 快递\x07'
LINES = [TextLine(box(1, 2, 31, 12), 0.91234, NASTY, 0.87654, 1), TextLine(box(1, 22, 31, 32), 0.5, "", 0.0, 1)]
PAGE = PageResult(tuple(LINES), 200, 100, (PageWarning("rotated", "was rotated"),), {"fit": 0.5}, regions=3)
RECORD = page_record('x "1".jpg', PAGE)
SCHEMA = json.loads((Path(__file__).parents[2] / "contract" / "schemas" / "result.schema.json").read_text(encoding="utf-8"))
H = "{http://www.w3.org/1999/xhtml}"


def test_json():
    back = json.loads(to_json(RECORD))
    assert back["image"] == 'x "1".jpg' and (back["width"], back["height"]) == (200, 100)
    assert back["lines"][0] == {
        "quad": [[1, 2], [31, 2], [31, 12], [1, 12]], "score": 0.9123, "text": NASTY, "text_score": 0.8765, "region": 1,
    }  # fmt: skip
    assert back["regions"] == [{"region": 0, "lines": 0}, {"region": 1, "lines": 2}, {"region": 2, "lines": 0}]
    assert "\n" not in to_json(RECORD)[:-1]
    assert back["warnings"] == [{"code": "rotated", "message": "was rotated"}]
    assert list(back) == ["image", "width", "height", "lines", "warnings", "regions"]
    assert list(page_record("x", PageResult((), 1, 1))) == ["image", "width", "height", "lines", "warnings"]


def test_json_is_what_the_schema_says():
    check = Draft202012Validator(SCHEMA)
    Draft202012Validator.check_schema(SCHEMA)
    detected = page_record("x", PageResult((TextLine(box(0, 0, 5, 5), 0.7),), 10, 10))
    for text in (to_json(RECORD), to_json(detected), error_to_json("bad", "no such file")):
        assert not list(check.iter_errors(json.loads(text)))
    wrong = ({"image": "x"}, {**RECORD, "error": "y"}, {**RECORD, "width": 0}, {k: v for k, v in RECORD.items() if k != "warnings"})
    assert all(list(check.iter_errors(value)) for value in wrong)


def test_text_says_which_regions_are_empty():
    text = to_text(RECORD)
    assert "region 0: no text" in text and "region 2: no text" in text and "region 1: no text" not in text
    assert NASTY in text and text.count("\n") == 5


def test_csv():
    rows = list(csv.reader(io.StringIO(csv_header() + to_csv(RECORD) + to_csv(RECORD))))
    assert rows[0] == COLUMNS and len(rows) == 5
    first = dict(zip(COLUMNS, rows[1], strict=True))
    assert first["text"] == NASTY and first["image"] == 'x "1".jpg' and (first["x3"], first["y3"]) == ("31.0", "12.0")
    found = page_record("y", PageResult((TextLine(box(0, 0, 5, 5), 0.7),), 10, 10))
    assert dict(zip(COLUMNS, next(csv.reader(io.StringIO(to_csv(found)))), strict=True))["text"] == ""


def test_hocr():
    root = ElementTree.fromstring(hocr.HEAD + hocr.hocr_page(0, RECORD) + hocr.hocr_page(2, RECORD) + hocr.END)
    pages = root.findall(f".//{H}div[@class='ocr_page']")
    assert len(pages) == 2 and pages[0].get("title") == "image \"x '1'.jpg\"; bbox 0 0 200 100; ppageno 0"
    line = pages[0].find(f"{H}span[@class='ocr_line']")
    assert line.get("title").startswith("bbox 1 2 31 12; poly 1 2 31 2 31 12 1 12")
    word = line.find(f"{H}span[@class='ocrx_word']")
    assert word.text == NASTY[:-1] and word.get("title") == "bbox 1 2 31 12; x_wconf 88"
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids))


# Half pairs of UTF-16 and what is no character; what is markup; what belongs to the end of hOCR's own strings.
HOSTILE = [
    "\x00",
    "\x1b[31m",
    "\x85",
    "\ufffe",
    "\uffff",
    "\U0001fffe",
    "\ufdd0",
    "\ud800",
    "\udcff",
    "]]>",
    "&amp;",
    "<b>",
    '"; x "',
    "\r\n",
    "-->",
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
def test_hocr_is_well_formed_for_any_text_and_name(hostile):
    """XML's parser and HTML's read it alike, and as UTF-8."""
    page = PageResult((TextLine(box(1, 2, 31, 12), 0.9, f"a{hostile}b", 0.9),), 200, 100)
    text = hocr.to_hocr([page_record(f"a{hostile}b", page)]).encode().decode()
    root = ElementTree.fromstring(text)
    (title,) = (e.get("title") for e in root.iter(f"{H}div"))
    (word,) = (e.text for e in root.iter(f"{H}span") if e.get("class") == "ocrx_word")
    assert re.fullmatch(r'image "a[^"\x00-\x1f]*b"; bbox 0 0 200 100; ppageno 0', title) and word[0] + word[-1] == "ab"
    seen = Words()
    seen.feed(text)
    assert "".join(seen.texts).split() == word.split()


class Words(HTMLParser):
    """What a browser would take for text in the body."""

    def __init__(self):
        super().__init__()
        self.texts, self.inside = [], False

    def handle_starttag(self, tag, attrs):
        self.inside |= tag == "body"

    def handle_data(self, data):
        self.texts += [data] * self.inside


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"), ('=HYPERLINK("http://x","y")', "'=HYPERLINK(\"http://x\",\"y\")"), ("@SUM(1)", "'@SUM(1)"),
        ("+1+cmd|'/c calc'!A0", "'+1+cmd|'/c calc'!A0"),
        ("-2+3", "'-2+3"), ("\t=1", "'\t=1"), ("\r=1", "'\r=1"), ("＝1+1", "'＝1+1"), ("-", "'-"), ("－－", "'－－"),
        ("-35.60", "-35.60"), ("+3", "+3"), ("-1,204.00", "-1,204.00"), ("-5 %", "-5 %"), ("+8613800000000", "+8613800000000"),
        ("1=2", "1=2"), ("a@b.c", "a@b.c"), ("", ""), ("'=1", "'=1"),
    ],
)  # fmt: skip
def test_csv_for_spreadsheets_has_no_formula(text, safe):
    page = PageResult((TextLine(box(-3, 2, 31, 12), 0.9, text, 0.9),), 200, 100)
    for is_safe, expected in ((False, text), (True, safe)):
        (row,) = csv.reader(io.StringIO(to_csv(page_record("=a.jpg", page), safe=is_safe), newline=""), strict=True)
        cells = dict(zip(COLUMNS, row, strict=True))
        assert cells["text"] == expected and cells["image"] == ("'=a.jpg" if is_safe else "=a.jpg") and cells["x1"] == "-3.0"


@pytest.mark.parametrize("name", ["a\x1b[31m", "a\x9b", "a\x7f", "a\u202e", "a\nb", "\ud800", "\ufffe", "a\u2028b"], ids=ascii)
def test_json_is_valid_for_any_name_and_gives_it_back(name):
    for text in (to_json(page_record(name, PAGE)), error_to_json(name, f"{name}: no such file")):
        back = json.loads(text.encode())
        assert back["image"] == name.replace("\ud800", "\ufffd") and not list(Draft202012Validator(SCHEMA).iter_errors(back))
        assert text[:-1] == printable(text[:-1])


@pytest.mark.parametrize("name", ["a\x1b[31m", "a\x9b", "a\x7f", "a\u202e", "a\nb", "a\rb"], ids=ascii)
@pytest.mark.parametrize("write", [to_text, to_csv])
def test_control_characters_of_names_are_escaped(write, name):
    page = PageResult((TextLine(box(1, 2, 31, 12), 0.9, "b", 0.9),), 200, 100)
    text = write(page_record(name, page))
    assert text == printable(text, keep="\r\n") and ascii(name)[1:-1] in text


def test_an_image_that_failed():
    assert json.loads(error_to_json("bad", "no such file")) == {"image": "bad", "error": "no such file"}
