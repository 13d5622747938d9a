"""Regions that a user marked on a photo: which part of the photo is read for each, and at what scale."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctpn.contract.spec import RegionsSpec
from ctpn.errors import CtpnError
from ctpn.layout.geometry import area, clip, inside_rectangle, turns

F32 = NDArray[np.float32]
Rectangle = tuple[float, float, float, float]
FAR = 2.0**24  # pixels; beyond it float32 has no single ones
HIGHEST = float(np.finfo(np.float32).max)
Region = Rectangle | Sequence[Sequence[float]] | F32


def parse_region(text: str) -> Region:
    """A region as people write it: x,y,w,h or the eight numbers of four corners.

    Raises:
        CtpnError: neither, or not finite.
    """
    try:
        values = [float(v) for v in text.split(",")]
    except ValueError:
        values = []
    if len(values) == 4 and all(map(isfinite, values)):
        return (values[0], values[1], values[2], values[3])
    if len(values) == 8 and all(map(isfinite, values)):
        return [values[i : i + 2] for i in range(0, 8, 2)]
    raise CtpnError(f"expected x,y,w,h or four corners x,y in pixels, got {text[:100]!r}")


def outline(region: Region, width: int, height: int) -> F32:
    """A region as the convex polygon float32 [n, 2] that it covers of a photo, clockwise.

    Args:
        region: (x, y, width, height), or four corners (x, y) in any direction, in pixels of the upright photo; what
            lies outside of the photo is omitted.

    Raises:
        CtpnError: not of that form, not finite, crossing itself, or not a pixel of it inside the photo.
    """
    corners = _corners(region)
    inside = np.zeros((0, 2), np.float32) if corners is None else clip(corners, inside_rectangle(width, height)).astype(np.float32)
    if len(inside) < 3 or area(inside) < 1 or np.ptp(inside, axis=0).min() < 1:
        raise CtpnError(
            f"region {_shown(region)}: expected x,y,w,h or four corners around a convex area inside a photo of "
            f"{width} x {height}; mark it again"
        )
    return inside


def _corners(region: Region) -> Any:
    """The four corners clockwise from the first given one; None if they are not those of a convex quad.

    They are float32 [4, 2], as in every language, or exact fractions where one is FAR away.
    """
    try:
        values = np.asarray(region, np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    if not np.isfinite(values).all():
        return None
    if values.shape == (4,):
        x, y, w, h = values.tolist()
        values = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]])
        if w <= 0 or h <= 0:
            return None
    if values.shape != (4, 2) or np.abs(values).max() > HIGHEST:
        return None
    if np.abs(values).max() <= FAR:
        corners: Any = values.astype(np.float32)
        cross: list[Any] = turns(corners).tolist()
    else:  # products of such floats lose what is in the photo, or are infinite
        corners = np.array([[Fraction(x), Fraction(y)] for x, y in values.tolist()], object)
        cross = [
            (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
            for a, b, c in zip(np.roll(corners, 1, 0), corners, np.roll(corners, -1, 0), strict=True)
        ]
    if min(cross) < 0 < max(cross):
        return None
    return corners if max(cross) > 0 else np.roll(corners[::-1], 1, 0)


def _shown(region: Region) -> str:
    try:
        return ",".join(f"{v:g}" for v in np.asarray(region, np.float64).ravel()[:8])
    except (TypeError, ValueError, OverflowError):
        return repr(region)[:60]


def window(region: F32, width: int, height: int, spec: RegionsSpec) -> tuple[int, int, int, int]:
    """The part (x0, y0, x1, y1) of the photo that is detected in, in whole pixels: the region and its padding."""
    low, high = region.min(0), region.max(0)
    padding = np.clip(spec.region_padding * (high - low).min(), spec.min_padding, spec.max_padding)
    x0, y0 = np.maximum(np.floor(low - padding), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(high + padding), [width, height]).astype(int)
    return int(x0), int(y0), int(x1), int(y1)


def scale(region: F32, spec: RegionsSpec) -> float:
    """The factor by which a region is enlarged before detection: the one or two lines of a low region would be too small.

    Large ones are reduced by the detector's own rule (`tiling.fit`).
    """
    short = float(np.ptp(region, axis=0).min())
    return float(np.clip(spec.min_region_side / short, 1.0, spec.max_enlargement))
