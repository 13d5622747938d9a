"""CSV (RFC 4180): a row for each line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from ctpn.output.record import LineRecord, PageRecord
from ctpn.terminal import printable

COLUMNS = ["image", "line", "region", "score", "text", "text_score", "x1", "y1", "x2", "y2", "x3", "y3", "x4", "y4", "page"]
FORMULA = re.compile("[=+\\-@\t\r＝＋－＠]")  # with these a spreadsheet begins a formula, some with the full-width ones too
NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)*\s?%?")


def csv_header() -> str:
    """The first row."""
    return _rows([COLUMNS])


def to_csv(record: PageRecord, *, safe: bool = False) -> str:
    """The rows of a photo's lines; an empty cell is JSON's null.

    Args:
        safe: for spreadsheets, which calculate what looks like a formula. An apostrophe precedes names and texts that begin with
            =, +, -, @ or a tab and are no number.
    """
    return _rows(_row(record, i, line, safe) for i, line in enumerate(record["lines"]))


def _row(record: PageRecord, number: int, line: LineRecord, safe: bool) -> Sequence[object]:
    name, text = printable(record["image"]), line["text"]
    if safe:
        name, text = _no_formula(name), text and _no_formula(text)
    corners = [v for point in line["quad"] for v in point]
    return [name, number, line["region"], line["score"], text, line["text_score"], *corners, record.get("page")]


def _no_formula(text: str) -> str:
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text


def _rows(rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)  # writes None as an empty cell
    return out.getvalue()
