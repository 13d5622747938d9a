"""Joins proposals into text lines: groups them by one of three rules, then fits an oriented quad to each group."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctpn.contract.spec import DetectorSpec, LinesSpec
from ctpn.detection.proposals import Proposals, overlapping

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]


def connect(proposals: Proposals, spec: DetectorSpec) -> I64:
    """The successor of each proposal in its line, or -1: int64 [N].

    Where the successor may be: with `links`, a proposal whose link reaches `link_threshold` looks in the next column, and if none
    fits there, in the column after it. With `paper` (Tian et al. 2016, section 3.2) and `classic` (the paper's published code), every
    proposal looks in the nearest column within `max_gap` in which one fits.
    Which fit: those whose vertical IoU is at least `min_overlap`. With `classic`, those that overlap at least `min_overlap` of the
    lower of the two, if the ratio of their heights is at least that too.
    Which of them is best: with `links` the one with the highest IoU, else with the highest score; of equals the first.
    Two proposals are joined only if each is the best for the other.
    """
    links = spec.lines.line_grouping == "links"
    open_ends = np.flatnonzero(proposals.links >= spec.lines.link_threshold) if links else np.arange(len(proposals))
    found = []
    for gap in range(1, 1 + (2 if links else spec.lines.max_gap // spec.stride_x)):
        found.append(_fitting(proposals, open_ends, gap, spec))
        if links:  # the column after is for those alone that have found none
            alone = np.ones(len(proposals), bool)
            alone[found[-1][0]] = False
            open_ends = open_ends[alone[open_ends]]
    before, after, iou = (np.concatenate(part) for part in zip(*found, strict=True))
    gaps = proposals.columns[after] - proposals.columns[before]
    right = _best(before, after, gaps, iou if links else proposals.scores[after], len(proposals))
    left = _best(after, before, gaps, iou if links else proposals.scores[before], len(proposals))
    mutual = (right >= 0) & (left[right] == np.arange(len(right)))
    return np.where(mutual, right, -1)


def _fitting(p: Proposals, open_ends: I64, gap: int, spec: DetectorSpec) -> tuple[I64, I64, F32]:
    """All (before, after, vertical IoU) that fit, `after` being `gap` columns to the right of one of `open_ends`."""
    spans = p.boxes_net[:, 1::2]
    which, after = overlapping(p.columns[open_ends] + gap, spans.take(open_ends, 0), p.columns, spans)
    before = open_ends[which]
    top, bottom = spans.T.copy()
    inter = np.minimum(bottom[before], bottom[after]) - np.maximum(top[before], top[after])
    height = bottom - top
    iou = inter / (height[before] + height[after] - inter)
    min_overlap = spec.lines.min_overlap
    if spec.lines.line_grouping == "classic":
        low, high = np.minimum(height[before], height[after]), np.maximum(height[before], height[after])
        fits = (inter / low >= min_overlap) & (low / high >= min_overlap)
    else:
        fits = iou >= min_overlap
    return before[fits], after[fits], iou[fits]


def _best(owner: I64, value: I64, gap: I64, merit: F32, n: int) -> I64:
    """For each owner 0 … n - 1 the value with the smallest gap, of those the highest merit, of those the lowest, or -1."""
    order = np.lexsort((-value, merit, -gap))  # the best is written last
    best = np.full(n, -1, np.int64)
    best[owner[order]] = value[order]
    return best


def connected_components(successors: I64) -> I64:
    """Number the chains of successors: int64 [N], the same number for all members of a line."""
    root = np.arange(len(successors))
    has = successors >= 0
    root[successors[has]] = np.flatnonzero(has)
    while True:  # each round doubles the reach of the pointers
        further = root[root]
        if np.array_equal(further, root):
            number: I64 = np.cumsum(root == np.arange(len(root))) - 1
            result: I64 = number[root]
            return result
        root = further


def text_lines(proposals: Proposals, spec: DetectorSpec) -> tuple[F32, F32]:
    """Join proposals (already suppressed) into oriented lines.

    Returns:
        quads_net float32 [M, 4, 2], clockwise from the text's top left, and scores float32 [M], the mean of the members. M is 0
        when there is no text. Lines are dropped if they are below `line_score` or `min_aspect_ratio`, if they are not wider than
        `min_width`, and with `classic` if they have one member. Of the others the best `limits.max_lines` are kept.
    """
    if not len(proposals):
        return np.zeros((0, 4, 2), np.float32), np.zeros(0, np.float32)
    proposals = proposals.take(np.lexsort((proposals.boxes_net[:, 1], proposals.columns)))  # for speed alone
    lines = connected_components(connect(proposals, spec))
    scores = _mean(lines, proposals.scores)
    rule = spec.lines
    quads = _quads(proposals, lines, rule)
    width, height = (np.linalg.norm(quads[:, i] - quads[:, 0], axis=1) for i in (1, 3))
    good = (scores >= rule.line_score) & (width / np.maximum(height, 1e-6) >= rule.min_aspect_ratio) & (width > rule.min_width)
    if rule.line_grouping == "classic":
        good &= np.bincount(lines) >= 2
    quads, scores32 = quads[good], scores[good].astype(np.float32)
    best = np.sort(np.argsort(-scores32, kind="stable")[: spec.limits.max_lines])
    return expand(quads[best], rule.expansion), scores32[best]


def expand(quads: F32, fractions: tuple[float, float]) -> F32:
    """Expand quads float32 [M, 4, 2], clockwise from the text's top left, by fractions of their heights (at each end, above and below)."""
    across, down = quads[:, 1] - quads[:, 0], quads[:, 3] - quads[:, 0]
    height = np.linalg.norm(down, axis=1, keepdims=True)
    along = fractions[0] * height * across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-6)
    outward = fractions[1] * down
    moved = [quads[:, 0] - along - outward, quads[:, 1] + along - outward, quads[:, 2] + along + outward, quads[:, 3] - along + outward]
    return np.stack(moved, 1).astype(np.float32)


def _mean(lines: I64, values: NDArray[np.floating], weights: NDArray[np.floating] | None = None) -> NDArray[np.float64]:
    weights = np.ones(len(lines)) if weights is None else weights
    mean: NDArray[np.float64] = np.bincount(lines, weights * values) / np.bincount(lines, weights)
    return mean


def _ends(p: Proposals, lines: I64) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Left and right end of each line: the refined ends of its first and last member, p being sorted by column."""
    left, right = np.zeros((2, int(lines.max()) + 1))
    left[lines[::-1]] = p.ends_net[::-1, 0]  # the first member is written last
    right[lines] = p.ends_net[:, 1]
    return np.minimum(left, right - 1), np.maximum(right, left + 1)


def _quads(p: Proposals, lines: I64, spec: LinesSpec) -> F32:
    """Fit each line's middle and height over its columns, and end it at right angles to its direction.

    A proposal's top and bottom are those of the line at the middle of what it covers of its column, so a fit
    over columns finds the edges of an oriented box; its height then is what the vertical cut has, times the cosine.
    """
    left, right = _ends(p, lines)
    x = (np.maximum(p.boxes_net[:, 0], left[lines]) + np.minimum(p.boxes_net[:, 2], right[lines])) / 2
    middle = (p.boxes_net[:, 1] + p.boxes_net[:, 3]) / 2.0
    height = (p.boxes_net[:, 3] - p.boxes_net[:, 1]).astype(np.float64)
    count = np.bincount(lines)
    inner = (p.boxes_net[:, 0] >= left[lines]) & (p.boxes_net[:, 2] <= right[lines])
    weights = p.scores * np.where(inner, 1.0, spec.clipped_weight)
    x_mean, y_mean, h_mean = (_mean(lines, v, weights) for v in (x, middle, height))
    slope, taper = _slopes(lines, x - x_mean[lines], np.stack([middle, height], 1), weights)
    slope, taper = np.where(count >= 2, slope, 0.0), np.where(count >= spec.min_taper_columns, taper, 0.0)
    cos = 1 / np.sqrt(1 + slope**2)
    sin = slope * cos
    return _corners(left, right, (x_mean, y_mean, h_mean), (slope, taper), (cos, sin))


def _slopes(
    lines: I64, dx: NDArray[np.floating], values: NDArray[np.floating], weights: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least-squares slopes of the middle and of the height: float64 [M] each."""
    spread = np.bincount(lines, weights * dx * dx)
    tilt, taper = (np.bincount(lines, weights * dx * v) / np.maximum(spread, 1e-6) for v in values.T)
    return tilt, taper


def _corners(
    left: NDArray[np.float64],
    right: NDArray[np.float64],
    mean: tuple[NDArray[np.float64], ...],
    slopes: tuple[NDArray[np.float64], ...],
    direction: tuple[NDArray[np.float64], ...],
) -> F32:
    x_mean, y_mean, h_mean = mean
    slope, taper = slopes
    cos, sin = direction
    corners = []
    for x_end, inward in ((left, 1.0), (right, -1.0)):
        half = np.maximum(h_mean + taper * (x_end - x_mean), 1.0) * cos / 2
        shift = np.minimum(half * np.abs(sin), (right - left) * 0.45)
        x = x_end + inward * shift  # so that the outermost corner lies on the end
        y = y_mean + slope * (x - x_mean)
        corners.append((np.stack([x + half * sin, y - half * cos], 1), np.stack([x - half * sin, y + half * cos], 1)))
    (top_left, bottom_left), (top_right, bottom_right) = corners
    return np.stack([top_left, top_right, bottom_right, bottom_left], 1).astype(np.float32)
