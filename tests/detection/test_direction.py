"""Which way text runs: cells, the parts that are looked at again, the best of several looks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from contract.generator.directions import cells
from contract.generator.pictures import rotated
from ctpn.contract.spec import DirectionSpec
from ctpn.detection.direction import NO_TEXT, Part, _groups, best_of_looks, cell_angles, parts_to_rotate, turned_part
from tests.helpers.quads import box

SPEC = DirectionSpec(stride=16, text_score=0.5, level_angle=6, spread=15, min_cells=8, max_gap=6, padding=24, max_looks=3)
NO_LINES = np.zeros((0, 4, 2), np.float32)


def test_a_cell_has_the_angle_of_its_double_or_no_text() -> None:
    degrees = np.array([[0.0, 30, -45, 90, -90, 100]])
    direction = np.stack([np.array([[1.0, 1, 1, 1, 1, -1]]), np.cos(np.radians(2 * degrees)), np.sin(np.radians(2 * degrees))], -1)
    assert cell_angles(direction.astype(np.float32), SPEC).tolist() == [[0, 30, -45, 90, 90, NO_TEXT]]


def test_level_text_needs_no_other_look() -> None:
    assert parts_to_rotate(cells(20, 20), NO_LINES, SPEC)[0] == []
    assert parts_to_rotate(cells(20, 20, (6, 2, 18, 2, 18), (90, 0, 1, 0, 7)), NO_LINES, SPEC)[0] == []


@pytest.mark.parametrize("angle", [7, 45, 90, -60])
def test_a_page_of_one_angle_is_one_part_around_its_text(angle: int) -> None:
    ((part,), _) = parts_to_rotate(cells(30, 30, (angle, 5, 25, 8, 20)), NO_LINES, SPEC)
    centres = np.array([(c + 0.5, r + 0.5) for r in (5, 24) for c in (8, 19)]) * 16
    along, down = part.quad_net[1] - part.quad_net[0], part.quad_net[3] - part.quad_net[0]
    inside = [((centres - part.quad_net[0]) @ v) / (v @ v) for v in (along, down)]
    assert part.angle == angle and (np.array(inside) > 0).all() and (np.array(inside) < 1).all()
    assert np.degrees(np.arctan2(along[1], along[0])) == pytest.approx(angle)


def test_text_of_several_directions_is_in_parts() -> None:
    grid = cells(40, 40, (0, 4, 36, 10, 30), (90, 4, 20, 1, 3), (-40, 30, 38, 34, 38))
    assert sorted(part.angle for part in parts_to_rotate(grid, NO_LINES, SPEC)[0]) == [-40, 90]
    assert len(parts_to_rotate(grid, NO_LINES, replace(SPEC, max_looks=1))[0]) == 1


@pytest.mark.parametrize(("said", "slope", "angle"), [(3, 15, 15), (-8, -15, -15), (9, 0, 9), (3, 0, 3)])
def test_near_level_the_larger_angle_of_cells_and_lines_counts(said: int, slope: int, angle: int) -> None:
    """Both err towards level, cells by up to 13 degrees."""
    grid = cells(24, 40, (said, 3, 20, 4, 36))
    lines = np.array([rotated(400, 16, slope, (320, 100 + 40 * i)) for i in range(3)], np.float32)
    parts, directed = parts_to_rotate(grid, lines, SPEC)
    assert [part.angle for part in parts] == ([angle] if abs(angle) > SPEC.level_angle else [])
    assert set(directed[3:20, 4:36].ravel().tolist()) == {angle}


def test_a_part_is_turned_to_where_its_lines_are_level() -> None:
    part, lines = Part(-60, np.argwhere(np.ones((6, 20))), np.zeros((4, 2))), [rotated(300, 16, 8, (200, 100))]
    turned = turned_part(part, np.array(lines, np.float32), SPEC)
    assert turned and turned.angle == -52
    along = turned.quad_net[1] - turned.quad_net[0]
    assert np.degrees(np.arctan2(along[1], along[0])) == pytest.approx(-52)
    assert turned_part(part, np.array([rotated(300, 16, 5, (200, 100))], np.float32), SPEC) is None
    assert turned_part(part, NO_LINES, SPEC) is None


def test_groups_are_of_cells_that_are_near_each_other() -> None:
    """As a search from cell to cell says."""
    rng = np.random.default_rng(0)
    for gap in (1, 2, 3, 4):
        grid = rng.random((12, 15)) < 0.15
        places = [tuple(p) for p in np.argwhere(grid).tolist()]
        expected = []
        left = set(places)
        for first in places:
            group, todo = [], [first] if first in left else []
            left -= set(todo)
            while todo:
                y, x = todo.pop()
                group.append((y, x))
                near = {(v, u) for v, u in left if max(abs(v - y), abs(u - x)) <= gap}
                left -= near
                todo += near
            expected += [sorted(group)] if group else []
        expected.sort(key=lambda g: -len(g))
        assert [[tuple(p) for p in g.tolist()] for g in _groups(grid, gap)] == expected


def test_each_line_is_of_the_look_in_whose_direction_its_cells_are() -> None:
    grid = cells(20, 20, (0, 2, 4, 2, 18), (90, 6, 18, 2, 4))
    glyph, row, down = box(34, 100, 62, 126), box(32, 34, 280, 62), np.roll(box(33, 100, 63, 280), -1, 0)
    kept = best_of_looks(grid, np.array([glyph, row, down]), np.ones(3, np.float32), np.array([0, 0, 1]), [0, 90], SPEC)
    assert kept.tolist() == [1, 2]


def test_what_two_looks_find_is_kept_once_the_better() -> None:
    quads, looks = np.array([box(0, 0, 100, 20), box(2, 1, 101, 21)]), np.array([0, 1])
    for scores, expected in [((0.9, 0.8), [0]), ((0.8, 0.9), [1]), ((0.8, 0.8), [0])]:
        assert best_of_looks(cells(9, 9), quads, np.array(scores, np.float32), looks, [0, 30], SPEC).tolist() == expected
