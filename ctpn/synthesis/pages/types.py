"""Type aliases of the whole generator."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rng = np.random.Generator
Pixels = NDArray[Any]  # uint8 pictures and masks, float32 fields: OpenCV's stubs lose the dtype, docstrings say it
Rgb = tuple[int, int, int]
Rect = tuple[float, float, float, float]  # x0, y0, x1, y1 in page pixels
