"""JSON Lines: an object for each photo."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ctpn.output.record import PageRecord
from ctpn.terminal import CONTROLS, well_formed


def to_json(record: PageRecord) -> str:
    """A photo's object on one line."""
    return _line(record)


def error_to_json(name: str, error: str) -> str:
    """The object of a photo that could not be read."""
    return _line({"image": name, "error": error})


def _line(value: Mapping[str, object]) -> str:
    """All control characters are escaped, also those that JSON would allow but that a terminal obeys."""
    text = well_formed(json.dumps(value, ensure_ascii=False))
    return CONTROLS.sub(lambda m: f"\\u{ord(m[0]):04x}", text) + "\n"
