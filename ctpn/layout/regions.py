"""What a user marks on a photo: which part is looked at, at what scale, and which lines belong to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ctpn.contract.spec import RegionsSpec
from ctpn.errors import CtpnError

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Rectangle = tuple[float, float, float, float]
Region = Rectangle | Sequence[Sequence[float]] | F32


def outline(region: Region, width: int, height: int) -> F32:
    """A region as the convex quad or polygon float32 [n, 2] that it covers of a photo.

    Args:
        region: (x, y, width, height), or four corners (x, y) in any direction, in pixels of the upright photo; what
            lies outside of the photo is left away.

    Raises:
        CtpnError: not of that form, not finite, crossing itself, or not a pixel of it inside the photo.
    """
    corners = _corners(region)
    inside = np.zeros((0, 2), np.float32) if corners is None else _clipped(corners, width, height)
    if len(inside) < 3 or abs(_area(inside)) < 1 or np.ptp(inside, axis=0).min() < 1:
        raise CtpnError(
            f"region {_shown(region)}: expected x,y,w,h or four corners around a convex area inside a photo of "
            f"{width} x {height}; mark it again"
        )
    return inside


def _corners(region: Region) -> F32 | None:
    """The four corners, the first given first, clockwise; None if they are none of a convex quad."""
    try:
        values = np.asarray(region, np.float64)
    except (TypeError, ValueError):
        return None
    if not np.isfinite(values).all():
        return None
    if values.shape == (4,):
        x, y, w, h = values.tolist()
        values = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]])
        if w <= 0 or h <= 0:
            return None
    if values.shape != (4, 2):
        return None
    corners: F32 = values.astype(np.float32)
    turns = _turns(corners)
    if not ((turns >= 0).all() or (turns <= 0).all()):
        return None
    return corners if _area(corners) > 0 else np.roll(corners[::-1], 1, 0)


def _turns(corners: F32) -> F64:
    """At each corner [n, 2] the cross product of the sides that meet there: float64 [n], positive for a turn to the right."""
    along = np.roll(corners, -1, 0).astype(np.float64) - corners
    into = np.roll(along, 1, 0)
    turns: F64 = into[:, 0] * along[:, 1] - into[:, 1] * along[:, 0]
    return turns


def _area(corners: F32) -> float:
    """Area of a polygon [n, 2], negative if it runs counterclockwise."""
    x, y = corners.astype(np.float64).T
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def _clipped(corners: F32, width: int, height: int) -> F32:
    """What of a convex polygon lies in a photo, side by side (Sutherland and Hodgman 1974): float32 [n, 2]; n may be 0."""
    points: list[list[float]] = corners.tolist()
    for axis, sign, border in ((0, 1, 0), (0, -1, width), (1, 1, 0), (1, -1, height)):
        kept = []
        for i, b in enumerate(points):
            a = points[i - 1]
            depth_a, depth_b = sign * (a[axis] - border), sign * (b[axis] - border)
            if (depth_a < 0) != (depth_b < 0):
                t = depth_a / (depth_a - depth_b)
                crossing = [a[k] + t * (b[k] - a[k]) for k in (0, 1)]
                crossing[axis] = border
                kept.append(crossing)
            if depth_b >= 0:
                kept.append(b)
        points = kept
    return np.array(points, np.float32).reshape(-1, 2)


def _shown(region: Region) -> str:
    try:
        return ",".join(f"{v:g}" for v in np.asarray(region, np.float64).ravel()[:8])
    except (TypeError, ValueError):
        return repr(region)[:60]


def window(region: F32, width: int, height: int, spec: RegionsSpec) -> tuple[int, int, int, int]:
    """The part (x0, y0, x1, y1) of the photo, whole pixels, that is looked at: the region and some padding."""
    low, high = region.min(0), region.max(0)
    padding = np.clip(spec.region_padding * (high - low).min(), spec.min_padding, spec.max_padding)
    x0, y0 = np.maximum(np.floor(low - padding), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(high + padding), [width, height]).astype(int)
    return int(x0), int(y0), int(x1), int(y1)


def scale(region: F32, spec: RegionsSpec) -> float:
    """By how much a region is enlarged before it is looked at: low ones hold one or two lines, which would be too small.

    Large ones are reduced by the detector's own rule (`image.fit`).
    """
    short = float(np.ptp(region, axis=0).min())
    return float(np.clip(spec.min_region_side / short, 1.0, spec.max_enlargement))


def share(quad: F32, region: F32) -> float:
    """Share of a line's middle, by points along it, that lies in a convex region [n, 2]."""
    t = ((np.arange(21) + 0.5) / 21)[:, None]
    start, end = (quad[0] + quad[3]) / 2, (quad[1] + quad[2]) / 2
    points = start + t * (end - start)
    begin, along = region, np.roll(region, -1, 0) - region
    cross = along[:, 0] * (points[:, None, 1] - begin[:, 1]) - along[:, 1] * (points[:, None, 0] - begin[:, 0])
    return float(((cross >= 0).all(1) | (cross <= 0).all(1)).mean())
