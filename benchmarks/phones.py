"""What the demo apps' benchmark mode writes: checked field by field, and put in short. docs/phone.md describes the file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.stage_timer import STAGES
from ctpn.errors import CtpnError

SCHEMA, KIND, FEWEST, MOST = 1, "ctpn-benchmark", 5, 1e9
TEXT, COUNT, NUMBER, MAYBE, FLAG = (
    "a string of at most 100 printable characters",
    "an integer from 0 to 1e9",
    "a number from 0 to 1e9",
    "a number from 0 to 1e9 or null",
    "true or false",
)
FIELDS: dict[str, Any] = {
    "schema": COUNT, "kind": TEXT, "time": TEXT, "golden": FLAG, "load_ms": NUMBER, "first_ms": NUMBER, "warmup": COUNT, "memory_mb": MAYBE,
    "app": {"name": TEXT, "version": TEXT},
    "device": {"model": TEXT, "system": TEXT, "processor": TEXT, "cores": COUNT, "memory_mb": MAYBE},
    "runtime": {"name": TEXT, "version": TEXT, "provider": TEXT, "threads": COUNT},
    "bundle": {"version": TEXT, "manifest": TEXT},
    "photo": {"name": TEXT, "width": COUNT, "height": COUNT, "regions": COUNT, "lines": COUNT},
    "ms": {name: [NUMBER] for name in (*STAGES, "whole")},
}  # fmt: skip
FORMS = {"time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "bundle.manifest": r"[0-9a-f]{64}", "app.name": "android|ios|web"}


def read(file: Path) -> dict[str, Any]:
    """The file's object, of which every field has been checked.

    Raises:
        CtpnError: all that is wrong, each with its place, what was expected and what is there.
    """
    try:
        data = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as e:
        raise CtpnError(f"{file}: expected JSON in UTF-8, got {str(e)[:100]}; export it from the app again") from None
    problems = _newer(data) or _problems(data, FIELDS, "") or _contradictions(data)
    if problems:
        raise CtpnError(f"{file}: {'; '.join(problems[:8])}; docs/phone.md describes the file")
    return dict(data)


def _newer(data: Any) -> list[str]:
    """What alone is said of a file of another kind, whose fields mean nothing."""
    if not isinstance(data, dict) or data.get("kind") != KIND:
        return [f"kind: expected {KIND!r}, got {_short(data.get('kind') if isinstance(data, dict) else data)}"]
    return [] if data.get("schema") == SCHEMA else [f"schema: expected {SCHEMA}, got {_short(data.get('schema'))}"]


def _problems(value: Any, wanted: Any, place: str) -> list[str]:
    """What is wrong with a value and all below it; `wanted` is one of FIELDS' values."""
    if isinstance(wanted, dict):
        if not isinstance(value, dict):
            return [f"{place}: expected an object, got {_short(value)}"]
        inside = f"{place}." if place else ""
        unknown = [f"{inside}{k}: not known" for k in value if k not in wanted]
        missing = [f"{inside}{k}: missing" for k in wanted if k not in value]
        return [*missing, *unknown, *(p for k in wanted if k in value for p in _problems(value[k], wanted[k], f"{inside}{k}"))]
    if isinstance(wanted, list):
        if not isinstance(value, list) or len(value) < FEWEST:
            return [f"{place}: expected a list of at least {FEWEST} numbers, got {_short(value)}"]
        return [p for i, v in enumerate(value) for p in _problems(v, wanted[0], f"{place}[{i}]")]
    if not _fits(value, wanted):
        return [f"{place}: expected {wanted}, got {_short(value)}"]
    form = FORMS.get(place)
    return [f"{place}: expected the form {form}, got {_short(value)}"] if form and not re.fullmatch(form, value) else []


def _fits(value: Any, wanted: str) -> bool:
    if wanted == TEXT:
        return isinstance(value, str) and len(value) <= 100 and value.isprintable()
    if wanted == FLAG:
        return isinstance(value, bool)
    if value is None or isinstance(value, bool) or not isinstance(value, int | float):
        return value is None and wanted == MAYBE
    return 0 <= value <= MOST and (wanted != COUNT or isinstance(value, int))


def _contradictions(data: dict[str, Any]) -> list[str]:
    """What no single field shows."""
    whole = data["ms"]["whole"]
    lengths = [f"ms.{k}: expected {len(whole)} numbers as in ms.whole, got {len(v)}" for k, v in data["ms"].items() if len(v) != len(whole)]
    if lengths:
        return lengths
    rounds = enumerate(zip(np.sum([data["ms"][name] for name in STAGES], 0), whole, strict=True))
    return [f"ms.whole[{i}]: expected at least the stages' sum of {s:.2f}, got {w}" for i, (s, w) in rounds if s > 1.001 * w + 0.1]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}..."


def summary(data: dict[str, Any]) -> dict[str, float]:
    """Median milliseconds of each stage and of the whole, and the whole's 90th percentile."""
    found = {name: float(np.median(ms)) for name, ms in data["ms"].items()}
    return found | {"p90": float(np.percentile(data["ms"]["whole"], 90))}
