"""Which lines are judged, what counts as right, and the fit of the score's numbers."""

import numpy as np
import pytest

from benchmarks import calibration
from benchmarks.calibration import JudgedLine, fit, judged, row
from ctpn.annotations.formats import TextAnnotation
from ctpn.contract.spec import CalibrationSpec
from ctpn.recognition.calibration import text_probability
from tests.helpers.quads import box


def line(quad, text):
    return quad, text, np.array([0.9] * len(text), np.float32), 0.9


def test_a_line_is_right_to_the_character():
    page = [TextAnnotation(box(0, 0, 100, 20), "Total 1.0"), TextAnnotation(box(0, 40, 100, 60), "一二")]
    found = [line(box(0, 0, 101, 20), "TOTAL1.0"), line(box(0, 40, 100, 60), "一")]
    assert [judgement.right for judgement in judged(page, found, complete=True)] == [True, False]


def test_what_cannot_be_judged_is_left_out():
    page = [
        TextAnnotation(box(0, 0, 100, 20), "two parts"),
        TextAnnotation(box(0, 40, 100, 60), "###"),
        TextAnnotation(box(0, 80, 100, 100), ""),
    ]
    parts = [line(box(0, 0, 48, 20), "two"), line(box(50, 0, 100, 20), "parts")]
    others = [line(box(0, 40, 100, 60), "a"), line(box(0, 80, 100, 100), "b")]
    assert judged(page, parts + others, complete=True) == []
    nothing = [line(box(300, 0, 400, 20), "noise")]
    assert [judgement.right for judgement in judged(page, nothing, complete=True)] == [False]
    assert judged(page, nothing, complete=False) == []
    assert [judgement.right for judgement in judged([], nothing, complete=True)] == [False]


def test_the_fit_finds_the_numbers_that_made_the_data():
    spec, rng = CalibrationSpec(bias=-3.0, errors=1.5, length=0.75, floor=calibration.FLOOR), np.random.default_rng(0)
    lines = []
    for _ in range(6000):
        scores = np.clip(1 - rng.exponential(0.05, int(rng.integers(1, 30))) ** 1.5, 0.05, 1).astype(np.float32)
        lines.append(JudgedLine(scores, 0.5, bool(rng.random() < text_probability(scores, spec))))
    found = CalibrationSpec(**fit([lines[:1000], lines[1000:]], decay=0.0))
    assert found.bias == pytest.approx(spec.bias, abs=0.4)
    assert found.errors == pytest.approx(spec.errors, abs=0.2)
    assert found.length == pytest.approx(spec.length, abs=0.2)


def test_a_row_counts_by_score_and_by_mean():
    lines = [JudgedLine(np.ones(1, np.float32), mean, right) for mean, right in ((0.99, True), (0.95, False), (0.5, True))]
    found = row(lines, np.array([0.95, 0.2, 1.0]))
    assert (found["lines"], found["confident"], found["confident_right"]) == (3, 2, 2)
    assert (found["mean_confident"], found["mean_confident_right"]) == (2, 1)
    assert sum(n for n, _, _ in found["bins"]) == 3 and found["bins"][-1] == (1, 1, 1.0)
