"""How good are found lines? Matching at IoU >= 0.5, and a measure that forgives splits and merges.

The second follows Wolf and Jolion (2006) as DetEval uses it, in the form of this project's scorer: area recall 0.8,
area precision 0.4; a text found in several pieces counts 0.8, several texts found as one count whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.data.formats import Region

F64 = NDArray[np.float64]
AREA_RECALL, AREA_PRECISION, SPLIT = 0.8, 0.4, 0.8


@dataclass(frozen=True)
class Counts:
    """What is added up over pages: texts, found lines, matches, and the DetEval-like recall and precision sums."""

    texts: int = 0
    found: int = 0
    matched: int = 0
    recall: float = 0.0
    precision: float = 0.0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.texts + other.texts, self.found + other.found, self.matched + other.matched,
            self.recall + other.recall, self.precision + other.precision,
        )  # fmt: skip


def figures(c: Counts) -> dict[str, float]:
    """Precision, recall and hmean of both measures: iou_p, iou_r, iou_h, det_p, det_r, det_h."""
    found, texts = max(1, c.found), max(1, c.texts)
    iou_p, iou_r, det_p, det_r = c.matched / found, c.matched / texts, c.precision / found, c.recall / texts
    return {
        "iou_p": iou_p, "iou_r": iou_r, "iou_h": _hmean(iou_p, iou_r),
        "det_p": det_p, "det_r": det_r, "det_h": _hmean(det_p, det_r),
    }  # fmt: skip


def _hmean(p: float, r: float) -> float:
    return 2 * p * r / (p + r) if p + r else 0.0


def measure(regions: Sequence[Region], quads_img: Sequence[NDArray[np.float32]]) -> Counts:
    """Compare one page's lines with its annotation.

    Args:
        regions: polygons in img pixels; a found line that lies for more than half in ignored ones does not count.
        quads_img: float32 [4, 2] each, img pixels; those without area are left away.
    """
    texts = [np.asarray(r.quad, np.float32) for r in regions if not r.ignore]
    ignored = [np.asarray(r.quad, np.float32) for r in regions if r.ignore]
    quads = [np.asarray(q, np.float32) for q in quads_img]
    quads = [q for q in quads if _area(q) > 0]
    if ignored and quads:
        covered = intersections(quads, ignored).sum(1) / np.array([_area(q) for q in quads])
        quads = [q for q, share in zip(quads, covered, strict=True) if share <= 0.5]
    if not texts or not quads:
        return Counts(len(texts), len(quads))
    inter = intersections(texts, quads)
    areas_t, areas_q = np.array([_area(t) for t in texts]), np.array([_area(q) for q in quads])
    matched = _one_to_one(inter / np.maximum(areas_t[:, None] + areas_q - inter, 1e-9))
    recall, precision = _deteval(inter / np.maximum(areas_t[:, None], 1e-9), inter / np.maximum(areas_q, 1e-9))
    return Counts(len(texts), len(quads), matched, recall, precision)


def _area(polygon: NDArray[np.float32]) -> float:
    return abs(float(cv2.contourArea(polygon)))


def intersections(a: Sequence[NDArray[np.float32]], b: Sequence[NDArray[np.float32]]) -> F64:
    """Areas float64 [A, B] in which the convex hulls of polygons overlap."""
    out = np.zeros((len(a), len(b)))
    boxes_a, boxes_b = (np.array([[*p.min(0), *p.max(0)] for p in side]) for side in (a, b))
    touch = (boxes_a[:, None, :2] < boxes_b[None, :, 2:]).all(2) & (boxes_b[None, :, :2] < boxes_a[:, None, 2:]).all(2)
    for i, j in zip(*np.nonzero(touch), strict=True):
        out[i, j] = cv2.intersectConvexConvex(cv2.convexHull(a[i]), cv2.convexHull(b[j]))[0]
    return out


def _one_to_one(iou: F64, threshold: float = 0.5) -> int:
    """Pairs taken greedily, the highest IoU first, each text and line once."""
    iou = iou.copy()
    count = 0
    while iou.max() >= threshold:
        i, j = np.unravel_index(iou.argmax(), iou.shape)
        iou[i], iou[:, j] = -1, -1
        count += 1
    return count


def _deteval(sigma: F64, tau: F64) -> tuple[float, float]:
    """Recall and precision sums from area recall sigma [T, Q] and area precision tau [T, Q]."""
    texts, lines = np.zeros(len(sigma)), np.zeros(sigma.shape[1])
    good = (sigma >= AREA_RECALL) & (tau >= AREA_PRECISION)
    for i, j in zip(*np.nonzero(good), strict=True):  # one to one, and nothing else near
        if good[i].sum() == 1 and good[:, j].sum() == 1:
            texts[i] = lines[j] = 1
    for i in np.flatnonzero(texts == 0):  # one text in several lines
        pieces = np.flatnonzero((lines == 0) & (tau[i] >= AREA_PRECISION))
        if len(pieces) >= 2 and sigma[i, pieces].sum() >= AREA_RECALL:
            texts[i] = lines[pieces] = SPLIT
    for j in np.flatnonzero(lines == 0):  # several texts in one line
        inside = np.flatnonzero((texts == 0) & (sigma[:, j] >= AREA_RECALL))
        if len(inside) >= 2 and tau[inside, j].sum() >= AREA_PRECISION:
            texts[inside] = lines[j] = 1
    _leftovers(texts, lines, good, sigma * tau)
    return float(texts.sum()), float(lines.sum())


def _leftovers(texts: F64, lines: F64, good: NDArray[np.bool_], merit: F64) -> None:
    """What still fits one to one: each text takes the best line that is left."""
    for i in np.flatnonzero(texts == 0):
        free = np.flatnonzero(good[i] & (lines == 0))
        if len(free):
            texts[i] = lines[free[merit[i, free].argmax()]] = 1
