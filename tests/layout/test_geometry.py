"""Areas, overlaps, matching and rotation; all numbers worked out by hand."""

import numpy as np
import pytest

from ctpn.layout.geometry import (
    area,
    clip,
    convex_hull,
    greedy_matching,
    inside_polygon,
    inside_rectangle,
    intersection_area,
    intersection_areas,
    ious,
    overlap_fraction,
    quad_size,
    rotate_quad,
    signed_area,
    split_vertical,
    turns,
)
from tests.helpers.quads import box

DIAMOND = np.float32([[5, 0], [10, 5], [5, 10], [0, 5]])


def test_area_and_its_sign():
    quad = box(1, 2, 11, 7)
    assert signed_area(quad) == 50 and signed_area(quad[::-1]) == -50 and area(quad[::-1]) == 50
    assert area(DIAMOND) == 50 and area(np.float32([[0, 0], [4, 0], [0, 3]])) == 6
    assert area(quad[:2]) == area(quad[:0]) == 0


def test_area_far_from_the_origin_keeps_its_digits():
    assert area(box(1e6, 1e6, 1e6 + 1, 1e6 + 1).astype(np.float64)) == 1


def test_turns_tell_convex_from_hollow():
    assert turns(box(0, 0, 2, 3)).tolist() == [6, 6, 6, 6]
    assert (turns(np.float32([[0, 0], [50, 0], [10, 10], [0, 50]])) < 0).any()


def test_a_hull_runs_clockwise_without_what_is_inside():
    hull = convex_hull(np.float32([[0, 0], [10, 10], [5, 5], [10, 0], [5, 0], [0, 10]]))
    assert signed_area(hull) == 100 and sorted(hull.tolist()) == [[0, 0], [0, 10], [10, 0], [10, 10]]
    assert convex_hull(np.float32([[0, 0], [2, 2], [1, 1]])).tolist() == [[0, 0], [2, 2]]
    assert convex_hull(np.float32([[3, 3]] * 4)).tolist() == [[3, 3]]


def test_clipping_to_a_photo():
    assert area(clip(box(-5, -5, 5, 5), inside_rectangle(100, 100))) == 25
    assert area(clip(DIAMOND, inside_rectangle(5, 10))) == 25
    assert clip(DIAMOND - 20, inside_rectangle(100, 100)).shape == (0, 2)


def test_clipping_to_a_polygon():
    assert area(clip(box(0, 0, 10, 10), inside_polygon(DIAMOND))) == 50
    assert area(clip(DIAMOND, inside_polygon(box(0, 0, 5, 5)))) == 12.5
    assert len(clip(box(20, 20, 30, 30), inside_polygon(DIAMOND))) == 0


def test_intersections():
    assert intersection_area(box(0, 0, 10, 10), box(5, 5, 15, 15)) == 25
    assert intersection_area(box(0, 0, 10, 10), box(2, 3, 4, 5)) == 4
    assert intersection_area(box(0, 0, 10, 10), box(10, 0, 20, 10)) == 0
    assert intersection_area(box(0, 0, 10, 10), box(0, 0, 10, 10)[:2]) == 0


@pytest.mark.parametrize("apart", [0, 1e-6, 1e-5, 1e-4, 1e-3, 0.01])
@pytest.mark.parametrize("angle", [0, 1, 17, 45, 90])
def test_nearly_equal_quads_overlap_nearly_wholly(apart, angle):
    """OpenCV's function says 0 or a half for some of these."""
    turn = np.deg2rad(angle)
    quad = (box(-60, -8, 60, 8) @ [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]] + [700, 400]).astype(np.float32)
    for other in (quad + np.float32(apart), quad * np.float32(1 + apart / 700), np.roll(quad, 2, 0) - np.float32([apart, 0])):
        assert intersection_areas([quad], [other])[0, 0] == pytest.approx(1920, abs=0.5 + 300 * apart)
        assert ious([quad], [other])[0, 0] > 0.998 - 0.2 * apart


def test_overlaps_whichever_way_corners_run_and_of_hollow_polygons():
    a = box(0, 0, 10, 10)
    assert ious([a], [a[::-1], box(0, 0, 10, 5), box(50, 0, 60, 5)]).tolist() == [[1, 0.5, 0]]
    arrow = np.float32([[0, 0], [10, 0], [10, 10], [9, 1]])  # its hull is the triangle
    assert intersection_areas([arrow], [a])[0, 0] == 50
    assert ious([], [a]).shape == (0, 1) and ious([a], []).shape == (1, 0)
    assert ious([box(3, 3, 3, 3)], [a]).tolist() == [[0]]


def test_matching_takes_the_highest_first_and_each_once():
    iou = np.array([[0.9, 0.8, 0.0], [0.95, 0.7, 0.0], [0.0, 0.0, 0.49]])
    assert greedy_matching(iou) == [(1, 0), (0, 1)]
    assert greedy_matching(iou, 0.4) == [(1, 0), (0, 1), (2, 2)]
    assert greedy_matching(np.full((2, 2), 0.5)) == [(0, 0), (1, 1)] and iou[1, 0] == 0.95
    assert greedy_matching(np.zeros((0, 3))) == greedy_matching(np.zeros((3, 0))) == []


def test_the_fraction_of_a_line_in_a_region():
    region = box(100, 0, 200, 100)
    assert overlap_fraction(box(110, 10, 190, 30), region) == overlap_fraction(box(110, 10, 190, 30), region[::-1]) == 1
    assert overlap_fraction(box(79, 10, 121, 30), region) == pytest.approx(11 / 21)  # 21 points, 2 pixels apart, from 80
    assert overlap_fraction(box(210, 10, 300, 30), region) == 0


def test_rotation_goes_clockwise():
    quad = box(0, 0, 10, 30)
    assert quad_size(quad) == (10, 30) and quad_size(rotate_quad(quad, 1)) == (30, 10) and quad_size(box(3, 3, 3, 3)) == (1, 1)
    assert rotate_quad(quad, 1)[0].tolist() == [10, 0]  # text that runs down begins at the top right
    assert rotate_quad(quad, 3)[0].tolist() == [0, 30]  # text that runs up begins at the bottom left
    assert rotate_quad(quad, 2)[0].tolist() == [10, 30]


def test_a_vertical_line_is_split_into_squares():
    parts = split_vertical(box(10, 20, 30, 80))
    assert [p[0].tolist() for p in parts] == [[10, 20], [10, 40], [10, 60]]
    assert [p[2].tolist() for p in parts] == [[30, 40], [30, 60], [30, 80]]
    assert len(split_vertical(box(0, 0, 50, 10))) == 1
