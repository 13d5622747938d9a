"""Photos for the tests of the service."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).parents[2]
PHOTO = ROOT / "examples" / "waybill.jpg"


def noise(side: int) -> bytes:
    """A PNG that takes a while to decode and detect in."""
    pixels = np.random.default_rng(1).integers(0, 255, (side, side, 3), np.uint8)
    return cv2.imencode(".png", pixels)[1].tobytes()
