"""Specs travel as JSON and refuse what they do not know."""

import json

import pytest

from ctpn.contract.spec import CRNN, DETECTORS, MOBILE, DetectorSpec, RecognizerSpec
from ctpn.errors import ModelError


@pytest.mark.parametrize("spec", DETECTORS.values(), ids=DETECTORS)
def test_there_and_back(spec):
    assert DetectorSpec.from_json(spec.to_json()) == spec


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 99}, "schema 1, got 99"),
        ({"kind": "recognizer"}, "kind 'detector'"),
        ({"novel": 1}, "unknown fields"),
        ({"anchor_heights": [9, 7]}, "ascending"),
        ({"builder": "magic"}, "builder"),
        ({"line_score": 3}, "line_score"),
        ({"line_score": "1"}, r"line_score: expected float, got '1'"),
        ({"grow": [0]}, r"grow: expected tuple\[float, float\], got \(0,\)"),
        ({"mean": [0, 0, float("nan")]}, "mean: expected"),
        ({"anchor_heights": [9, 10**400]}, "anchor_heights: expected"),
        ({"max_gap": True}, "max_gap: expected int, got True"),
        ({"outputs": 7}, "outputs: expected"),
        ({"pad": 1000}, "pad must lie in 0 to 255, got 1000"),
        ({"size_multiple": 0}, "size_multiple must be positive, got 0"),
        ({"long_side": -5}, "long_side must be positive, got -5"),
        ({"std": [1, 0, 1]}, "std must be positive"),
    ],
)
def test_a_foreign_spec_is_refused(change, message):
    data = json.loads(MOBILE.to_json()) | change
    with pytest.raises(ModelError, match=message):
        DetectorSpec.from_json(json.dumps(data))


@pytest.mark.parametrize("text", ["", "[]", "{", "null"])
def test_no_spec_at_all_is_refused(text):
    with pytest.raises(ModelError, match="spec"):
        DetectorSpec.from_json(text)


def test_a_recogniser_there_and_back():
    assert RecognizerSpec.from_json(CRNN.to_json()) == CRNN
    assert CRNN.classes == 5128
    assert CRNN.charset[0] == " " and "快" in CRNN.charset


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "detector"}, "kind 'recognizer'"),
        ({"charset": CRNN.charset[::-1]}, "charset: expected sha256 3d10d74d"),
        ({"charset": "aab"}, "distinct"),
        ({"stride": 5}, "stride 5"),
        ({"widths": [100]}, "widths"),
        ({"channels": "HSV"}, "channels"),
        ({"charset": 7}, "charset: expected str, got 7"),
        ({"pad": -1}, "pad must lie in 0 to 255, got -1"),
        ({"height": 0}, "height must be positive, got 0"),
        ({"max_width": 0}, "max_width must be positive"),
    ],
)
def test_a_foreign_recogniser_spec_is_refused(change, message):
    data = json.loads(CRNN.to_json()) | change
    with pytest.raises(ModelError, match=message):
        RecognizerSpec.from_json(json.dumps(data))
