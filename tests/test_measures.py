"""The measures: by hand, and against the project's scorer where it lies beside the repository."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from ctpn.data.formats import Region, write_icdar
from ctpn.measures import Counts, figures, measure
from tests.test_anchors import box

SCORER = Path(__file__).parents[2] / "shared" / "score.py"


def counts(texts, quads):
    return measure([Region(q, t) for q, t in texts], quads)


def test_perfect():
    c = counts([(box(0, 0, 10, 5), "a"), (box(0, 9, 10, 14), "b")], [box(0, 9, 10, 14), box(0, 0, 10, 5)])
    assert figures(c) == dict.fromkeys(("iou_p", "iou_r", "iou_h", "det_p", "det_r", "det_h"), 1.0)


def test_half_an_overlap_is_no_match():
    c = counts([(box(0, 0, 10, 10), "a")], [box(5, 0, 15, 10)])  # IoU 1/3
    assert c == Counts(1, 1, 0, 0.0, 0.0)


def test_a_split_counts_eight_tenths():
    c = counts([(box(0, 0, 100, 10), "a")], [box(0, 0, 45, 10), box(50, 0, 100, 10)])
    assert c.matched == 1 and c.recall == pytest.approx(0.8) and c.precision == pytest.approx(1.6)


def test_a_merge_counts_whole():
    c = counts([(box(0, 0, 45, 10), "a"), (box(55, 0, 100, 10), "b")], [box(0, 0, 100, 10)])
    assert c.matched == 0 and c.recall == 2 and c.precision == 1


def test_ignored_regions_take_lines_away():
    c = counts([(box(0, 0, 50, 10), "###")], [box(0, 0, 40, 10), box(40, 0, 80, 10)])
    assert c == Counts(0, 1)


def test_nothing_anywhere():
    assert figures(counts([], []))["iou_h"] == 0.0


@pytest.mark.skipif(not SCORER.exists(), reason="../shared/score.py is not there")
def test_equals_the_scorer(tmp_path):
    pytest.importorskip("rapidfuzz", reason="the scorer needs rapidfuzz")
    spec = importlib.util.spec_from_file_location("score", SCORER)
    scorer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scorer)
    rng = np.random.default_rng(5)
    (tmp_path / "gt").mkdir()
    total, predictions = Counts(), {}
    for page in range(12):
        quads = [_random_quad(rng) for _ in range(12)]
        regions = [Region(q.round(1), "###" if rng.random() < 0.2 else "x") for q in quads]
        found = [(q + rng.normal(0, 3, 2) + rng.normal(0, 2, (4, 2))).astype(np.float32) for q in quads[:9]] + [_random_quad(rng)]
        write_icdar(tmp_path / "gt" / f"gt_{page}.txt", regions)
        predictions[str(page)] = [[q.reshape(-1).tolist(), None] for q in found]
        total += measure(regions, found)
    theirs = scorer.score(tmp_path, json.loads(json.dumps(predictions)))
    for name, value in figures(total).items():
        assert value == pytest.approx(float(theirs[name]), abs=1e-6), name


def _random_quad(rng):
    x, y = rng.uniform(0, 300, 2)
    w, h, a = rng.uniform(30, 120), rng.uniform(8, 25), rng.normal(0, 0.2)
    turn = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    return (box(0, 0, w, h) @ turn + [x, y]).astype(np.float32)
