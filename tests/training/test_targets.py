"""Training targets: hand-worked numbers."""

import numpy as np

from ctpn.contract.spec import MOBILE, VGG16
from ctpn.training.targets import cut, encode, encode_direction
from tests.helpers.quads import NO_QUADS, box


def test_cut_by_hand():
    s = cut(box(20, 10, 70, 30)[None], (64, 96), MOBILE)
    assert s.columns.tolist() == [1, 2, 3, 4]
    assert np.allclose(s.spans_net, [[10, 30]] * 4)
    assert s.links.tolist() == [True, True, True, False]
    assert s.ends_net[0, 0] == 20 and s.ends_net[-1, 1] == 70 and np.isnan(s.ends_net[1]).all()


def test_a_barely_covered_column_is_left_to_its_neighbour():
    s = cut(box(14, 10, 66, 30)[None], (64, 96), MOBILE)  # 2 px in column 0 and 2 px in column 4
    assert s.columns.tolist() == [1, 2, 3]
    assert s.ends_net[0, 0] == 14 and s.ends_net[-1, 1] == 66


def test_a_cut_line_has_no_end_at_the_border():
    s = cut(box(-20, 10, 200, 30)[None], (64, 96), MOBILE)
    assert s.columns.tolist() == [0, 1, 2, 3, 4, 5]
    assert np.isnan(s.ends_net).all() and s.links.all()


def test_slanted_line_is_measured_at_the_middle_of_a_column():
    quad = np.array([[0, 0], [160, 80], [160, 100], [0, 20]], np.float32)  # slope 1/2, 20 high
    s = cut(quad[None], (128, 160), MOBILE)
    assert np.allclose(s.spans_net[3], [(48 + 8) / 2, (48 + 8) / 2 + 20])


def test_encode_by_hand_on_the_original_grid():
    # One column, text exactly an anchor of 33 px in the cell of row 2 (centre 40).
    t = encode(box(16, 23.5, 32, 56.5)[None], NO_QUADS, (96, 64), VGG16)
    assert t.labels.shape == (6, 4, 10)
    assert t.labels[2, 1, 3] == 1 and np.allclose(t.vertical[2, 1, 3], 0)
    assert (t.labels == 1).sum() == 1  # 23/33 = 0.697 and 33/48 = 0.6875 stay below 0.7 ...
    assert t.labels[2, 1, 2] == -1 and t.labels[2, 1, 4] == -1  # ... and above 0.5: ignored
    assert t.labels[2, 0].max() == 0
    assert np.allclose(t.side[2, 1, 3], [-0.5, 0.5]) and t.link[2, 1, 3] == 0


def test_the_best_anchor_is_always_text():
    t = encode(box(0, 2, 16, 5)[None], NO_QUADS, (32, 32), MOBILE)  # 3 px high: IoU < 0.5 with all
    assert (t.labels == 1).sum() == 1 and t.labels[0, 0, 0] == 1
    assert np.allclose(t.vertical[0, 0, 0], [(3.5 - 4) / 7, np.log(3 / 7)])


def test_ignored_regions_are_neither_text_nor_background():
    t = encode(NO_QUADS, box(0, 0, 32, 64)[None], (64, 64), MOBILE)
    assert (t.labels[:, :2, 2] == -1).all() and (t.labels[:, 2:] == 0).all()
    assert (t.labels == 1).sum() == 0


def test_directions_by_hand():
    column = np.array([[64, 0], [64, 64], [40, 64], [40, 0]], np.float32)  # reads down: cos 2a = -1, sin 2a = 0
    rising = np.array([[0, 64], [16, 48], [32, 64], [16, 80]], np.float32)  # up to the right by 45 degrees: a = -45
    t = encode_direction(np.stack([box(0, 0, 32, 13), column, rising]), NO_QUADS, (96, 96))
    assert t.text[0].tolist() == [1, 1, 1, 1, 0, 0] and t.text.shape == (6, 6)
    assert np.allclose(t.double_angle[0, 0], [1, 0]) and np.allclose(t.double_angle[3, 3], [-1, 0], atol=1e-6)
    assert np.allclose(t.double_angle[4, 1], [0, -1], atol=1e-6)
    assert t.text[5].tolist() == [0] * 6


def test_a_cell_of_two_directions_has_that_of_the_larger_part_and_a_barely_covered_one_is_ignored():
    column = np.array([[16, 0], [16, 32], [10, 32], [10, 0]], np.float32)
    t = encode_direction(np.stack([box(0, 0, 10, 16), column]), NO_QUADS, (32, 32))
    assert t.text[0, 0] == 1 and np.allclose(t.double_angle[0, 0], [1, 0])
    assert t.text[1, 0] == 1 and np.allclose(t.double_angle[1, 0], [-1, 0], atol=1e-6)
    barely = encode_direction(box(0, 0, 16, 3)[None], NO_QUADS, (32, 32))
    assert barely.text.tolist() == [[-1, 0], [0, 0]]


def test_what_is_ignored_has_no_direction_but_text_beside_it_has():
    t = encode_direction(box(0, 0, 16, 16)[None], box(0, 0, 32, 32)[None], (64, 64))
    assert t.text[:2, :2].tolist() == [[1, -1], [-1, -1]] and (t.text[2:] == 0).all()
    assert (encode_direction(NO_QUADS, NO_QUADS, (32, 32)).text == 0).all()
