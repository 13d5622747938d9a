"""Pictures of annotated sets."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.errors import ImageError


def read_picture(path: Path) -> NDArray[np.uint8]:
    """A picture, uint8 RGB [H, W, 3], not rotated by EXIF: annotations are in stored pixels.

    Raises:
        ImageError: not a picture that OpenCV reads.
    """
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if bgr is None:
        raise ImageError(f"{path}: expected a picture, cannot be decoded; fetch or remove it with its annotation")
    rgb: NDArray[np.uint8] = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
    return rgb
