"""From quads to strips: what a recogniser takes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.spec import RecognizerSpec

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]


def rectify(rgb: U8, quad: F32, spec: RecognizerSpec) -> U8:
    """The line inside a quad as an upright strip.

    Args:
        rgb: uint8 RGB [H, W, 3].
        quad: float32 [4, 2], clockwise from the text's top left, in pixels of `rgb`.

    Returns:
        uint8 RGB [spec.height, W, 3]; with `spec.margin` around the quad, W by the line's own ratio, at least 8.
    """
    wide = (np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])) / 2
    tall = max(float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2, 1.0)
    along = (quad[1] - quad[0] + quad[2] - quad[3]) / 2 / max(float(wide), 1.0) * tall * spec.margin[0]
    down = (quad[3] - quad[0] + quad[2] - quad[1]) / 2 * spec.margin[1]
    outer = (quad + np.array([-along - down, along - down, along + down, -along + down])).astype(np.float32)
    scale = spec.height / (tall * (1 + 2 * spec.margin[1]))
    width = max(8, int(np.floor((wide + 2 * spec.margin[0] * tall) * scale + 0.5)))
    block = 1
    while scale * block < 0.5:
        block *= 2
    if block > 1:
        rgb = cv2.resize(rgb, (max(1, rgb.shape[1] // block), max(1, rgb.shape[0] // block)), interpolation=cv2.INTER_AREA)
    target = np.array([[0, 0], [width, 0], [width, spec.height], [0, spec.height]], np.float32)
    matrix = cv2.getPerspectiveTransform(outer / block, target)
    half = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])  # corners of pixels to their centres
    whole = half @ matrix @ np.linalg.inv(half)
    return cv2.warpPerspective(rgb, whole, (width, spec.height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
