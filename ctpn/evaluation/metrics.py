"""How good are found lines? Matching at IoU >= 0.5, and a measure that forgives splits and merges.

The second follows Wolf and Jolion (2006) as DetEval uses it, in the form of this project's scorer: area recall 0.8,
area precision 0.4; a text found in several pieces counts 0.8, several texts found as one count whole.

How well are they read? Characters, wherever the lines were cut: texts and lines that overlap are joined into groups, and
within a group the edit distance between what stands there and what was read is taken.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.annotations.formats import TextAnnotation

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Line = tuple[F32, str]  # quad and text
AREA_RECALL, AREA_PRECISION, SPLIT = 0.8, 0.4, 0.8
JOINED = 0.4  # share of the smaller of a text and a line that lies in the other


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


def measure(regions: Sequence[TextAnnotation], quads_img: Sequence[F32]) -> Counts:
    """Compare one page's lines with its annotation.

    Args:
        regions: polygons in img pixels; a found line that lies for more than half in ignored ones does not count.
        quads_img: float32 [4, 2] each, img pixels; those without area are left away.
    """
    texts = [np.asarray(r.quad, np.float32) for r in regions if not r.ignore]
    quads = [q for q, _ in _countable([(np.asarray(q, np.float32), "") for q in quads_img], regions)]
    if not texts or not quads:
        return Counts(len(texts), len(quads))
    inter = intersections(texts, quads)
    areas_t, areas_q = np.array([_area(t) for t in texts]), np.array([_area(q) for q in quads])
    matched = len(one_to_one(inter / np.maximum(areas_t[:, None] + areas_q - inter, 1e-9)))
    recall, precision = _deteval(inter / np.maximum(areas_t[:, None], 1e-9), inter / np.maximum(areas_q, 1e-9))
    return Counts(len(texts), len(quads), matched, recall, precision)


def _countable(lines: list[Line], regions: Sequence[TextAnnotation]) -> list[Line]:
    """Lines with an area that do not lie for more than half in ignored regions."""
    lines = [line for line in lines if _area(line[0]) > 0]
    ignored = [np.asarray(r.quad, np.float32) for r in regions if r.ignore]
    if not ignored or not lines:
        return lines
    covered = intersections([q for q, _ in lines], ignored).sum(1) / np.array([_area(q) for q, _ in lines])
    return [line for line, share in zip(lines, covered, strict=True) if share <= 0.5]


def _area(polygon: F32) -> float:
    return abs(float(cv2.contourArea(polygon)))


def intersections(a: Sequence[F32], b: Sequence[F32]) -> F64:
    """Areas float64 [A, B] in which the convex hulls of polygons overlap."""
    out = np.zeros((len(a), len(b)))
    boxes_a, boxes_b = (np.array([[*p.min(0), *p.max(0)] for p in side]) for side in (a, b))
    touch = (boxes_a[:, None, :2] < boxes_b[None, :, 2:]).all(2) & (boxes_b[None, :, :2] < boxes_a[:, None, 2:]).all(2)
    for i, j in zip(*np.nonzero(touch), strict=True):
        out[i, j] = cv2.intersectConvexConvex(cv2.convexHull(a[i]), cv2.convexHull(b[j]))[0]
    return out


def one_to_one(iou: F64, threshold: float = 0.5) -> list[tuple[int, int]]:
    """Pairs (text, line) of an IoU [T, Q] taken greedily, the highest first, each text and line once; neither side is empty."""
    iou = iou.copy()
    pairs = []
    while iou.max() >= threshold:
        i, j = np.unravel_index(iou.argmax(), iou.shape)
        iou[i], iou[:, j] = -1, -1
        pairs.append((int(i), int(j)))
    return pairs


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


@dataclass(frozen=True)
class Characters:
    """What is added up over pages: characters and errors among them, and both where a line was found at all."""

    count: int = 0
    wrong: int = 0
    found: int = 0
    found_wrong: int = 0

    def __add__(self, other: Characters) -> Characters:
        return Characters(
            self.count + other.count, self.wrong + other.wrong, self.found + other.found, self.found_wrong + other.found_wrong
        )  # fmt: skip


def accuracy(c: Characters) -> dict[str, float]:
    """Shares of characters that are right: `read` of all, a missed text being all wrong; `read_matched` where a line was found."""
    return {"read": 1 - c.wrong / max(1, c.count), "read_matched": 1 - c.found_wrong / max(1, c.found)}


def measure_reading(
    regions: Sequence[TextAnnotation], quads_img: Sequence[F32], texts: Sequence[str], *, keep: Callable[[str], bool] = lambda c: True
) -> Characters:
    """Compare what was read on one page with its annotation.

    Width, case and white space do not count. A group with a text of unknown transcript is left out, and no group has
    more errors than characters.

    Args:
        regions, quads_img: as in `measure`.
        texts: what was read in each quad.
        keep: characters that are compared; all others are struck from both sides first.
    """
    said = [(np.asarray(r.quad, np.float32), r.text) for r in regions if not r.ignore]
    read = _countable([(np.asarray(q, np.float32), t) for q, t in zip(quads_img, texts, strict=True)], regions)
    total = Characters()
    for a, b in _groups(said, read):
        want = "".join(filter(keep, _folded(_in_order(a))))
        if not a or not want or not all(text for _, text in a):
            continue
        wrong = min(len(want), edit_distance(want, "".join(filter(keep, _folded(_in_order(b)))))) if b else len(want)
        total += Characters(len(want), wrong, len(want) if b else 0, wrong if b else 0)
    return total


def _groups(said: list[Line], read: list[Line]) -> Iterator[tuple[list[Line], list[Line]]]:
    """Texts and lines that hang together by overlaps, directly or through others."""
    group = list(range(len(said) + len(read)))

    def root(k: int) -> int:
        while group[k] != k:
            k = group[k]
        return k

    if said and read:
        inter = intersections([q for q, _ in said], [q for q, _ in read])
        smaller = np.minimum(np.array([[_area(q)] for q, _ in said]), np.array([_area(q) for q, _ in read]))
        for i, j in np.argwhere(inter >= JOINED * smaller):
            group[root(int(i))] = root(len(said) + int(j))
    members: dict[int, tuple[list[Line], list[Line]]] = {}
    for k in range(len(group)):
        a, b = members.setdefault(root(k), ([], []))
        (a if k < len(said) else b).append(said[k] if k < len(said) else read[k - len(said)])
    yield from members.values()


def _in_order(lines: list[Line]) -> str:
    """Texts row by row, each row from left to right; a line is of a row if its middle is near that of the row's first."""
    rows: list[tuple[np.floating, np.floating, list[Line]]] = []
    for line in sorted(lines, key=lambda one: float(one[0][:, 1].mean())):
        middle, height = line[0][:, 1].mean(), np.float32(max(1, np.ptp(line[0][:, 1]).item()))
        for row in rows:
            if abs(middle - row[0]) < 0.5 * min(height, row[1]):
                row[2].append(line)
                break
        else:
            rows.append((middle, height, [line]))
    return "".join(text for row in rows for _, text in sorted(row[2], key=lambda one: float(one[0][:, 0].min())))


def _folded(text: str) -> str:
    """NFKC, lower case, without white space; a yuan sign is a y, which many fonts hardly tell apart."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split()).replace("¥", "y").replace("￥", "y")


def edit_distance(a: str, b: str) -> int:
    """Insertions, deletions and replacements between two texts (Levenshtein), by Hyyrö's bit vectors (2003).

    Bit i of `rises` and `falls` says whether the table's column grows or shrinks between its rows i and i + 1.
    """
    if not a:
        return len(b)
    places: dict[str, int] = {}
    for i, c in enumerate(a):
        places[c] = places.get(c, 0) | 1 << i
    every, last = (1 << len(a)) - 1, 1 << (len(a) - 1)
    rises, falls, distance = every, 0, len(a)
    for c in b:
        same = places.get(c, 0)
        diagonal = (((same & rises) + rises) ^ rises) | same | falls
        grows, shrinks = falls | ~(diagonal | rises) & every, rises & diagonal
        distance += bool(grows & last) - bool(shrinks & last)
        grows, shrinks = grows << 1 | 1, shrinks << 1
        rises, falls = (shrinks | ~((same | falls) | grows)) & every, grows & (same | falls) & every
    return distance
