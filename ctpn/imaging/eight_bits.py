"""Pixels of any number type as 8 bits. Bands of rows bound the memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

BAND_PIXELS = 1 << 20


def bands(height: int, width: int) -> Iterator[slice]:
    """The rows of a picture in parts of about a megapixel."""
    rows = max(1, BAND_PIXELS // max(width, 1))
    return (slice(top, top + rows) for top in range(0, height, rows))


def eight_bits(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Pixels [H, W] or [H, W, C] as uint8.

    16 bits are divided by 257. All other types are scaled from 0 to 1 where every finite value lies there, otherwise from the smallest
    finite value to the largest; NaN and what is below become 0, what is above 255.
    """
    if pixels.dtype == np.uint8:
        return pixels
    out = np.empty(pixels.shape, np.uint8)
    rows = list(bands(*pixels.shape[:2]))
    if pixels.dtype == np.uint16:
        for band in rows:
            out[band] = (pixels[band].astype(np.uint32) + 128) // 257
        return out
    low, high = _scale(pixels, rows)
    with np.errstate(all="ignore"):  # NaN, infinities, and numbers near the largest
        for band in rows:
            part = (pixels[band].astype(np.float64) - low) / (high - low)
            out[band] = np.floor(np.clip(np.nan_to_num(part, nan=0.0), 0, 1) * 255 + 0.5)
    return out


def _scale(pixels: NDArray[Any], rows: list[slice]) -> tuple[float, float]:
    """The values that become 0 and 255."""
    low, high = np.inf, -np.inf
    for band in rows:
        finite = pixels[band][np.isfinite(pixels[band])]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    if low > high or (low >= 0 and high <= 1):  # nothing finite, or scaled already
        return 0.0, 1.0
    return (low, high) if high > low else (low - 1, high)
