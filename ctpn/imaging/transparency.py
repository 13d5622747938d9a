"""What stands behind a picture with transparency: white, black or grey, whichever its visible parts are seen on."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.imaging.eight_bits import bands

U8 = NDArray[np.uint8]

BACKGROUNDS = (255, 0, 128)  # white, black, grey; the first of equals
CONTRAST = 64  # of 255, in brightness: what differs by less is not seen
RIM = np.ones((3, 3), np.uint8)


def lay_on_background(bgra: U8) -> U8:
    """BGRA [H, W, 4], colours not multiplied by alpha, as RGB on the background that it needs."""
    background = background_of(bgra)
    out = np.empty((*bgra.shape[:2], 3), np.uint8)
    for rows in bands(*bgra.shape[:2]):
        alpha = bgra[rows, :, 3:].astype(np.uint16)
        colour = bgra[rows, :, 2::-1].astype(np.uint16)
        out[rows] = (colour * alpha + background * (255 - alpha) + 127) // 255
    return out


def background_of(bgra: U8) -> int:
    """The grey value of the background.

    What matters are visible pixels beside invisible ones, for there letters end: the background is taken on which most of them have
    contrast, and white where they say nothing. Visible is what has more than half of the highest alpha.
    """
    highest = int(bgra[..., 3].max())
    visible = cv2.compare(bgra[..., 3], highest // 2, cv2.CMP_GT)  # 255 or 0
    if visible.all():
        return BACKGROUNDS[0]
    rim = cv2.bitwise_and(visible, cv2.dilate(cv2.bitwise_not(visible), RIM))
    counts = np.zeros(256, np.int64)
    for rows in bands(*bgra.shape[:2]):
        grey = cv2.cvtColor(np.ascontiguousarray(bgra[rows]), cv2.COLOR_BGRA2GRAY)
        counts += np.bincount(grey[rim[rows] > 0], minlength=256)
    values = np.arange(256)
    return max(BACKGROUNDS, key=lambda b: int(counts[np.abs(values - b) >= CONTRAST].sum()))


def straight(bgra: U8) -> U8:
    """BGRA whose colours are multiplied by alpha, as ordinary BGRA."""
    out = np.empty_like(bgra)
    for rows in bands(*bgra.shape[:2]):
        part = bgra[rows].astype(np.uint16)
        alpha = part[..., 3:]
        part[..., :3] = np.minimum((part[..., :3] * 255 + alpha // 2) // np.maximum(alpha, 1), 255)
        out[rows] = part
    return out
