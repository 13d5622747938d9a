"""Quads to line crops, the recogniser's input: cut out upright, split where they are too long, batched."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctpn.contract.spec import RecognizerSpec
from ctpn.imaging.resample import halved, sample
from ctpn.layout.geometry import quad_size

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


def rectify(rgb: U8, quad: F32, spec: RecognizerSpec) -> U8:
    """The line inside a quad as an upright line crop.

    Args:
        rgb: uint8 RGB [H, W, 3].
        quad: float32 [4, 2], clockwise from the text's top left, in pixels of `rgb`; it may reach over the border,
            whose pixels are then repeated.

    Returns:
        uint8 RGB [spec.height, W, 3], the quad with `spec.margin` around it; W by the line's own ratio, at least
        `min_width`.
        Lines that shrink by more than 2 are first halved (contract/README.md).
    """
    wide, tall = quad_size(quad)
    scale = spec.height / (tall * (1 + 2 * spec.margin[1]))
    width = max(spec.line_crop.min_width, int(np.floor((wide + 2 * spec.margin[0] * tall) * scale + 0.5)))
    outer = _with_margin(quad.astype(np.float64), wide, tall, spec)
    low = np.clip(np.floor(outer.min(0)) - 2, 0, [rgb.shape[1] - 1, rgb.shape[0] - 1]).astype(int)
    high = np.clip(np.ceil(outer.max(0)) + 2, low + 1, [rgb.shape[1], rgb.shape[0]]).astype(int)
    times = 0
    while scale * (2 << times) < 1:
        times += 1
    part = halved(rgb[low[1] : high[1], low[0] : high[0]], times)
    return sample(part, *pixel_positions((outer - low) / (1 << times), width, spec.height))


def _with_margin(quad: F64, wide: float, tall: float, spec: RecognizerSpec) -> F64:
    along = (quad[1] - quad[0] + quad[2] - quad[3]) / 2 * (spec.margin[0] * tall / wide)
    down = (quad[3] - quad[0] + quad[2] - quad[1]) / 2 * spec.margin[1]
    return np.stack([quad[0] - along - down, quad[1] + along - down, quad[2] + along + down, quad[3] - along + down])


def pixel_positions(quad: F64, width: int, height: int) -> tuple[F64, F64]:
    """Positions in a quad of the pixels of a width x height picture: x and y, each float64 [height, width].

    The projective map of the unit square (Heckbert 1989, section 2.2.3); of a quad without area the affine part.
    """
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = quad.tolist()
    sx, sy = x0 - x1 + x2 - x3, y0 - y1 + y2 - y3
    dx1, dy1, dx2, dy2 = x1 - x2, y1 - y2, x3 - x2, y3 - y2
    det = dx1 * dy2 - dx2 * dy1
    g, h = ((sx * dy2 - dx2 * sy) / det, (dx1 * sy - sx * dy1) / det) if det else (0.0, 0.0)
    u, v = (np.arange(width) + 0.5) / width, ((np.arange(height) + 0.5) / height)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):  # a horizon in the picture
        depth = (g * u + 1) + h * v
        x = ((x1 - x0 + g * x1) * u + x0 + (x3 - x0 + h * x3) * v) / depth
        y = ((y1 - y0 + g * y1) * u + y0 + (y3 - y0 + h * y3) * v) / depth
    return x, y


def split_points(crop: U8, spec: RecognizerSpec) -> list[tuple[int, int]]:
    """Where a line crop is split for reading: (begin, end) columns of each part, one part up to `spec.max_width`.

    A split point is the middle one of the emptiest columns between `cut_start` and the limit: those whose mean distance from the
    most common grey, over `cut_window` columns, is not more than `cut_tolerance` levels above the least.
    """
    cuts, width, rule = [0], crop.shape[1], spec.line_crop
    ink = np.convolve(ink_of(crop), np.ones(rule.cut_window, np.int64), "same") if width > spec.max_width else np.zeros(0, np.int64)
    level = 6 * crop.shape[0] * rule.cut_window * rule.cut_tolerance
    while width - cuts[-1] > spec.max_width:
        first, last = cuts[-1] + int(spec.max_width * rule.cut_start), cuts[-1] + spec.max_width
        emptiest = np.flatnonzero(ink[first:last] <= ink[first:last].min() + level)
        cuts.append(first + int(emptiest[len(emptiest) // 2]))
    return list(zip(cuts, [*cuts[1:], width], strict=True))


def split_column(crop: U8, spec: RecognizerSpec) -> list[tuple[float, float]]:
    """Where the characters of a column are, whose line crop shows them lying on their side: (begin, end), fractions of its quad's width.

    They are as long as the ink is high, and follow each other at one distance, `column_pitch` times that. The first and the last may have
    less ink: it may begin and end up to half a character further out. Of all that is possible, what has little ink on the borders between
    characters is taken, at most `column_tolerance` of the mean more than the least; of that what has most characters, then what is
    least further out, first at the beginning.
    """
    rule, ink = spec.line_crop, ink_of(crop)
    (begin, end), (top, bottom) = (_extent(ink_of(c), rule.space_ink) for c in (crop, crop.transpose(1, 0, 2)))
    size = bottom - top
    low, high = (pitch * size for pitch in rule.column_pitch)
    if end - begin < size + low / 2:
        return [(0.0, 1.0)]
    found = []
    for gaps in range(1, int(np.floor((end - begin) / low)) + 1):
        for before, after in ((0, 0), (0, 1), (1, 0), (0, 2), (1, 1), (2, 0), (1, 2), (2, 1), (2, 2)):
            first, last = begin + size * (2 - before) / 4, end - size * (2 - after) / 4
            pitch = (last - first) / gaps
            if low <= pitch <= high:
                found.append((gaps, first, pitch, _mean_ink(ink, first, pitch, gaps)))
    if not found:
        return [(0.0, 1.0)]
    limit = min(cost for *_, cost in found) + rule.column_tolerance * float(ink.mean())
    gaps, first, pitch, _ = max((f for f in found if f[3] <= limit), key=lambda f: f[0])
    air = spec.margin[0] * crop.shape[0] / (1 + 2 * spec.margin[1])
    half, wide = min(pitch, size * rule.column_cell) / 2, crop.shape[1] - 2 * air
    return [((first + k * pitch - half - air) / wide, (first + k * pitch + half - air) / wide) for k in range(gaps + 1)]


def _extent(ink: NDArray[np.int64], fraction: float) -> tuple[int, int]:
    """Where ink begins and ends: the columns with at least this fraction of the most."""
    inked = np.flatnonzero(ink >= fraction * ink.max())
    return int(inked[0]), int(inked[-1]) + 1


def _mean_ink(ink: NDArray[np.int64], first: float, pitch: float, gaps: int) -> float:
    """The mean ink of the columns between characters whose middles are `pitch` apart."""
    return sum(int(ink[int(np.floor(first + (k + 0.5) * pitch))]) for k in range(gaps)) / gaps


def is_space(ink: NDArray[np.int64], cut: int, spec: RecognizerSpec) -> bool:
    """Whether the gap around a split point, columns of less than `space_ink` of the most ink, is wider than `space_width` of the height.

    Args:
        ink: of each column of the line crop, `ink_of(crop)`.
    """
    empty = ink < spec.line_crop.space_ink * ink.max()
    left = int(np.argmin(empty[:cut][::-1])) if not empty[:cut].all() else cut
    right = int(np.argmin(empty[cut:])) if not empty[cut:].all() else len(empty) - cut
    return bool(left + right > spec.line_crop.space_width * spec.height)


def ink_of(crop: U8) -> NDArray[np.int64]:
    """How far each column is from the line crop's median grey: 6 x height times the mean distance, in whole numbers."""
    grey = crop.sum(2, dtype=np.int64)  # thrice the mean of the channels
    twice = int(2 * np.median(grey))  # of an even number of pixels it lies between two
    distance: NDArray[np.int64] = np.abs(2 * grey - twice).sum(0)
    return distance


def batches(widths: list[int], spec: RecognizerSpec) -> list[list[int]]:
    """Which line crops are read together: of similar width, so that padding wastes little, and at most `batch_columns` in all."""
    limits = spec.reading
    order = sorted(range(len(widths)), key=lambda i: (widths[i], i))
    groups: list[list[int]] = []
    for i in order:
        padded = -(-widths[i] // spec.width_multiple) * spec.width_multiple
        group = groups[-1] if groups else []
        room = bool(group) and padded * (len(group) + 1) <= limits.batch_columns
        if room and padded <= limits.batch_spread * widths[group[0]] + spec.width_multiple:
            group.append(i)
        else:
            groups.append([i])
    return groups


def padded(crops: list[U8], spec: RecognizerSpec) -> U8:
    """Line crops [height, W, 3] as one batch, uint8 [N, height, W', 3], filled up on the right with grey."""
    widest = max(c.shape[1] for c in crops)
    out = np.full((len(crops), spec.height, -(-widest // spec.width_multiple) * spec.width_multiple, 3), spec.pad, np.uint8)
    for crop, row in zip(crops, out, strict=True):
        row[:, : crop.shape[1]] = crop
    return out
