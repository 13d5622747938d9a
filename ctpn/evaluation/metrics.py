"""Metrics of detection and of reading against an annotation, counted page by page and pooled over pages.

Detection: lines are matched one to one at IoU >= 0.5; a second metric forgives splits and merges. It follows Wolf and Jolion
(2006) as DetEval uses it: area recall 0.8, area precision 0.4; a text that several lines cover counts 0.8, several texts that
one line covers count whole.

Reading: errors per character, wherever the lines are cut. Texts and lines that overlap form groups; within a group the edit
distance between the annotated and the read text is counted.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctpn.annotations.formats import TextAnnotation
from ctpn.layout.geometry import area, greedy_matching, intersection_areas

try:
    from rapidfuzz.distance import Levenshtein
except ImportError as e:
    raise ImportError("rapidfuzz is missing; install what metrics need with: pip install 'ctpn[evaluate]'", name="rapidfuzz") from e

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Line = tuple[F32, str]  # polygon and text
AREA_RECALL, AREA_PRECISION, SPLIT_WEIGHT = 0.8, 0.4, 0.8
MIN_GROUP_OVERLAP = 0.4  # fraction of the smaller of a text and a line that lies in the other


@dataclass(frozen=True)
class DetectionCounts:
    """Counts of detection, added up over pages.

    Attributes:
        texts, found: annotated texts and found lines that count.
        matched: pairs at IoU >= 0.5, one to one.
        recall, precision: sums of the DetEval-like metric over texts and over lines.
    """

    texts: int = 0
    found: int = 0
    matched: int = 0
    recall: float = 0.0
    precision: float = 0.0

    def __add__(self, other: DetectionCounts) -> DetectionCounts:
        return DetectionCounts(
            self.texts + other.texts, self.found + other.found, self.matched + other.matched,
            self.recall + other.recall, self.precision + other.precision,
        )  # fmt: skip


def detection_metrics(c: DetectionCounts) -> dict[str, float]:
    """Precision, recall and hmean, from 0 to 1: at IoU >= 0.5 (iou_p, iou_r, iou_h), of the DetEval-like metric (det_p, det_r, det_h)."""
    found, texts = max(1, c.found), max(1, c.texts)
    iou_p, iou_r, det_p, det_r = c.matched / found, c.matched / texts, c.precision / found, c.recall / texts
    return {
        "iou_p": iou_p, "iou_r": iou_r, "iou_h": _hmean(iou_p, iou_r),
        "det_p": det_p, "det_r": det_r, "det_h": _hmean(det_p, det_r),
    }  # fmt: skip


def _hmean(p: float, r: float) -> float:
    return 2 * p * r / (p + r) if p + r else 0.0


def measure_detection(annotations: Sequence[TextAnnotation], quads_img: Sequence[F32]) -> DetectionCounts:
    """Compare one page's lines with its annotation.

    Args:
        annotations: texts with their polygons, img pixels; a found line of which more than half lies in ignored ones does not count.
        quads_img: found lines, float32 [4, 2] each, img pixels; those without area are omitted.
    """
    texts = [np.asarray(r.quad, np.float32) for r in annotations if not r.ignore]
    quads = [q for q, _ in _countable([(np.asarray(q, np.float32), "") for q in quads_img], annotations)]
    if not texts or not quads:
        return DetectionCounts(len(texts), len(quads))
    inter = intersection_areas(texts, quads)
    areas_t, areas_q = np.array([area(t) for t in texts]), np.array([area(q) for q in quads])
    matched = len(greedy_matching(inter / np.maximum(areas_t[:, None] + areas_q - inter, 1e-9)))
    recall, precision = _deteval(inter / np.maximum(areas_t[:, None], 1e-9), inter / np.maximum(areas_q, 1e-9))
    return DetectionCounts(len(texts), len(quads), matched, recall, precision)


def _countable(lines: list[Line], annotations: Sequence[TextAnnotation]) -> list[Line]:
    """Lines that have an area and of which at most half lies in ignored texts."""
    lines = [line for line in lines if area(line[0]) > 0]
    ignored = [np.asarray(r.quad, np.float32) for r in annotations if r.ignore]
    if not ignored or not lines:
        return lines
    covered = intersection_areas([q for q, _ in lines], ignored).sum(1) / np.array([area(q) for q, _ in lines])
    return [line for line, fraction in zip(lines, covered, strict=True) if fraction <= 0.5]


def _deteval(sigma: F64, tau: F64) -> tuple[float, float]:
    """Sums of recall and precision from area recall sigma [T, Q] and area precision tau [T, Q]."""
    texts, lines = np.zeros(len(sigma)), np.zeros(sigma.shape[1])
    good = (sigma >= AREA_RECALL) & (tau >= AREA_PRECISION)
    for i, j in zip(*np.nonzero(good), strict=True):  # one to one, with no other candidate
        if good[i].sum() == 1 and good[:, j].sum() == 1:
            texts[i] = lines[j] = 1
    for i in np.flatnonzero(texts == 0):  # one text in several lines
        pieces = np.flatnonzero((lines == 0) & (tau[i] >= AREA_PRECISION))
        if len(pieces) >= 2 and sigma[i, pieces].sum() >= AREA_RECALL:
            texts[i] = lines[pieces] = SPLIT_WEIGHT
    for j in np.flatnonzero(lines == 0):  # several texts in one line
        inside = np.flatnonzero((texts == 0) & (sigma[:, j] >= AREA_RECALL))
        if len(inside) >= 2 and tau[inside, j].sum() >= AREA_PRECISION:
            texts[inside] = lines[j] = 1
    _match_rest(texts, lines, good, sigma * tau)
    return float(texts.sum()), float(lines.sum())


def _match_rest(texts: F64, lines: F64, good: NDArray[np.bool_], merit: F64) -> None:
    """Each text without a match takes the best free line that fits it."""
    for i in np.flatnonzero(texts == 0):
        free = np.flatnonzero(good[i] & (lines == 0))
        if len(free):
            texts[i] = lines[free[merit[i, free].argmax()]] = 1


@dataclass(frozen=True)
class CharacterCounts:
    """Counts of reading, added up over pages.

    Attributes:
        count, wrong: characters of all texts with a known transcript, and errors among them.
        found, found_wrong: the same where a line was found.
    """

    count: int = 0
    wrong: int = 0
    found: int = 0
    found_wrong: int = 0

    def __add__(self, other: CharacterCounts) -> CharacterCounts:
        return CharacterCounts(
            self.count + other.count, self.wrong + other.wrong, self.found + other.found, self.found_wrong + other.found_wrong
        )  # fmt: skip


def reading_metrics(c: CharacterCounts) -> dict[str, float]:
    """Fractions of characters that are right: `read` of all, a missed text being all wrong; `read_matched` where a line was found."""
    return {"read": 1 - c.wrong / max(1, c.count), "read_matched": 1 - c.found_wrong / max(1, c.found)}


def measure_reading(
    annotations: Sequence[TextAnnotation], quads_img: Sequence[F32], texts: Sequence[str], *, keep: Callable[[str], bool] = lambda c: True
) -> CharacterCounts:
    """Compare what was read on one page with its annotation.

    Character width, case and white space do not count. A group with a text of unknown transcript is omitted. A group counts
    at most as many errors as it has characters.

    Args:
        annotations, quads_img: as in `measure_detection`.
        texts: the text that was read in each quad.
        keep: whether a character is compared; all others are removed from both texts first.
    """
    annotated = [(np.asarray(r.quad, np.float32), r.text) for r in annotations if not r.ignore]
    read = _countable([(np.asarray(q, np.float32), t) for q, t in zip(quads_img, texts, strict=True)], annotations)
    total = CharacterCounts()
    for a, b in _groups(annotated, read):
        expected = "".join(filter(keep, _normalized(_joined(a))))
        if not a or not expected or not all(text for _, text in a):
            continue
        got = "".join(filter(keep, _normalized(_joined(b))))
        wrong = min(len(expected), Levenshtein.distance(expected, got))
        total += CharacterCounts(len(expected), wrong, len(expected) if b else 0, wrong if b else 0)
    return total


def _groups(annotated: list[Line], read: list[Line]) -> Iterator[tuple[list[Line], list[Line]]]:
    """Texts and lines that are connected by overlaps, directly or through others."""
    group = list(range(len(annotated) + len(read)))

    def root(k: int) -> int:
        while group[k] != k:
            k = group[k]
        return k

    if annotated and read:
        inter = intersection_areas([q for q, _ in annotated], [q for q, _ in read])
        smaller = np.minimum(np.array([[area(q)] for q, _ in annotated]), np.array([area(q) for q, _ in read]))
        for i, j in np.argwhere(inter >= MIN_GROUP_OVERLAP * smaller):
            group[root(int(i))] = root(len(annotated) + int(j))
    members: dict[int, tuple[list[Line], list[Line]]] = {}
    for k in range(len(group)):
        a, b = members.setdefault(root(k), ([], []))
        (a if k < len(annotated) else b).append(annotated[k] if k < len(annotated) else read[k - len(annotated)])
    yield from members.values()


def _joined(lines: list[Line]) -> str:
    """The texts, row by row and from left to right; a line belongs to a row if its middle is near that of the row's first line."""
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


def _normalized(text: str) -> str:
    """NFKC, lower case, without white space; a yuan sign becomes a y, since many fonts draw both alike."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split()).replace("¥", "y").replace("￥", "y")
