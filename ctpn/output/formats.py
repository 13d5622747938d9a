"""The formats of the command line, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ctpn.output import hocr
from ctpn.output.csv import csv_header, to_csv
from ctpn.output.json import error_to_json, to_json
from ctpn.output.record import PageRecord
from ctpn.output.text import to_text


@dataclass(frozen=True)
class Format:
    """The parts of an output, each a text that ends with its line ends.

    Attributes:
        page: of a photo, from its number among all, from 0, and its record.
        failure: of a photo that could not be read, from its name and the error.
        head, end: what comes before and after all photos.
    """

    page: Callable[[int, PageRecord], str]
    failure: Callable[[str, str], str] = lambda name, error: ""
    head: str = ""
    end: str = ""


def format_of(name: str, *, safe_csv: bool = False) -> Format:
    """The format "text", "json", "csv" or "hocr"; `safe_csv` is as for `to_csv`."""
    csv = partial(to_csv, safe=safe_csv)
    return {
        "text": Format(lambda number, record: to_text(record)),
        "json": Format(lambda number, record: to_json(record), error_to_json),
        "csv": Format(lambda number, record: csv(record), head=csv_header()),
        "hocr": Format(hocr.hocr_page, head=hocr.HEAD, end=hocr.END),
    }[name]
