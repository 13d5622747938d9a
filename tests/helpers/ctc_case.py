"""Logits of a few classes, for tests of CTC decoding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SMALL = "ab 1"  # classes 1, 2, 3, 4


def path_logits(path: Sequence[int], sure: float = 8.0, classes: int = 5) -> NDArray[np.float32]:
    """Logits [T, C] with one likely class a step."""
    return (np.eye(classes)[list(path)] * sure).astype(np.float32).reshape(len(path), classes)


def logits_of(*rows: Sequence[float]) -> NDArray[np.float32]:
    """Logits of probabilities."""
    logits: NDArray[np.float32] = np.log(np.array(rows)).astype(np.float32)
    return logits
