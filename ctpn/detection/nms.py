"""Suppression within a column: boxes of different columns cannot overlap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctpn.detection.proposals import on_one_axis, ranges


def suppress(
    boxes_net: NDArray[np.float32], scores: NDArray[np.float32], columns: NDArray[np.int64], iou_threshold: float
) -> NDArray[np.int64]:
    """Greedy non-maximum suppression of fixed-width boxes.

    Equal to the usual greedy NMS over all boxes, because boxes of one column share their x-range and those of
    two columns do not touch. All columns are computed at once: a box is kept if no better kept box overlaps it, and
    repeating this for all boxes leads to one fixed point, after as many rounds as the longest chain of overlaps has.

    Args:
        boxes_net: float32 [N, 4], (x0, y0, x1, y1); N may be 0.
        scores: float32 [N]; columns: int64 [N].
        iou_threshold: a box is dropped when its IoU with a better kept one is above this.

    Returns:
        int64 [M], indices of the kept boxes, ordered by (-score, index).
    """
    by_place = np.lexsort((boxes_net[:, 1], columns))
    spans, ranks = boxes_net[:, 1::2].take(by_place, 0), scores[by_place]
    (placed,) = on_one_axis((columns[by_place], spans))
    a, b = ranges(np.arange(1, len(spans) + 1), np.searchsorted(placed[0], placed[1]))  # b begins inside the span of a
    top, bottom = spans.T.copy()
    inter = np.minimum(bottom[a], bottom[b]) - top[b]
    height = bottom - top
    close = inter > iou_threshold * (height[a] + height[b] - inter)
    a, b = a[close], b[close]
    first = (ranks[a] > ranks[b]) | ((ranks[a] == ranks[b]) & (by_place[a] < by_place[b]))
    kept: NDArray[np.int64] = by_place[_fixed_point(np.where(first, a, b), np.where(first, b, a), len(ranks))]
    kept.sort()
    return kept[np.argsort(-scores[kept], kind="stable")]


def _fixed_point(better: NDArray[np.int64], worse: NDArray[np.int64], n: int) -> NDArray[np.bool_]:
    kept = np.ones(n, bool)
    while True:
        new = np.ones(n, bool)
        new[worse[kept[better]]] = False
        if np.array_equal(new, kept):
            return kept
        kept = new
