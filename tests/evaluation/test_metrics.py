"""The metrics: by hand, and against the project's scorer where it lies beside the repository."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from ctpn.annotations.formats import TextAnnotation, write_icdar
from ctpn.evaluation.metrics import (
    CharacterCounts,
    DetectionCounts,
    detection_metrics,
    measure_detection,
    measure_reading,
    reading_metrics,
)
from tests.helpers.quads import box

SCORER = Path(__file__).parents[3] / "shared" / "score.py"


def counts(texts, quads):
    return measure_detection([TextAnnotation(q, t) for q, t in texts], quads)


def test_perfect():
    c = counts([(box(0, 0, 10, 5), "a"), (box(0, 9, 10, 14), "b")], [box(0, 9, 10, 14), box(0, 0, 10, 5)])
    assert detection_metrics(c) == dict.fromkeys(("iou_p", "iou_r", "iou_h", "det_p", "det_r", "det_h"), 1.0)


def test_half_an_overlap_is_no_match():
    c = counts([(box(0, 0, 10, 10), "a")], [box(5, 0, 15, 10)])  # IoU 1/3
    assert c == DetectionCounts(1, 1, 0, 0.0, 0.0)


def test_a_split_counts_eight_tenths():
    c = counts([(box(0, 0, 100, 10), "a")], [box(0, 0, 45, 10), box(50, 0, 100, 10)])
    assert c.matched == 1 and c.recall == pytest.approx(0.8) and c.precision == pytest.approx(1.6)


def test_a_merge_counts_whole():
    c = counts([(box(0, 0, 45, 10), "a"), (box(55, 0, 100, 10), "b")], [box(0, 0, 100, 10)])
    assert c.matched == 0 and c.recall == 2 and c.precision == 1


def test_lines_in_ignored_texts_do_not_count():
    c = counts([(box(0, 0, 50, 10), "###")], [box(0, 0, 40, 10), box(40, 0, 80, 10)])
    assert c == DetectionCounts(0, 1)


def test_nothing_anywhere():
    assert detection_metrics(counts([], []))["iou_h"] == 0.0


@pytest.fixture(scope="module")
def scorer():
    if not SCORER.exists():
        pytest.skip("../shared/score.py is not there")
    spec = importlib.util.spec_from_file_location("score", SCORER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("seed", range(8))
def test_equals_the_scorer(scorer, tmp_path, seed):
    rng = np.random.default_rng(seed)
    (tmp_path / "gt").mkdir()
    total, characters, predictions = DetectionCounts(), CharacterCounts(), {}
    for page in range(12):
        quads = [_random_quad(rng) for _ in range(rng.integers(0, 13))]
        regions = [TextAnnotation(q.round(1), rng.choice(["###", "", _random_text(rng)], p=[0.2, 0.05, 0.75])) for q in quads]
        found = [(q + rng.normal(0, 3, 2) + rng.normal(0, 2, (4, 2))).astype(np.float32) for q in quads[:9]] + [_random_quad(rng)]
        texts = [r.text if rng.random() < 0.5 else _random_text(rng) for r in [*regions, TextAnnotation(found[-1], "")]][: len(found)]
        write_icdar(tmp_path / "gt" / f"gt_{page}.txt", regions)
        predictions[str(page)] = [[q.reshape(-1).tolist(), t or None] for q, t in zip(found, texts, strict=True)]
        total += measure_detection(regions, found)
        characters += measure_reading(regions, found, texts)
    theirs = scorer.score(tmp_path, json.loads(json.dumps(predictions)))
    assert characters.count == theirs["chars"] > 0
    for name, value in (detection_metrics(total) | reading_metrics(characters)).items():
        assert value == pytest.approx(float(theirs[name]), abs=1e-6), name


def _random_text(rng):
    return "".join(rng.choice(list("abcABC １，（¥￥运单號Ǆﬁ\t."), rng.integers(1, 12)))


def test_reading_by_hand():
    said = [TextAnnotation(box(0, 0, 50, 10), "Total"), TextAnnotation(box(0, 20, 50, 30), "missed"), TextAnnotation(box(0, 40, 9, 50), "")]
    got = measure_reading(said, [box(1, 0, 51, 10), box(0, 40, 9, 50)], [" t0TAL", "?"])
    assert got == CharacterCounts(count=11, wrong=7, found=5, found_wrong=1)
    assert reading_metrics(got) == {"read": 4 / 11, "read_matched": 0.8}
    assert reading_metrics(CharacterCounts()) == {"read": 1.0, "read_matched": 1.0}


def test_lines_that_are_cut_elsewhere_have_no_errors():
    said = [TextAnnotation(box(0, 0, 100, 10), "AB CD"), TextAnnotation(box(0, 12, 100, 22), "EF")]
    quads = [box(50, 1, 100, 10), box(0, 13, 90, 22), box(0, 0, 50, 10)]  # in no order
    assert measure_reading(said, quads, ["CD", "EF", "AB"]).wrong == 0


def test_no_group_has_more_errors_than_characters():
    said = [TextAnnotation(box(0, 0, 100, 10), "AB")]
    assert measure_reading(said, [box(0, 0, 100, 10)], ["something long"]) == CharacterCounts(2, 2, 2, 2)


def test_only_some_characters():
    said = [TextAnnotation(box(0, 0, 100, 10), "运A单B"), TextAnnotation(box(0, 20, 100, 30), "xy")]
    got = measure_reading(said, [box(0, 0, 100, 10)], ["运号CB"], keep=lambda c: c >= "一")
    assert got == CharacterCounts(2, 1, 2, 1)


def _random_quad(rng):
    x, y = rng.uniform(0, 300, 2)
    w, h, a = rng.uniform(30, 120), rng.uniform(8, 25), rng.normal(0, 0.2)
    turn = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    return (box(0, 0, w, h) @ turn + [x, y]).astype(np.float32)
