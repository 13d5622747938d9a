"""A rotated part of a picture at the network's scale, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.contract.spec import DetectorSpec
from ctpn.imaging.resample import halved, sample
from ctpn.imaging.tiling import fit_scale

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

BLOCK_ROWS, BLOCK_PIXELS = 2048, 1 << 21  # at most, that are sampled at once: OpenCV counts in 16 bits, and places take 16 bytes a pixel


@dataclass(frozen=True)
class Rotated:
    """A part of a picture, rotated so that its text is level.

    Attributes:
        pixels: uint8 RGB [H, W, 3], both multiples of `spec.size_multiple`; right and below it shows more of the picture.
        frame: float64 [3, 2]: the corner of the first pixel in the picture, and the steps there for a pixel to the right and down.
    """

    pixels: U8
    frame: F64

    def to_picture(self, points_net: F32) -> F32:
        """Points float32 [..., 2] of the rotated part as points of the picture."""
        origin, along, down = self.frame
        points = points_net.astype(np.float64)
        moved: F32 = ((origin + points[..., :1] * along) + points[..., 1:] * down).astype(np.float32)
        return moved


def rotate(rgb: U8, quad: F64, spec: DetectorSpec) -> Rotated:
    """Cut a rotated rectangle out of a picture, at the scale that a photo of its size would have (`tiling.fit`).

    It is halved while it still shrinks by more than 2, and sampled once. What lies outside of the picture has the grey `spec.pad`.

    Args:
        rgb: uint8 RGB [H, W, 3].
        quad: float64 [4, 2], the rectangle in pixels of `rgb`, clockwise from the top left of its text; it has an area.
    """
    along, down = quad[1] - quad[0], quad[3] - quad[0]
    wide, tall = (float(np.sqrt(v[0] * v[0] + v[1] * v[1])) for v in (along, down))
    scale = fit_scale(wide, tall, spec)
    width, height = (max(1, int(np.floor(side * scale + 0.5))) for side in (wide, tall))
    frame = np.stack([quad[0], along / width, down / height])
    m = spec.size_multiple
    return Rotated(_sampled(rgb, frame, -(-width // m) * m, -(-height // m) * m, scale, spec.pad), frame)


def _sampled(rgb: U8, frame: F64, width: int, height: int, scale: float, pad: int) -> U8:
    times = 0
    while scale * (2 << times) < 1:
        times += 1
    origin, along, down = frame
    corners = np.stack([origin, origin + width * along, origin + height * down, (origin + width * along) + height * down])
    size, air = np.array([rgb.shape[1], rgb.shape[0]]), 2 << times
    low = np.clip(np.floor(corners.min(0)) - air, 0, size - 1).astype(int)
    high = np.clip(np.ceil(corners.max(0)) + air, low + 1, size).astype(int)
    part = halved(rgb[low[1] : high[1], low[0] : high[0]], times)
    part = cv2.copyMakeBorder(part, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(pad, pad, pad))
    begin, along, down = ((v / (1 << times)) for v in (origin - low, along, down))
    out, columns = np.empty((height, width, 3), np.uint8), np.arange(width) + 0.5
    step = min(BLOCK_ROWS, max(1, BLOCK_PIXELS // width))
    for top in range(0, height, step):
        rows = (np.arange(top, min(top + step, height)) + 0.5)[:, None]
        x, y = (((begin[i] + 1) + columns * along[i]) + rows * down[i] for i in (0, 1))
        out[top : top + step] = sample(part, x, y)
    return out
