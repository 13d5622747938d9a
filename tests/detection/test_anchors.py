"""The anchor grid: decoding is the inverse of encoding."""

import numpy as np
import pytest

from ctpn.contract.spec import MOBILE
from ctpn.detection.anchors import decode
from ctpn.errors import ModelError
from ctpn.training.targets import encode
from tests.helpers.quads import NO_QUADS, box, maps_of


def test_decode_inverts_encode():
    rng = np.random.default_rng(0)
    quads = np.stack([box(x, 40 * i + 12, x + wide, 40 * i + 12 + high)
                      for i, (x, wide, high) in enumerate(rng.uniform((5, 40, 8), (60, 150, 24), (6, 3)))])  # fmt: skip
    p = decode(maps_of(encode(quads, NO_QUADS, (256, 256), MOBILE), MOBILE), MOBILE)
    line = np.round((p.boxes_net[:, [1, 3]].mean(1) - 24) / 40).astype(int)
    assert len(p) > 40 and set(line) == set(range(6))
    assert np.allclose(p.boxes_net[:, 1], quads[line, 0, 1], atol=1e-3)
    assert np.allclose(p.boxes_net[:, 3], quads[line, 2, 1], atol=1e-3)


def test_no_text_gives_no_proposals_and_wrong_maps_an_error():
    empty = maps_of(encode(NO_QUADS, NO_QUADS, (64, 64), MOBILE), MOBILE)
    assert len(decode(empty, MOBILE)) == 0
    with pytest.raises(ModelError, match=r"expected \[h, w, 10\]"):
        decode({"score": np.zeros((4, 4, 7), np.float32), "vertical": np.zeros((4, 4, 14), np.float32)}, MOBILE)
