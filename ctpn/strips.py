"""From quads to strips, what a recogniser takes: cut out upright, turned where they must be, cut in pieces, batched."""

from __future__ import annotations

from math import dist

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.spec import RecognizerSpec

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]

NARROWEST = 8  # pixels of a strip
TO_CENTRES = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])  # from corners of pixels to their centres
TO_CORNERS = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])


def rectify(rgb: U8, quad: F32, spec: RecognizerSpec) -> U8:
    """The line inside a quad as an upright strip.

    Args:
        rgb: uint8 RGB [H, W, 3].
        quad: float32 [4, 2], clockwise from the text's top left, in pixels of `rgb`; it may reach over the border,
            whose pixels are then repeated.

    Returns:
        uint8 RGB [spec.height, W, 3], the quad with `spec.margin` around it; W by the line's own ratio, at least 8.
        Lines that shrink by more than 2 are first averaged over whole blocks (the law in `spec.py`).
    """
    wide, tall = sides(quad)
    scale = spec.height / (tall * (1 + 2 * spec.margin[1]))
    width = max(NARROWEST, int(np.floor((wide + 2 * spec.margin[0] * tall) * scale + 0.5)))
    outer = _with_margin(quad, wide, tall, spec)
    low = np.clip(np.floor(outer.min(0)) - 2, 0, [rgb.shape[1] - 1, rgb.shape[0] - 1]).astype(int)
    high = np.clip(np.ceil(outer.max(0)) + 2, low + 1, [rgb.shape[1], rgb.shape[0]]).astype(int)
    block = 1
    while scale * block * 2 < 1:
        block *= 2
    part = _averaged(rgb[low[1] : high[1], low[0] : high[0]], block)
    target = np.array([[0, 0], [width, 0], [width, spec.height], [0, spec.height]], np.float32)
    matrix = cv2.getPerspectiveTransform(((outer - low) / block).astype(np.float32), target)
    matrix = TO_CENTRES @ matrix @ TO_CORNERS
    return cv2.warpPerspective(part, matrix, (width, spec.height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def sides(quad: F32) -> tuple[float, float]:
    """Mean width and height of a quad, each at least 1 pixel."""
    a, b, c, d = quad.tolist()
    return max((dist(a, b) + dist(d, c)) / 2, 1.0), max((dist(a, d) + dist(b, c)) / 2, 1.0)


def _with_margin(quad: F32, wide: float, tall: float, spec: RecognizerSpec) -> F32:
    along = (quad[1] - quad[0] + quad[2] - quad[3]) / 2 * (spec.margin[0] * tall / wide)
    down = (quad[3] - quad[0] + quad[2] - quad[1]) / 2 * spec.margin[1]
    moved: F32 = (quad + np.array([-along - down, along - down, along + down, -along + down])).astype(np.float32)
    return moved


def _averaged(rgb: U8, block: int) -> U8:
    """Whole blocks of pixels averaged, the last ones filled up by repeating the border."""
    if block == 1:
        return rgb
    down, right = -rgb.shape[0] % block, -rgb.shape[1] % block
    whole = cv2.copyMakeBorder(rgb, 0, down, 0, right, cv2.BORDER_REPLICATE)
    return cv2.resize(whole, (whole.shape[1] // block, whole.shape[0] // block), interpolation=cv2.INTER_AREA)


def turned(quad: F32, quarters: int) -> F32:
    """The same place read in another direction: turned clockwise by `quarters` of a full turn."""
    return np.roll(quad, -quarters, 0)


def stacked(quad: F32) -> list[F32]:
    """A tall quad cut into squares from top to bottom: where the characters of a vertical Chinese line stand."""
    wide, tall = sides(quad)
    count = max(1, int(np.floor(tall / wide + 0.5)))
    cuts = np.linspace(0, 1, count + 1)[:, None]
    left, right = quad[0] + cuts * (quad[3] - quad[0]), quad[1] + cuts * (quad[2] - quad[1])
    return [np.stack([left[i], right[i], right[i + 1], left[i + 1]]).astype(np.float32) for i in range(count)]


def pieces(strip: U8, spec: RecognizerSpec) -> list[tuple[int, int]]:
    """Where a strip is cut for reading: (begin, end) columns, one piece up to `spec.max_width`.

    A cut lies in the middle of the emptiest columns of the last third before the limit.
    """
    cuts, width = [0], strip.shape[1]
    ink = np.convolve(_ink(strip), np.ones(9) / 9, "same") if width > spec.max_width else np.zeros(0)
    while width - cuts[-1] > spec.max_width:
        first, last = cuts[-1] + spec.max_width * 2 // 3, cuts[-1] + spec.max_width
        emptiest = np.flatnonzero(ink[first:last] <= ink[first:last].min() + 1)
        cuts.append(first + int(emptiest[len(emptiest) // 2]))
    return list(zip(cuts, [*cuts[1:], width], strict=True))


def is_space(strip: U8, cut: int) -> bool:
    """Whether the gap around a cut is as wide as a space: 0.28 of the height."""
    ink = _ink(strip)
    empty = ink < 0.15 * ink.max()
    left = int(np.argmin(empty[:cut][::-1])) if not empty[:cut].all() else cut
    right = int(np.argmin(empty[cut:])) if not empty[cut:].all() else len(empty) - cut
    return left + right > 0.28 * strip.shape[0]


def _ink(strip: U8) -> NDArray[np.float64]:
    """How far each column is from the strip's most common grey."""
    grey = strip.mean(2)
    return np.abs(grey - np.median(grey)).mean(0)


def batches(widths: list[int], spec: RecognizerSpec, *, most: int = 2560) -> list[list[int]]:
    """Which strips are read together: of like width, so that padding wastes little, and not more than `most` columns.

    Larger batches are slower: the logits of 2,560 columns, 13 MB, still fit into a processor's cache.
    """
    order = sorted(range(len(widths)), key=lambda i: (widths[i], i))
    groups: list[list[int]] = []
    for i in order:
        padded = -(-widths[i] // spec.width_multiple) * spec.width_multiple
        group = groups[-1] if groups else []
        fits = bool(group) and padded * (len(group) + 1) <= most and padded <= 1.3 * widths[group[0]] + spec.width_multiple
        if fits:
            group.append(i)
        else:
            groups.append([i])
    return groups


def padded(strips: list[U8], spec: RecognizerSpec) -> U8:
    """Strips [height, W, 3] side by side as uint8 [N, height, W', 3], filled up on the right with grey."""
    widest = max(s.shape[1] for s in strips)
    out = np.full((len(strips), spec.height, -(-widest // spec.width_multiple) * spec.width_multiple, 3), spec.pad, np.uint8)
    for strip, place in zip(strips, out, strict=True):
        place[:, : strip.shape[1]] = strip
    return out
