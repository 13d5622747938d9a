"""A text's score: the probability that every character is right."""

import numpy as np
import pytest

from ctpn.contract.spec import CRNN
from ctpn.recognition.calibration import text_probability

SPEC = CRNN.calibration


def probability(*scores):
    return text_probability(np.array(scores, np.float32), SPEC)


def test_it_is_the_stated_logistic_function():
    z = SPEC.bias - SPEC.errors * np.log(SPEC.floor + 0.5) + SPEC.length * np.log(2)
    assert probability(0.75, 0.75) == pytest.approx(1 / (1 + np.exp(-z)), abs=1e-6)


def test_nothing_read_has_no_probability():
    assert probability() == 0.0


def test_one_unclear_character_decides_however_long_the_text_is():
    clear = [0.9999] * 20
    assert probability(*clear) > 0.95
    assert probability(*clear[1:], 0.5) < 0.7
    assert np.exp(np.log([*clear[1:], 0.5]).mean()) > 0.95, "the mean of the characters says nothing of it"


def test_it_grows_with_the_characters():
    assert probability(0.9, 0.9) < probability(0.99, 0.9) < probability(0.99, 0.99) < probability(1, 1) < 1
