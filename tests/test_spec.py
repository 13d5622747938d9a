"""Specs travel as JSON and refuse what they do not know."""

import json

import pytest

from ctpn.errors import ModelError
from ctpn.spec import CRNN, DETECTORS, MOBILE, DetectorSpec, RecognizerSpec


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
    ],
)
def test_a_foreign_recogniser_spec_is_refused(change, message):
    data = json.loads(CRNN.to_json()) | change
    with pytest.raises(ModelError, match=message):
        RecognizerSpec.from_json(json.dumps(data))
