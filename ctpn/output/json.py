"""JSON Lines: an object for each photo."""

from __future__ import annotations

import json

from ctpn.output.record import PageRecord


def to_json(record: PageRecord) -> str:
    """A photo's object on one line."""
    return json.dumps(record, ensure_ascii=False) + "\n"


def error_to_json(name: str, error: str) -> str:
    """The object of a photo that could not be read."""
    return json.dumps({"image": name, "error": error}, ensure_ascii=False) + "\n"
