"""Quads and convex polygons: area, overlap, matching, rotation. All geometry is here, and every stage may use it.

Polygons are [n, 2] in pixels (x, y), y downwards; clockwise is as seen on the picture. Quads are float32 [4, 2],
clockwise from the text's top left.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, sqrt

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Points = NDArray[np.floating]
HalfPlane = tuple[float, float, float]  # the points with a * x + b * y + c >= 0


def signed_area(polygon: Points) -> float:
    """Area in square pixels, negative if the corners run counterclockwise; 0 for fewer than three corners."""
    if len(polygon) < 3:
        return 0.0
    x, y = (polygon.astype(np.float64) - polygon[0]).T  # near the origin, so that no digits are lost
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def area(polygon: Points) -> float:
    """Area in square pixels, whichever way the corners run."""
    return abs(signed_area(polygon))


def turns(polygon: Points) -> F64:
    """At each corner the cross product of the sides that meet there: float64 [n], positive for a turn to the right."""
    along = np.roll(polygon, -1, 0).astype(np.float64) - polygon
    into = np.roll(along, 1, 0)
    cross: F64 = into[:, 0] * along[:, 1] - into[:, 1] * along[:, 0]
    return cross


def convex_hull(points: Points) -> F64:
    """The convex hull of points [n, 2], clockwise, without corners on a straight side: float64 [m, 2].

    Andrew's monotone chain (1979). Of points on one line m is 2, of equal points 1.
    """
    ordered: list[tuple[float, float]] = sorted({(float(x), float(y)) for x, y in points})
    hull = [*_chain(ordered), *_chain(ordered[::-1])] if len(ordered) > 1 else ordered
    return np.array(hull, np.float64).reshape(-1, 2)


def _chain(ordered: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """One side of the hull, without its last point."""
    chain: list[tuple[float, float]] = []
    for p in ordered:
        while len(chain) > 1 and _cross(chain[-2], chain[-1], p) <= 0:
            chain.pop()
        chain.append(p)
    return chain[:-1]


def _cross(a: tuple[float, float], b: tuple[float, float], p: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])


def clip(polygon: Points, half_planes: Sequence[HalfPlane]) -> F64:
    """The part of a convex polygon that lies in all half planes (Sutherland and Hodgman 1974): float64 [m, 2]; m may be 0."""
    points: list[list[float]] = polygon.tolist()
    for a, b, c in half_planes:
        depths = [a * x + b * y + c for x, y in points]
        kept = []
        for i, (point, depth) in enumerate(zip(points, depths, strict=True)):
            before, depth_before = points[i - 1], depths[i - 1]
            if (depth < 0) != (depth_before < 0):
                t = depth_before / (depth_before - depth)
                kept.append([before[0] + t * (point[0] - before[0]), before[1] + t * (point[1] - before[1])])
            if depth >= 0:
                kept.append(point)
        points = kept
    return np.array(points, np.float64).reshape(-1, 2)


def inside_rectangle(width: float, height: float) -> list[HalfPlane]:
    """The half planes whose common part is a photo: 0 <= x <= width, 0 <= y <= height."""
    return [(1, 0, 0), (-1, 0, width), (0, 1, 0), (0, -1, height)]


def inside_polygon(polygon: Points) -> list[HalfPlane]:
    """The half planes whose common part is a convex polygon, clockwise."""
    corners: list[list[float]] = polygon.tolist()
    sides = zip(corners, [*corners[1:], corners[0]], strict=True)
    return [(y0 - y1, x1 - x0, (x0 - x1) * y0 - (y0 - y1) * x0) for (x0, y0), (x1, y1) in sides]


def intersection_area(a: Points, b: Points) -> float:
    """Area that two convex polygons, both clockwise, have in common; 0 if one has no area.

    Not by cv2.intersectConvexConvex: it returns 0 or a half for quads that differ by 1e-4 pixels.
    """
    origin = a.astype(np.float64).mean(0) if len(a) else np.zeros(2)
    if min(len(a), len(b)) < 3:
        return 0.0
    return area(clip(a - origin, inside_polygon(b - origin)))


def intersection_areas(a: Sequence[Points], b: Sequence[Points]) -> F64:
    """Areas float64 [A, B] that the convex hulls of polygons have in common."""
    out = np.zeros((len(a), len(b)))
    if not len(a) or not len(b):
        return out
    boxes_a, boxes_b = (np.array([[*p.min(0), *p.max(0)] for p in polygons], np.float64) for polygons in (a, b))
    touch = (boxes_a[:, None, :2] < boxes_b[None, :, 2:]).all(2) & (boxes_b[None, :, :2] < boxes_a[:, None, 2:]).all(2)
    hulls_a, hulls_b = ([convex_hull(p) for p in polygons] for polygons in (a, b))
    for i, j in zip(*np.nonzero(touch), strict=True):
        out[i, j] = intersection_area(hulls_a[i], hulls_b[j])
    return out


def ious(a: Sequence[Points], b: Sequence[Points]) -> F64:
    """Intersection over union float64 [A, B] of the convex hulls of polygons; 0 where both have no area."""
    inter = intersection_areas(a, b)
    areas_a, areas_b = (np.array([area(convex_hull(p)) for p in polygons]) for polygons in (a, b))
    union: F64 = np.maximum(areas_a[:, None] + areas_b[None, :] - inter, 1e-9)
    return inter / union


def greedy_matching(iou: F64, threshold: float = 0.5) -> list[tuple[int, int]]:
    """Pairs (i, j) of an IoU [A, B] from `threshold` on, the highest first, of equals the first; each i and j once."""
    iou = iou.copy()
    pairs = []
    while iou.size and iou.max() >= threshold:
        i, j = np.unravel_index(iou.argmax(), iou.shape)
        iou[i], iou[:, j] = -1, -1
        pairs.append((int(i), int(j)))
    return pairs


def overlap_fraction(quad: F32, region: Points) -> float:
    """Fraction of a line's middle that is in a convex polygon of either direction, measured at 21 points along it."""
    t = ((np.arange(21) + 0.5) / 21)[:, None]
    start, end = (quad[0] + quad[3]) / 2, (quad[1] + quad[2]) / 2
    points = start + t * (end - start)
    begin, along = region, np.roll(region, -1, 0) - region
    cross = along[:, 0] * (points[:, None, 1] - begin[:, 1]) - along[:, 1] * (points[:, None, 0] - begin[:, 0])
    return float(((cross >= 0).all(1) | (cross <= 0).all(1)).mean())


def quad_size(quad: F32) -> tuple[float, float]:
    """Mean width and height of a quad in pixels, each at least 1."""
    a, b, c, d = quad.tolist()
    return max((_distance(a, b) + _distance(d, c)) / 2, 1.0), max((_distance(a, d) + _distance(b, c)) / 2, 1.0)


def _distance(a: list[float], b: list[float]) -> float:
    x, y = b[0] - a[0], b[1] - a[1]
    return sqrt(x * x + y * y)  # bit-exact in every language, which hypot is not


def rotate_quad(quad: F32, quarters: int) -> F32:
    """The same quad for text of another direction: its first corner is `quarters` corners further clockwise."""
    return np.roll(quad, -quarters, 0)


def split_vertical(quad: F32) -> list[F32]:
    """A tall quad split into squares from top to bottom, one per character of a vertical Chinese line; at least one."""
    width, height = quad_size(quad)
    count = max(1, floor(height / width + 0.5))
    cuts = (np.arange(count + 1) / count)[:, None]
    left, right = quad[0] + cuts * (quad[3] - quad[0]), quad[1] + cuts * (quad[2] - quad[1])
    return [np.stack([left[i], right[i], right[i + 1], left[i + 1]]).astype(np.float32) for i in range(count)]


def is_steep(quad: F32, slope: float) -> bool:
    """Whether a line runs down or up: more than `slope` times as far as to one side."""
    across = (quad[1] - quad[0] + quad[2] - quad[3]).astype(np.float64)
    return bool(abs(across[1]) > slope * abs(across[0]))


def part_of_quad(quad: F32, begin: float, end: float) -> F32:
    """The part of a quad between two fractions of its width: float32 [4, 2]."""
    a, b, c, d = quad.astype(np.float64)
    corners = [a + begin * (b - a), a + end * (b - a), d + end * (c - d), d + begin * (c - d)]
    return np.stack(corners).astype(np.float32)


def of_height(quad: F32, times: float) -> F32:
    """A quad so many times as high, around the same middle line: float32 [4, 2]."""
    a, b, c, d = quad.astype(np.float64)
    down = (d - a + c - b) / 4 * (times - 1)
    return np.stack([a - down, b - down, c + down, d + down]).astype(np.float32)


def rectangle(quad: F32) -> F32:
    """The rectangle float32 [4, 2] with the middle line and the mean height of a quad."""
    corners = quad.astype(np.float64)
    start, end = (corners[0] + corners[3]) / 2, (corners[1] + corners[2]) / 2
    x, y = (end - start).tolist()
    half = quad_size(quad)[1] / 2 / max(sqrt(x * x + y * y), 1e-6)
    down = np.array([-y * half, x * half])
    return np.stack([start - down, end - down, end + down, start + down]).astype(np.float32)


def chains_down(quads: Sequence[F32], max_gap: float) -> list[list[int]]:
    """Lines that run down and continue each other: lists of indices from top to bottom, each index in one; a line alone is a list of one.

    From the top, each line continues the first chain at whose end it begins: at most `max_gap` times the height of the chain's last line
    from its end, and less than half of that to one side.

    Args:
        quads: float32 [4, 2], clockwise from the top left of the text, which is the upper right corner.
    """
    chains: list[list[int]] = []
    for i in sorted(range(len(quads)), key=lambda k: (float(quads[k][0, 1] + quads[k][3, 1]), k)):
        chain = next((c for c in chains if _continues(quads[c[-1]], quads[i], max_gap)), None)
        if chain is None:
            chains.append([i])
        else:
            chain.append(i)
    return chains


def _continues(upper: F32, lower: F32, max_gap: float) -> bool:
    a, b, c, d = upper.astype(np.float64)
    along = (b + c - a - d) / 2
    x, y = ((lower[0].astype(np.float64) + lower[3]) - b - c) / 2
    length, height = max(sqrt(along[0] * along[0] + along[1] * along[1]), 1e-6), quad_size(upper)[1]
    gap, aside = (x * along[0] + y * along[1]) / length, (y * along[0] - x * along[1]) / length
    return bool(abs(gap) <= max_gap * height and abs(aside) < height / 2)
