"""Upright RGB to what a detector takes: fitted to its size, and split into tiles where it is long."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctpn.contract.spec import DetectorSpec
from ctpn.imaging.resample import halved, resize
from ctpn.layout.geometry import quad_size

U8 = NDArray[np.uint8]

FAR = 4  # a power of two: how many times smaller the far view is
BYTES = 12  # for each pixel of the fitted picture: maps of all tiles, and rotated copies of it and of the picture


@dataclass(frozen=True)
class Fitted:
    """A picture at the network's scale.

    Attributes:
        pixels: uint8 RGB [H, W, 3], both multiples of `spec.size_multiple`, padded right and below.
        scale_x, scale_y: x_net = x_img * scale_x; frames begin at the corner of the first pixel.
    """

    pixels: U8
    scale_x: float
    scale_y: float


def needed_bytes(width: int, height: int, spec: DetectorSpec) -> int:
    """The memory that finding the lines of a picture takes at most, beside the picture: little, unless it is long."""
    scale = fit_scale(width, height, spec)
    return math.ceil(BYTES * width * height * scale * scale)


def fit(rgb: U8, spec: DetectorSpec, scale: float | None = None) -> Fitted:
    """Bring a picture to a scale, that of `fit_scale` unless another is given, and pad it."""
    height, width = rgb.shape[:2]
    scale = scale or fit_scale(width, height, spec)
    h, w = (max(1, int(np.floor(side * scale + 0.5))) for side in (height, width))
    small = resize(rgb, h, w)
    return Fitted(_padded(small, spec), w / width, h / height)


def _padded(small: U8, spec: DetectorSpec) -> U8:
    """Padded right and below to a multiple of `size_multiple`."""
    (h, w), m = small.shape[:2], spec.size_multiple
    padded = np.full((-(-h // m) * m, -(-w // m) * m, 3), spec.pad, np.uint8)
    padded[:h, :w] = small
    return padded


def fit_scale(width: float, height: float, spec: DetectorSpec) -> float:
    """By how much a picture of this size is reduced; at most 1, because nothing is enlarged.

    The long side becomes at most `long_side`; of a long image, longer than `max_aspect_ratio` to 1, the short side at most
    `tile_short_side`.
    """
    long, short = max(height, width), min(height, width)
    return min(1.0, spec.tiling.tile_short_side / short if long > spec.tiling.max_aspect_ratio * short else spec.long_side / long)


def closer_scale(width: int, height: int, quads_net: NDArray[np.float32], spec: DetectorSpec) -> float:
    """The scale of a second look at a photo that is smaller than the net's input, because its letters are small too; 1: none is needed.

    In whole eighths: the long side becomes at most `long_side`, and at most `regions.max_enlargement` times as long; the highest
    line gets at most the height of the highest anchor. Long images are not enlarged.

    Args:
        quads_net: float32 [N, 4, 2], the lines of the first look, at the photo's own scale; N may be 0.
    """
    long, short = max(height, width), min(height, width)
    if long > spec.tiling.max_aspect_ratio * short:
        return 1.0
    highest = max((quad_size(quad)[1] for quad in quads_net), default=0.0)
    by = min(spec.regions.max_enlargement, spec.long_side / long, spec.anchor_heights[-1] / max(highest, 1.0))
    return max(1.0, math.floor(8 * by) / 8)


def far_view(pixels_net: U8, spec: DetectorSpec) -> U8:
    """A fitted picture, made `FAR` times smaller and padded: letters that fill the picture are as high as the anchors there."""
    return _padded(halved(pixels_net, FAR.bit_length() - 1), spec)


def tiles(length: int, spec: DetectorSpec) -> list[tuple[int, int]]:
    """Where a side of `length` pixels (a multiple of `size_multiple`) is split into tiles.

    Returns:
        (begin, end) of each tile, overlapping by `overlap` pixels; one tile up to `max_untiled` times `long_side`.
    """
    if length <= math.floor(spec.long_side * spec.tiling.max_untiled):
        return [(0, length)]
    overlap, m = spec.tiling.overlap, spec.size_multiple
    step = (spec.long_side - overlap) // m * m
    begins = list(range(0, length - overlap, step))
    return [(b, min(b + step + overlap, length)) for b in begins]


def stitch(maps: list[NDArray[np.float32]], places: list[tuple[int, int]], stride: int, axis: int) -> NDArray[np.float32]:
    """Join the maps of tiles along an axis; each cell comes from the tile in which it is farther from the border."""
    parts = []
    for i, (tile, (begin, end)) in enumerate(zip(maps, places, strict=True)):
        first = begin if i == 0 else (begin + places[i - 1][1]) // 2
        last = end if i == len(places) - 1 else (places[i + 1][0] + end) // 2
        cells = range((first - begin) // stride, (last - begin) // stride)
        parts.append(tile.take(cells, axis))
    return np.concatenate(parts, axis)
