"""Limits of a picture: the best are kept, in their order; suppression of any number of boxes takes little memory."""

import numpy as np
import pytest

from ctpn.contract.spec import MOBILE, revise
from ctpn.detection import nms
from ctpn.detection.anchors import decode
from ctpn.detection.nms import suppress
from ctpn.detection.postprocess import reached_limits


@pytest.mark.parametrize("seed", range(5))
def test_boxes_that_are_compared_one_by_one_give_the_same(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    columns = rng.integers(0, 4, 300)
    top = rng.uniform(0, 200, 300)
    boxes = np.stack([16 * columns, top, 16 * columns + 16, top + rng.uniform(0, 60, 300)], 1).astype(np.float32)
    scores = rng.uniform(0, 1, 300).round(2).astype(np.float32)  # with ties
    expected = suppress(boxes, scores, columns, 0.3)
    monkeypatch.setattr(nms, "MAX_PAIRS", 10)
    assert suppress(boxes, scores, columns, 0.3).tolist() == expected.tolist()


def test_many_equal_boxes_take_little_memory():
    n = 20_000  # compared at once, they would need 200 million pairs
    boxes = np.tile(np.array([[0, 0, 16, 50]], np.float32), (n, 1))
    assert suppress(boxes, np.full(n, 0.5, np.float32), np.zeros(n, np.int64), 0.3).tolist() == [0]


def test_a_picture_reaches_its_limits():
    spec = revise(MOBILE, {"limits": {"max_proposals": 7, "max_lines": 3}})
    maps = {name: np.zeros((4, 5, 10 * (2 if name in ("vertical", "side") else 1)), np.float32) for name in spec.outputs}
    maps["score"].ravel()[[3, 50, 51, 80, 81, 120, 199]] = [0.3, 0.9, 0.8, 0.5, 0.5, 0.5, 0.95]
    assert reached_limits(maps, 3, spec) == ["max_proposals", "max_lines"]
    assert decode(maps, spec).scores.tolist() == pytest.approx([0.3, 0.9, 0.8, 0.5, 0.5, 0.5, 0.95])
    fewer = revise(spec, {"limits": {"max_proposals": 4}})
    assert decode(maps, fewer).scores.tolist() == pytest.approx([0.9, 0.8, 0.5, 0.95])
    assert reached_limits(maps, 2, revise(spec, {"limits": {"max_proposals": 8}})) == []
