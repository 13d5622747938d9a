"""Pictures at another scale, by the rule of contract/README.md: the same bytes in every language and on every machine."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]

TILE = 2048  # columns that are sampled at once: OpenCV counts pixels in 16 bits


def halved(rgb: U8, times: int) -> U8:
    """Uint8 [H, W, 3] halved `times` times, its sides rounded up: each pixel is (a + b + c + d + 2) >> 2 of four.

    Right and below the last pixels are repeated first, up to a multiple of 2^times.
    """
    block = 1 << times
    down, right = -rgb.shape[0] % block, -rgb.shape[1] % block
    if down or right:
        rgb = cv2.copyMakeBorder(rgb, 0, down, 0, right, cv2.BORDER_REPLICATE)
    for _ in range(times):
        rgb = cv2.resize(rgb, (rgb.shape[1] // 2, rgb.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return rgb


def resize(rgb: U8, height: int, width: int) -> U8:
    """Resample uint8 [H, W, 3]: halve it while it still shrinks by more than 2 on both sides, then interpolate bilinearly (half-pixel).

    A pixel at x_src = (x_dst + 0.5) / (dst / src) - 0.5, clamped, weighs its right neighbour by the fraction of x_src in
    256ths, rounded half to even; likewise below. The sum of the four, each weight a product, is (sum + 32768) >> 16.
    """
    times = 0
    while min(rgb.shape[0] / height, rgb.shape[1] / width) > 2 << times:
        times += 1
    rgb = halved(rgb, times)
    if rgb.shape[:2] == (height, width):
        return rgb
    result: U8 = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_LINEAR_EXACT)
    return result


def sample(rgb: U8, x: F64, y: F64) -> U8:
    """The colours of uint8 [H, W, 3] at places float64 [h, w], from the corner of the first pixel: uint8 [h, w, 3].

    Places are rounded to 32nds of a pixel, floor(32 x - 15.5) from the first one's centre, and clamped to the centres of
    the outermost pixels; what is no number is the first. The weights of the four pixels around are products of 32nds, and
    the colour is (sum + 512) >> 10.
    """
    across, down = _fine(x, rgb.shape[1]), _fine(y, rgb.shape[0])
    tiles = [_tile(rgb, across[:, i : i + TILE], down[:, i : i + TILE]) for i in range(0, x.shape[1], TILE)]
    return tiles[0] if len(tiles) == 1 else np.concatenate(tiles, 1)


def _fine(places: F64, size: int) -> NDArray[np.int32]:
    """Steps of 1 / 32 pixel from the first pixel's centre: int32."""
    steps = places * 32
    steps -= 15.5
    np.floor(steps, out=steps)
    np.fmax(steps, 0, out=steps)  # fmax: 0 where it is no number
    return np.fmin(steps, 32 * (size - 1), out=steps).astype(np.int32)


def _tile(rgb: U8, across: NDArray[np.int32], down: NDArray[np.int32]) -> U8:
    left, top = int(across.min()) >> 5, int(down.min()) >> 5
    part = rgb[top : (int(down.max()) >> 5) + 2, left : (int(across.max()) >> 5) + 2]
    whole = np.empty((*across.shape, 2), np.int16)
    whole[..., 0], whole[..., 1] = (across >> 5) - left, (down >> 5) - top
    fraction = ((down & 31) << 5 | across & 31).astype(np.uint16)
    result: U8 = cv2.remap(part, whole, fraction, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return result
