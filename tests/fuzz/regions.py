"""Regions of every form, also impossible ones, on photos of table models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz import tables

NUMBERS = (
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    1e-9,
    1e-300,
    1e9,
    -1e9,
    2.0**31,
    2.0**63,
    1e30,
    3.5e38,
    1e300,
    float("inf"),
    float("-inf"),
    float("nan"),
)
ODD: tuple[Any, ...] = (None, "", "1,2,3,4", [], [[]], [1, 2, 3], [1, 2, 3, 4, 5], [["a"] * 2] * 4, {"x": 1}, True, [[1, 2]] * 3, 10**400)


def check(rng: np.random.Generator, folder: Path) -> None:
    """Read a photo in up to three regions."""
    rgb, texts = tables.page(rng)
    side = max(rgb.shape)
    regions = [_region(rng, side) for _ in range(int(rng.integers(0, 4)))]
    (folder / "regions.json").write_text(json.dumps(regions, default=str), encoding="utf-8")
    for line in tables.reader(texts).read(rgb, regions):
        assert np.isfinite(line.quad).all()


def _region(rng: np.random.Generator, side: int) -> Any:
    """A rectangle, a quad of any corners, or something else."""
    kind = int(rng.integers(0, 10))
    if kind == 0:
        return ODD[int(rng.integers(len(ODD)))]
    values = rng.uniform(-0.3 * side, 1.3 * side, 4 if kind < 5 else 8).round(int(rng.integers(0, 4))).tolist()
    while rng.random() < 0.25:
        values[int(rng.integers(len(values)))] = NUMBERS[int(rng.integers(len(NUMBERS)))]
    return values if kind < 5 else [values[i : i + 2] for i in range(0, 8, 2)]
