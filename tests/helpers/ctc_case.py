"""Logits of a few classes, for tests of CTC decoding."""

import numpy as np

SMALL = "ab 1"  # classes 1, 2, 3, 4


def path_logits(path, sure=8.0, classes=5):
    """Logits [T, C] with one likely class a step."""
    return (np.eye(classes)[list(path)] * sure).astype(np.float32).reshape(len(path), classes)


def logits_of(*rows):
    """Logits of probabilities."""
    return np.log(np.array(rows)).astype(np.float32)
