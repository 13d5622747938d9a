"""Training targets of a detector: lines cut into the columns of the anchor grid (Tian et al. 2016, section 3.4).

`ctpn.detection.anchors` defines the grid and the regression, and decodes it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctpn.contract.spec import DetectorSpec

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]
DIRECTION_STRIDE = 16  # of the direction map's cells, in both directions
TEXT_COVER, BACKGROUND_COVER = 0.3, 0.05  # fractions of a cell


@dataclass(frozen=True)
class Slices:
    """Text lines cut into columns: P pieces, one row per (line, column).

    Attributes:
        columns: int64 [P], column of the grid.
        spans_net: float32 [P, 2], top and bottom at the middle of the covered part of the column.
        ends_net: float32 [P, 2], left and right end of the line where it lies here, else NaN.
        links: bool [P], whether the line goes on in the next column.
        lines: int64 [P], number of the line.
    """

    columns: I64
    spans_net: F32
    ends_net: F32
    links: NDArray[np.bool_]
    lines: I64


def cut(quads_net: F32, size: tuple[int, int], spec: DetectorSpec, *, min_cover: float = 4.0) -> Slices:
    """Cut quads into the columns of the grid.

    Args:
        quads_net: float32 [N, 4, 2], clockwise, in network-input pixels; N may be 0.
        size: (height, width) of the input; parts outside are omitted.
        min_cover: pixels; a first or last column of which the line covers less is left to its neighbour,
            whose side regression reaches that far.
    """
    height, width = size
    left, right = quads_net[:, :, 0].min(1), quads_net[:, :, 0].max(1)
    cut_left, cut_right = left < 0, right > width
    lo, hi = np.clip(left, 0, width), np.clip(right, 0, width)
    s = spec.stride_x
    wide = hi - lo > 2 * min_cover
    first = np.floor((lo + np.where(wide, min_cover, 0)) / s).astype(np.int64)
    last = np.ceil((hi - np.where(wide, min_cover, 0)) / s).astype(np.int64) - 1
    last = np.minimum(np.maximum(last, first), width // s - 1)
    count = np.where(hi > lo, np.maximum(last - first + 1, 0), 0)
    lines = np.repeat(np.arange(len(quads_net)), count)
    columns = np.arange(len(lines)) - np.repeat(np.cumsum(count) - count, count) + first[lines]
    x0 = np.maximum(columns * s, lo[lines])
    x1 = np.minimum((columns + 1) * s, hi[lines])
    spans = _spans(quads_net[lines], (x0 + x1) / 2)
    is_first, is_last = columns == first[lines], columns == last[lines]
    ends = np.stack([
        np.where(is_first & ~cut_left[lines], left[lines], np.nan),
        np.where(is_last & ~cut_right[lines], right[lines], np.nan),
    ], 1).astype(np.float32)  # fmt: skip
    inside = (spans[:, 1] > 0) & (spans[:, 0] < height) & (spans[:, 1] - spans[:, 0] > 1)
    links = ~is_last | cut_right[lines]
    return Slices(columns[inside], spans[inside], ends[inside], links[inside], lines[inside])


def _spans(quads: F32, x: NDArray[np.floating]) -> F32:
    """Lowest and highest y of each convex quad [P, 4, 2] on the vertical line x [P]: float32 [P, 2]."""
    a, b = quads, np.roll(quads, -1, 1)
    ax, bx = a[:, :, 0], b[:, :, 0]
    crosses = (np.minimum(ax, bx) <= x[:, None]) & (x[:, None] <= np.maximum(ax, bx)) & (ax != bx)
    with np.errstate(divide="ignore", invalid="ignore"):
        y = a[:, :, 1] + (x[:, None] - ax) / (bx - ax) * (b[:, :, 1] - a[:, :, 1])
    top = np.where(crosses, y, np.inf).min(1, initial=np.inf)
    bottom = np.where(crosses, y, -np.inf).max(1, initial=-np.inf)
    bad = ~np.isfinite(top) | ~np.isfinite(bottom)
    return np.stack([np.where(bad, 0, top), np.where(bad, 0, bottom)], 1).astype(np.float32)


@dataclass(frozen=True)
class Targets:
    """The outputs that the net should give, one row per cell.

    Attributes:
        labels: int8 [h, w, k], 1 text, 0 background, -1 ignored.
        vertical: float32 [h, w, k, 2], valid where the label is 1.
        side: float32 [h, w, k, 2], NaN where the line does not end.
        link: int8 [h, w, k], 1 or 0, -1 where the label is not 1.
    """

    labels: NDArray[np.int8]
    vertical: F32
    side: F32
    link: NDArray[np.int8]


def encode(
    quads_net: F32, ignored_net: F32, size: tuple[int, int], spec: DetectorSpec, *, positive: float = 0.7, negative: float = 0.5
) -> Targets:
    """Targets of one training picture (Tian et al. 2016, section 3.4).

    An anchor is text when its vertical IoU with a slice is > `positive`, or the best of that slice;
    background when it is < `negative` with all; ignored in between, and if more than a third of it is covered by
    an ignored annotation.

    Args:
        quads_net: float32 [N, 4, 2], text lines; N may be 0.
        ignored_net: float32 [M, 4, 2], areas that are neither text nor background.
        size: (height, width) of the picture, multiples of the strides.
    """
    h, w, k = size[0] // spec.stride_y, size[1] // spec.stride_x, spec.anchors
    slices = cut(quads_net, size, spec)
    iou, _ = _overlaps(slices.spans_net, h, spec)
    labels = np.zeros((w, h * k), np.int8)
    owner = np.full((w, h * k), -1, np.int64)
    piece, anchor = np.nonzero(iou >= negative)
    order = np.argsort(iou[piece, anchor], kind="stable")  # the best IoU is written last
    piece, anchor = piece[order], anchor[order]
    labels[slices.columns[piece], anchor] = -1
    certain = iou[piece, anchor] > positive
    _own(labels, owner, slices.columns, piece[certain], anchor[certain])
    _mark_ignored(labels, ignored_net, size, h, spec)
    if len(slices.columns):
        best = iou.argmax(1)
        order = np.argsort(iou.max(1), kind="stable")
        _own(labels, owner, slices.columns, order, best[order])
    return _targets(labels, owner, slices, (h, w, k), spec)


def _own(labels: NDArray[np.int8], owner: I64, columns: I64, piece: I64, anchor: I64) -> None:
    labels[columns[piece], anchor] = 1
    owner[columns[piece], anchor] = piece


def _overlaps(spans: F32, h: int, spec: DetectorSpec) -> tuple[F32, F32]:
    """Vertical IoU of slices [P, 2] with the h * k anchors of a column, and fraction of the anchor that is covered."""
    heights = np.tile(np.asarray(spec.anchor_heights, np.float32), h)
    cy = np.repeat((np.arange(h, dtype=np.float32) + np.float32(0.5)) * spec.stride_y, spec.anchors)
    top, bottom = cy - heights / 2, cy + heights / 2
    inter = np.minimum(spans[:, 1:], bottom) - np.maximum(spans[:, :1], top)
    np.maximum(inter, 0, out=inter)
    union = (spans[:, 1:] - spans[:, :1]) + heights - inter
    return inter / union, inter / heights


def _mark_ignored(labels: NDArray[np.int8], ignored: F32, size: tuple[int, int], h: int, spec: DetectorSpec) -> None:
    if not len(ignored):
        return
    slices = cut(ignored, size, spec, min_cover=0.0)
    piece, anchor = np.nonzero(_overlaps(slices.spans_net, h, spec)[1] > 1 / 3)
    column = slices.columns[piece]
    background = labels[column, anchor] == 0
    labels[column[background], anchor[background]] = -1


def _targets(labels: NDArray[np.int8], owner: I64, slices: Slices, shape: tuple[int, int, int], spec: DetectorSpec) -> Targets:
    h, w, k = shape
    vertical = np.zeros((w, h * k, 2), np.float32)
    side = np.full((w, h * k, 2), np.nan, np.float32)
    link = np.full((w, h * k), -1, np.int8)
    column, anchor = np.nonzero(owner >= 0)
    piece = owner[column, anchor]
    heights = np.asarray(spec.anchor_heights, np.float32)[anchor % k]
    cy = (anchor // k + 0.5) * spec.stride_y
    top, bottom = slices.spans_net[piece].T
    vertical[column, anchor] = np.stack([((top + bottom) / 2 - cy) / heights, np.log((bottom - top) / heights)], 1)
    cx = (column + 0.5) * spec.stride_x
    side[column, anchor] = (slices.ends_net[piece] - cx[:, None]) / spec.stride_x
    link[column, anchor] = slices.links[piece]

    def grid(a: NDArray) -> NDArray:  # type: ignore[type-arg]
        return np.ascontiguousarray(np.moveaxis(a.reshape(w, h, k, *a.shape[2:]), 0, 1))

    return Targets(grid(labels), grid(vertical), grid(side), grid(link))


@dataclass(frozen=True)
class DirectionTargets:
    """What the direction map should give, one row per cell of `DIRECTION_STRIDE` pixels.

    Attributes:
        text: int8 [h, w], 1 text of any direction, 0 background, -1 ignored.
        double_angle: float32 [h, w, 2], (cos 2a, sin 2a) of the reading axis' angle a, clockwise from level; valid where text is 1.
    """

    text: NDArray[np.int8]
    double_angle: F32


def encode_direction(quads_net: F32, ignored_net: F32, size: tuple[int, int]) -> DirectionTargets:
    """Targets of the direction map of one training picture.

    A cell is text where lines cover at least `TEXT_COVER` of it, background where they cover less than `BACKGROUND_COVER`, ignored in
    between, and if an ignored annotation touches it. Where lines of several directions meet, the one that covers most of the cell counts.

    Args:
        quads_net: float32 [N, 4, 2], text lines; N may be 0. The first side of each, and the opposite one, run along the reading axis.
        ignored_net: float32 [M, 4, 2], areas that are neither text nor background.
        size: (height, width) of the picture, multiples of the stride.
    """
    shape = (size[0] // DIRECTION_STRIDE, size[1] // DIRECTION_STRIDE)
    best, total, angle = np.zeros(shape, np.float32), np.zeros(shape, np.float32), np.zeros((*shape, 2), np.float32)
    for quad in quads_net:
        rows, columns, cover = _cover(quad, shape)
        total[rows, columns] += cover
        along = quad[1] - quad[0] + quad[2] - quad[3]
        twice = 2 * np.arctan2(along[1], along[0])
        wins = cover > best[rows, columns]
        angle[rows, columns][wins] = np.cos(twice), np.sin(twice)
        best[rows, columns][wins] = cover[wins]
    text = np.where(total >= TEXT_COVER, 1, np.where(total >= BACKGROUND_COVER, -1, 0)).astype(np.int8)
    for quad in ignored_net:
        rows, columns, cover = _cover(quad, shape)
        text[rows, columns][(cover > 0) & (best[rows, columns] < TEXT_COVER)] = -1
    return DirectionTargets(text, angle)


def _cover(quad: F32, shape: tuple[int, int]) -> tuple[slice, slice, F32]:
    """The cells around a quad, and the fraction of each that it covers, sampled at 4 x 4 points."""
    x0, y0 = np.floor(quad.min(0) / DIRECTION_STRIDE).astype(int).clip(0, [shape[1], shape[0]])
    x1, y1 = np.ceil(quad.max(0) / DIRECTION_STRIDE).astype(int).clip(0, [shape[1], shape[0]])
    step = DIRECTION_STRIDE // 4
    x, y = (np.arange(a * 4, b * 4) * step + step / 2 for a, b in ((x0, x1), (y0, y1)))
    edges = np.roll(quad, -1, 0) - quad
    away = [e[0] * (y[:, None] - p[1]) - e[1] * (x[None] - p[0]) for p, e in zip(quad, edges, strict=True)]
    inside = (np.stack(away) >= 0).all(0) | (np.stack(away) <= 0).all(0)
    cover = inside.reshape(y1 - y0, 4, x1 - x0, 4).mean((1, 3), dtype=np.float32)
    return slice(y0, y1), slice(x0, x1), cover
