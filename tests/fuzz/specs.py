"""Specs with other numbers, inside and outside of their ranges; what passes reads a photo with table models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from contract.generator import ranges
from contract.generator.readings import DIRECTED
from ctpn.contract.spec import DetectorSpec, RecognizerSpec, revise
from tests.fuzz import tables

ODD: tuple[Any, ...] = (None, True, "5", [], {}, 0, -1, 1e9, 1e-9, 0.5, 10**30, float("nan"), float("inf"), [1e-9], [0] * 3)


def check(rng: np.random.Generator, folder: Path) -> None:
    """Change up to five numbers of each spec, and read with them."""
    with_direction = revise(tables.TABLE_DETECTOR, DIRECTED) if rng.random() < 0.5 else tables.TABLE_DETECTOR
    detector, recognizer = json.loads(with_direction.to_json()), json.loads(tables.TABLE_RECOGNIZER.to_json())
    for kind, data in (("detector", detector), ("recognizer", recognizer)):
        for _ in range(int(rng.integers(0, 6))):
            numbers = ranges.FIELDS[kind]
            field = numbers[int(rng.integers(len(numbers)))]
            owner = data[field.group] if field.group else data
            if owner is not None:  # a group that this spec has not
                owner[field.name] = _value(rng, field)
        if kind == "detector":
            _fit_each_other(rng, data)
    (folder / "specs.json").write_text(json.dumps([detector, recognizer]), encoding="utf-8")
    rgb, texts = tables.page(rng)
    finder, words = DetectorSpec.from_json(json.dumps(detector)), RecognizerSpec.from_json(json.dumps(recognizer))
    for line in tables.reader(texts, finder, words).read(rgb, None if rng.random() < 0.5 else [(1, 1, rgb.shape[1], 9)]):
        assert np.isfinite(line.quad).all()


def _value(rng: np.random.Generator, field: ranges.Field) -> Any:
    """Mostly one that the range allows, at its ends or between them; sometimes one beyond, or of another type."""
    choice, low, high = rng.random(), field.range.low, field.range.high
    if choice < 0.05:
        return ODD[int(rng.integers(len(ODD)))]
    if choice < 0.1:
        return field.beyond["below" if rng.random() < 0.5 else "above"]
    if choice < 0.4:
        return field.at(low if rng.random() < 0.5 else high)
    return field.at(round(float(low + (high - low) * rng.random() ** 3), 3))


def _fit_each_other(rng: np.random.Generator, data: dict[str, Any]) -> None:
    """Make sizes multiples of each other, most times, or nearly no spec would pass."""
    m, side, overlap = data["size_multiple"], data["long_side"], data["tiling"]["overlap"]
    if rng.random() < 0.8 and all(type(v) is int and v > 0 for v in (m, side)) and type(overlap) is int:
        data["size_multiple"] = m = 2 ** min(8, max(2, m.bit_length() - 1))
        data["stride_x"] = data["stride_y"] = min(m, 16)
        data["long_side"] = max(m, side // m * m)
        data["tiling"]["overlap"] = min(overlap, data["long_side"] // 2) // m * m
