"""Suppression within a column: boxes of different columns cannot overlap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctpn.detection.proposals import on_one_axis, ranges

MAX_PAIRS = 4_000_000  # 300 MB; a dense page has 50,000


def suppress(
    boxes_net: NDArray[np.float32], scores: NDArray[np.float32], columns: NDArray[np.int64], iou_threshold: float
) -> NDArray[np.int64]:
    """Greedy non-maximum suppression of fixed-width boxes.

    Equal to the usual greedy NMS over all boxes, because boxes of one column share their x-range and those of
    two columns do not touch. All columns are computed at once: a box is kept if no better kept box overlaps it, and
    repeating this for all boxes leads to one fixed point, after as many rounds as the longest chain of overlaps has.
    If more than `MAX_PAIRS` pairs overlap, which no text makes, the boxes are compared one by one, which needs little memory.

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
    first, end = np.arange(1, len(spans) + 1), np.searchsorted(placed[0], placed[1])
    if np.maximum(end - first, 0).sum() > MAX_PAIRS:
        return _one_by_one(boxes_net[:, 1::2], scores, columns, iou_threshold)
    a, b = ranges(first, end)  # b begins inside the span of a
    top, bottom = spans.T.copy()
    inter = np.minimum(bottom[a], bottom[b]) - top[b]
    height = bottom - top
    close = inter > iou_threshold * (height[a] + height[b] - inter)
    a, b = a[close], b[close]
    better = (ranks[a] > ranks[b]) | ((ranks[a] == ranks[b]) & (by_place[a] < by_place[b]))
    kept: NDArray[np.int64] = by_place[_fixed_point(np.where(better, a, b), np.where(better, b, a), len(ranks))]
    kept.sort()
    return kept[np.argsort(-scores[kept], kind="stable")]


def _one_by_one(
    spans: NDArray[np.float32], scores: NDArray[np.float32], columns: NDArray[np.int64], iou_threshold: float
) -> NDArray[np.int64]:
    kept: dict[int, list[int]] = {}
    order = np.argsort(-scores, kind="stable")
    found = []
    for i in order.tolist():
        rivals = kept.setdefault(int(columns[i]), [])
        top, bottom = spans[rivals].T
        inter = np.minimum(bottom, spans[i, 1]) - np.maximum(top, spans[i, 0])
        union = (bottom - top) + (spans[i, 1] - spans[i, 0]) - inter
        if not ((inter > 0) & (inter > iou_threshold * union)).any():
            rivals.append(i)
            found.append(i)
    return np.array(found, np.int64)


def _fixed_point(better: NDArray[np.int64], worse: NDArray[np.int64], n: int) -> NDArray[np.bool_]:
    kept = np.ones(n, bool)
    while True:
        new = np.ones(n, bool)
        new[worse[kept[better]]] = False
        if np.array_equal(new, kept):
            return kept
        kept = new
