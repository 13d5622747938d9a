"""CSV (RFC 4180): a row for each line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from ctpn.output.record import LineRecord, PageRecord

COLUMNS = ["image", "line", "region", "score", "text", "text_score", "x1", "y1", "x2", "y2", "x3", "y3", "x4", "y4"]


def csv_header() -> str:
    """The first row."""
    return _rows([COLUMNS])


def to_csv(record: PageRecord) -> str:
    """The rows of a photo's lines; an empty cell is JSON's null."""
    return _rows(_row(record["image"], i, line) for i, line in enumerate(record["lines"]))


def _row(image: str, number: int, line: LineRecord) -> Sequence[object]:
    corners = [v for point in line["quad"] for v in point]
    return [image, number, line["region"], line["score"], line["text"], line["text_score"], *corners]


def _rows(rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)  # writes None as an empty cell
    return out.getvalue()
