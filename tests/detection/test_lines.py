"""Line building, by hand and there and back from whole pages."""

import numpy as np
import pytest

from ctpn.contract.spec import CLASSIC, VGG16, revise
from ctpn.contract.spec import MOBILE as SHIPPED
from ctpn.detection.lines import connect, connected_components, text_lines
from ctpn.detection.postprocess import postprocess
from ctpn.detection.proposals import Proposals
from ctpn.training.targets import encode
from tests.helpers.quads import NO_QUADS, box, maps_of

MOBILE = revise(SHIPPED, {"lines": {"expansion": (0.0, 0.0), "link_threshold": 0.5}})


def proposals(columns, tops, heights, links=None, scores=None):
    n = len(columns)
    columns = np.array(columns, np.int64)
    y0 = np.array(tops, np.float32)
    x0 = columns.astype(np.float32) * 16
    boxes = np.stack([x0, y0, x0 + 16, y0 + np.array(heights, np.float32)], 1)
    scores = np.full(n, 0.95, np.float32) if scores is None else np.array(scores, np.float32)
    links = np.ones(n, np.float32) if links is None else np.array(links, np.float32)
    return Proposals(boxes, scores, columns, boxes[:, [0, 2]], links)


def test_labels_follow_chains_of_any_length():
    assert connected_components(np.array([1, 2, -1, 4, -1, -1])).tolist() == [0, 0, 0, 1, 1, 2]
    chain = np.append(np.arange(1, 100), -1)
    assert set(connected_components(chain)) == {0}


def test_paper_bridges_50_px_and_no_more():
    p = proposals([0, 3, 7], [10, 10, 10], [20, 20, 20])
    assert connect(p, VGG16).tolist() == [1, -1, -1]


def test_paper_wants_an_overlap_of_seven_tenths():
    assert connect(proposals([0, 1], [10, 13], [20, 20]), VGG16).tolist() == [1, -1]  # 17/23
    assert connect(proposals([0, 1], [10, 14], [20, 20]), VGG16).tolist() == [-1, -1]  # 16/24


def test_paper_takes_the_mutual_best_by_score():
    p = proposals([0, 1, 1], [10, 10, 12], [20, 20, 20], scores=[0.9, 0.8, 0.9])
    assert connect(p, VGG16).tolist() == [2, -1, -1]


def test_classic_fits_by_the_lower_piece_and_by_the_heights():
    def joined(top, height):
        return connect(proposals([0, 1], [10, top], [20, height]), CLASSIC)[0] == 1

    assert joined(18, 20) and not joined(19, 20)  # 12 and 11 of 20
    assert joined(10, 12) and not joined(10, 11.9)  # six tenths of the other's height
    assert not joined(27.2, 12)  # of 20 and 12 rows 2.8 in common
    assert joined(10, 33) and not joined(10, 34)


def test_classic_bridges_three_columns_and_drops_single_pieces():
    p = proposals([0, 3, 7], [10, 10, 10], [20, 20, 20])
    assert connect(p, CLASSIC).tolist() == [1, -1, -1]
    quads, scores = text_lines(p, CLASSIC)
    assert len(quads) == 1 and quads[0, :, 0].max() == pytest.approx(64) and scores == pytest.approx([0.95])


def test_links_separate_what_the_paper_merges():
    p = proposals([0, 1, 2, 3], [10] * 4, [20] * 4, links=[0.9, 0.1, 0.9, 0.1])
    assert connect(p, MOBILE).tolist() == [1, -1, 3, -1]
    assert connect(p, VGG16).tolist() == [1, 2, 3, -1]


def test_links_bridge_one_lost_column_but_not_two():
    assert connect(proposals([0, 2], [10, 10], [20, 20]), MOBILE).tolist() == [1, -1]
    assert connect(proposals([0, 3], [10, 10], [20, 20]), MOBILE).tolist() == [-1, -1]


def test_score_is_the_mean_and_weak_lines_go():
    p = proposals([0, 1], [10, 10], [20, 20], scores=[0.9, 0.5])
    quads, scores = text_lines(p, MOBILE)
    assert quads.shape == (1, 4, 2) and scores == pytest.approx([0.7])
    assert len(text_lines(p, VGG16)[0]) == 0


@pytest.mark.parametrize("angle", [0, 10, -25, 40, -45])
def test_an_oriented_box_comes_back(angle):
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    quad = (np.array([[-150, -14], [150, -14], [150, 14], [-150, 14]]) @ np.array([[c, s], [-s, c]]) + 256).astype(np.float32)
    quads, _ = postprocess(maps_of(encode(quad[None], NO_QUADS, (512, 512), MOBILE), MOBILE), MOBILE)
    assert len(quads) == 1
    assert np.abs(quads[0] - quad).max() < 4


def test_a_page_of_boxes_comes_back():
    quads = np.concatenate([[box(x + 3 * i, 24 * i + 10, x + 3 * i + 170, 24 * i + 26) for i in range(18)] for x in (20, 230)])
    found, _ = postprocess(maps_of(encode(quads, NO_QUADS, (480, 480), MOBILE), MOBILE), MOBILE)
    assert len(found) == 36
    for q in quads:
        assert np.abs(found - q).max((1, 2)).min() < 0.6


def test_one_short_word_inside_one_column():
    quad = box(34, 40, 45, 60)
    found, _ = postprocess(maps_of(encode(quad[None], NO_QUADS, (96, 96), MOBILE), MOBILE), MOBILE)
    assert len(found) == 1 and np.abs(found[0] - quad).max() < 0.01


@pytest.mark.parametrize(("end", "lines"), [(7.6, 0), (8.0, 0), (10.0, 0), (11.0, 1)])
def test_a_line_whose_ends_meet_is_none(end, lines):
    p = proposals([0], [10], [40])
    p.ends_net[:] = 8.0, end
    assert len(text_lines(p, MOBILE)[1]) == lines


def test_a_curved_line_stays_one_line():
    x = np.arange(4, 26)
    p = proposals(x, 100 + 25 * np.sin(x / 7), [24] * len(x))
    assert len(text_lines(p, MOBILE)[0]) == 1


def test_nothing_in_nothing_out():
    quads, scores = text_lines(proposals([], [], []), MOBILE)
    assert quads.shape == (0, 4, 2) and scores.shape == (0,)


def test_expansion_by_hand():
    quad = box(34, 40, 74, 60)
    wide = revise(MOBILE, {"lines": {"expansion": (0.25, 0.1)}})
    found, _ = postprocess(maps_of(encode(quad[None], NO_QUADS, (96, 96), MOBILE), MOBILE), wide)
    assert np.abs(found[0] - box(29, 38, 79, 62)).max() < 0.01
