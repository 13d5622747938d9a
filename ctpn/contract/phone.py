"""Files of the demo apps' benchmark mode: validated and summarized. docs/phone.md describes them."""

from __future__ import annotations

import json
import re
from typing import Any, TypedDict

import numpy as np

from ctpn.contract.json_text import parse, whole_number
from ctpn.errors import CtpnError
from ctpn.stage_timer import STAGES

SCHEMA, KIND, MIN_ROUNDS, MAX_NUMBER = 2, "ctpn-benchmark", 5, 1e9
TEXT, COUNT, NUMBER, NULLABLE, FLAG = (
    "a string of at most 100 printable characters",
    "an integer from 0 to 1e9",
    "a number from 0 to 1e9",
    "a number from 0 to 1e9 or null",
    "true or false",
)
FIELDS: dict[str, object] = {
    "schema": COUNT, "kind": TEXT, "time": TEXT, "golden": FLAG, "load_ms": NUMBER, "first_ms": NUMBER, "warmup": COUNT,
    "memory_mb": NULLABLE,
    "app": {"name": TEXT, "version": TEXT},
    "device": {"model": TEXT, "system": TEXT, "processor": TEXT, "cores": COUNT, "memory_mb": NULLABLE},
    "runtime": {"name": TEXT, "version": TEXT, "provider": TEXT, "threads": COUNT},
    "bundle": {"version": TEXT, "manifest": TEXT},
    "photo": {"name": TEXT, "width": COUNT, "height": COUNT, "regions": COUNT, "lines": COUNT},
    "ms": {name: [NUMBER] for name in (*STAGES, "whole")},
}  # fmt: skip
PATTERNS = {"time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "bundle.manifest": r"[0-9a-f]{64}", "app.name": "android|ios|web"}


class App(TypedDict):
    """The app that measured."""

    name: str
    version: str


class Device(TypedDict):
    """The phone."""

    model: str
    system: str
    processor: str
    cores: int
    memory_mb: float | None


class Runtime(TypedDict):
    """What ran the models."""

    name: str
    version: str
    provider: str
    threads: int


class Photo(TypedDict):
    """What was read; numbers of regions and of lines."""

    name: str
    width: int
    height: int
    regions: int
    lines: int


class PhoneResult(TypedDict):
    """A file as docs/phone.md describes it; FIELDS has the rules of each value."""

    schema: int
    kind: str
    time: str
    golden: bool
    load_ms: float
    first_ms: float
    warmup: int
    memory_mb: float | None
    app: App
    device: Device
    runtime: Runtime
    bundle: dict[str, str]
    photo: Photo
    ms: dict[str, list[float]]


def parse_phone(data: bytes, name: str) -> PhoneResult:
    """The object of a file's bytes, after each field has been checked.

    Args:
        name: what errors call the file.

    Raises:
        CtpnError: up to eight problems, each with its place, the expected and the actual value.
    """
    try:
        found = parse(data.decode("utf-8-sig"))
    except ValueError as e:
        raise CtpnError(f"{name}: expected JSON in UTF-8, got {str(e)[:100]}; docs/phone.md describes the file") from None
    problems = _newer(found) or _problems(found, FIELDS, "") or _inconsistencies(found)
    if problems:
        raise CtpnError(f"{name}: {'; '.join(problems[:8])}; docs/phone.md describes the file")
    result: PhoneResult = found
    return result


def _newer(data: Any) -> list[str]:
    """The only problem of a file of another kind or schema, whose other fields are not checked."""
    if not isinstance(data, dict) or data.get("kind") != KIND:
        return [f"kind: expected {KIND!r}, got {_short(data.get('kind') if isinstance(data, dict) else data)}"]
    return [] if data.get("schema") == SCHEMA else [f"schema: expected {SCHEMA}, got {_short(data.get('schema'))}"]


def _problems(value: Any, expected: Any, place: str) -> list[str]:
    """The problems of a value and of its members; `expected` is a value of FIELDS."""
    if isinstance(expected, dict):
        if not isinstance(value, dict):
            return [f"{place}: expected an object, got {_short(value)}"]
        inside = f"{place}." if place else ""
        unknown = [f"{inside}{k}: unknown" for k in value if k not in expected]
        missing = [f"{inside}{k}: missing" for k in expected if k not in value]
        return [*missing, *unknown, *(p for k in expected if k in value for p in _problems(value[k], expected[k], f"{inside}{k}"))]
    if isinstance(expected, list):
        if not isinstance(value, list) or len(value) < MIN_ROUNDS:
            return [f"{place}: expected a list of at least {MIN_ROUNDS} numbers, got {_short(value)}"]
        return [p for i, v in enumerate(value) for p in _problems(v, expected[0], f"{place}[{i}]")]
    if not _fits(value, expected):
        return [f"{place}: expected {expected}, got {_short(value)}"]
    pattern = PATTERNS.get(place)
    return [f"{place}: expected the pattern {pattern}, got {_short(value)}"] if pattern and not re.fullmatch(pattern, value) else []


def _fits(value: Any, expected: str) -> bool:
    if expected == TEXT:
        return isinstance(value, str) and len(value) <= 100 and value.isprintable()
    if expected == FLAG:
        return isinstance(value, bool)
    if value is None or isinstance(value, bool) or not isinstance(value, int | float):
        return value is None and expected == NULLABLE
    return 0 <= value <= MAX_NUMBER and (expected != COUNT or whole_number(value) is not None)


def _inconsistencies(data: PhoneResult) -> list[str]:
    """Problems that no single field shows."""
    whole = data["ms"]["whole"]
    lengths = [f"ms.{k}: expected {len(whole)} numbers as in ms.whole, got {len(v)}" for k, v in data["ms"].items() if len(v) != len(whole)]
    if lengths:
        return lengths
    rounds = enumerate(zip(np.sum([data["ms"][name] for name in STAGES], 0), whole, strict=True))
    return [f"ms.whole[{i}]: expected at least the stages' sum of {s:.2f}, got {w}" for i, (s, w) in rounds if s > 1.001 * w + 0.1]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}..."


def summary(data: PhoneResult) -> dict[str, float]:
    """Median milliseconds of each stage and of `whole`, and the 90th percentile of `whole`."""
    found = {name: float(np.median(ms)) for name, ms in data["ms"].items()}
    return found | {"p90": float(np.percentile(data["ms"]["whole"], 90))}
