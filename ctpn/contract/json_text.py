"""Strict JSON, which every language reads alike: no object has a key twice, and NaN and infinities are refused."""

from __future__ import annotations

import json
from typing import Any


def parse(text: str) -> Any:
    """The value that a JSON text holds.

    Raises:
        ValueError: not JSON, nested too deeply, a key twice in one object, or NaN or Infinity.
    """
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"duplicate key {twice[:60]!r}")
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def whole_number(value: Any) -> int | None:
    """The integer that a value is, also if it was written as 2.0, because some languages cannot tell that from 2; else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if isinstance(value, int) or value.is_integer() else None
