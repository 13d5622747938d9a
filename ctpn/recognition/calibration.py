"""A text's score: how likely it is that every character is right.

The mean of the characters' probabilities says little about that: one unclear character among twenty hardly moves it, and a script
that the recogniser never learned gets high values by chance. So the errors are counted that the recogniser itself expects, 1 - p
of each character, added up. A logistic function turns this sum and the length into a probability. Its numbers are fitted on
validation pages (benchmarks/calibration.py).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ctpn.contract.spec import CalibrationSpec


def text_probability(scores: NDArray[np.float32], spec: CalibrationSpec) -> float:
    """The probability that a text is right to the character, in [0, 1]; 0 for the empty text.

    Args:
        scores: float32 [n], the probability of each character, as of `ctc.Decoded`.
    """
    if not len(scores):
        return 0.0
    expected = float((1 - scores.astype(np.float64)).sum())
    return 1 / (1 + math.exp(-(spec.bias - spec.errors * math.log(spec.floor + expected) + spec.length * math.log(len(scores)))))
