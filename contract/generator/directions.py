"""Cases of directions: angles of cells, the parts that are looked at again, the best of several looks, rotated pictures, columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from contract.generator.pictures import box, noise, rotated, smooth
from contract.generator.stages import MOBILE, case
from ctpn.detection.direction import NO_TEXT

Cases = list[dict[str, Any]]
Span = tuple[int, int, int, int, int]  # the angle of the cells in rows and columns y0:y1, x0:x1
F32 = np.float32


def cells(height: int, width: int, *spans: Span) -> Any:
    """Angles of cells, int64 [height, width]: blocks of one angle, the later over the earlier, among cells without text."""
    grid = np.full((height, width), NO_TEXT, np.int64)
    for angle, y0, y1, x0, x1 in spans:
        grid[y0:y1, x0:x1] = angle
    return grid


def direction_cases() -> Cases:
    """Which way text runs."""
    return [*_angle_cases(), *_part_cases(), *_sloping_cases(), *_turned_cases(), *_look_cases()]


def _angle_cases() -> Cases:
    rng = np.random.default_rng(4)
    degrees = np.array([[0, 0.4, 0.6, 44.6, 89.4, 89.6, 90, -89.6, -89.4, -0.6, -0.4, 135.2]])
    exact = np.stack([np.full_like(degrees, 3.0), np.cos(np.radians(2 * degrees)), np.sin(np.radians(2 * degrees))], -1).astype(F32)
    scored = np.stack([np.array([[-0.1, -0.001, 0.001, 0.5, 0.84, 0.85]]), np.ones((1, 6)), np.zeros((1, 6))], -1).astype(F32)
    lengths = np.array([[0.4, 0.55, 0.6, 1, 3]])
    short = np.stack([np.full((1, 5), 2.0), lengths * 0.8, lengths * 0.6], -1).astype(F32)
    loose = rng.normal(0, 1, (3, 7, 3)).astype(F32).round(4)
    none = np.array([[[2, 0, 0], [2, -1, 0], [2, -1, -1e-9]]], F32)
    return [
        case("cell_angles", "whole degrees", map=exact, spec={}),
        case("cell_angles", "from one half on", map=scored, spec={"direction": {"text_score": 0.5}}),
        case("cell_angles", "from 0.7 on", map=scored, spec={"direction": {"text_score": 0.7}}),
        case("cell_angles", "short vectors", map=short, spec={"direction": {"text_score": 0.5}}),
        case("cell_angles", "as a net says", map=loose, spec={}),
        case("cell_angles", "no angle, and both sides of a quarter", map=none, spec={}),
    ]


def _part_cases() -> Cases:
    level = (0, 2, 20, 2, 18)
    edges = ((90, 3, 18, 1, 3), (-80, 3, 18, 26, 28))
    noisy = cells(24, 30, level, (90, 1, 2, 25, 26), (40, 22, 23, 4, 11))
    tilted = cells(24, 30, level)
    tilted[tilted != NO_TEXT] = np.random.default_rng(2).integers(-1, 16, (tilted != NO_TEXT).sum())
    curved = cells(20, 40, *((10 + 3 * i, 5, 8, 2 * i, 2 * i + 2) for i in range(20)))
    columns = cells(24, 32, *((90, 3, 22, x, x + 2) for x in (4, 12, 20, 28)))
    pages = {
        "no text": cells(10, 10),
        "level": cells(24, 30, level),
        "just level": cells(24, 30, (6, 2, 20, 2, 18)),
        "just not level": cells(24, 30, (7, 2, 20, 2, 18)),
        "just level, the other way": cells(24, 30, (-6, 2, 20, 2, 18)),
        "a few cells of other directions": noisy,
        "on its side": cells(24, 30, (90, 2, 20, 2, 18)),
        "a page of 45 degrees": cells(30, 30, (45, 3, 26, 4, 28)),
        "a page of -30 degrees": cells(30, 30, (-30, 3, 26, 4, 28)),
        "a mean between whole degrees": cells(12, 12, (40, 1, 5, 1, 9), (43, 5, 9, 1, 9)),
        "around a quarter": cells(12, 12, (88, 1, 5, 1, 9), (-86, 5, 9, 1, 9)),
        "many angles around a few": tilted,
        "rows and two edges, of directions that go together": cells(24, 30, (0, 2, 20, 6, 22), *edges),
        "rows, and edges of two directions": cells(24, 30, (0, 2, 20, 6, 22), edges[0], (40, 3, 18, 26, 28)),
        "two parts far from each other": cells(24, 40, (90, 1, 10, 1, 4), (90, 14, 23, 34, 38)),
        "equally many of two directions": cells(20, 30, (60, 2, 6, 2, 8), (-40, 12, 16, 2, 8)),
        "columns, one look at all": columns,
        "a curve": curved,
        "the whole picture": cells(6, 6, (90, 0, 6, 0, 6)),
    }
    apart = cells(24, 40, *((90, 2, 12, x, x + 2) for x in (1, 14, 27, 38)))
    sizes = cells(24, 40, (90, 2, 5, 1, 4), (90, 2, 8, 20, 24), (90, 15, 18, 36, 39))
    numbers = [
        ("level_angle", 10, pages["just not level"]),
        ("spread", 3, tilted),
        ("spread", 2, pages["a mean between whole degrees"]),
        ("spread", 0, pages["around a quarter"]),
        ("min_cells", 7, noisy),
        ("max_gap", 3, columns),
        ("max_gap", 12, apart),
        ("max_gap", 13, apart),
        ("padding", 0, pages["on its side"]),
        ("padding", 0, columns),
        ("max_looks", 1, pages["rows, and edges of two directions"]),
        ("max_looks", 4, apart),
        ("stride", 32, pages["on its side"]),
    ]
    return [
        *(_parts(name, grid, NUMBERS) for name, grid in pages.items()),
        *(
            _parts(f"the shipped numbers, {i}", grid)
            for i, grid in enumerate(
                (noisy, tilted, columns, apart, sizes, pages["just not level"], pages["rows, and edges of two directions"])
            )
        ),
        *(_parts(f"{name} {value}, {i}", grid, NUMBERS | {name: value}) for i, (name, value, grid) in enumerate(numbers)),
    ]


def _parts(name: str, grid: Any, numbers: dict[str, Any] | None = None, lines: Sequence[Any] = ()) -> dict[str, Any]:
    return case("parts_to_rotate", name, angles=grid, quads=quads_of(lines), spec={"direction": numbers} if numbers else {})


def quads_of(lines: Sequence[Any]) -> Any:
    """float32 [N, 4, 2], also of no lines."""
    return np.array(lines, F32).reshape(-1, 4, 2)


def _sloping_cases() -> Cases:
    """Directions near level, which have the angle of the level look's lines."""
    grid = cells(24, 40, (4, 3, 20, 4, 36))

    def lines(*angles: float, width: float = 400, height: float = 16) -> list[Any]:
        return [rotated(width, height, a, (320, 80 + 40 * i)) for i, a in enumerate(angles)]

    pages: dict[str, tuple[Any, list[Any]]] = {
        "cells say level, lines slope": (grid, lines(13, 14, 14, 15)),
        "cells say a slope, lines are level": (cells(24, 40, (9, 3, 20, 4, 36)), lines(0.2, 1, -0.4)),
        "lines that slope the other way": (cells(24, 40, (-12, 3, 20, 4, 36)), lines(-8, -7, -9)),
        "too far from level for lines": (cells(24, 40, (16, 3, 20, 4, 36)), lines(8, 8, 8)),
        "lines up to the spread": (cells(24, 40, (0, 3, 20, 4, 36)), lines(15, 15, 16, 16, 16)),
        "lines across the spread of a level direction": (cells(24, 40, (15, 3, 20, 4, 36)), lines(29, 30, 31)),
        "one long line counts more than two short ones": (grid, [rotated(400, 16, 9, (320, 80)), *lines(0, 0, width=100)]),
        "high lines do not count": (grid, [rotated(400, 16, 9, (320, 80)), *lines(1, 1, 1, 1, 1, width=100, height=100)]),
        "too short lines": (grid, lines(14, width=140)),
        "just long enough": (grid, lines(14, width=145)),
        "half of the lines": (grid, lines(8, 12)),
        "lines on other cells": (cells(24, 40, (4, 3, 6, 4, 36), (60, 10, 22, 4, 36)), lines(12, 12, 12, 12)),
        "lines of two directions": (cells(24, 40, (3, 3, 8, 4, 36), (50, 12, 20, 4, 36)), lines(10, 10)),
        "a line on as many cells as not": (cells(24, 40, (4, 3, 20, 4, 20)), lines(12, 12, 12)),
        "a line over the border": (grid, [rotated(400, 16, 12, (560, 200)), rotated(400, 16, 12, (20, 200))]),
        "a line the other way round": (grid, lines(-168, -167)),
    }
    pitch = cells(24, 40, (10, 3, 20, 4, 36))
    numbers = [("spread", 9, pitch), ("spread", 10, pitch), ("min_cells", 30, pitch), ("stride", 32, cells(12, 20, (10, 1, 10, 2, 18)))]
    return [
        *(_parts(name, angles, NUMBERS, quads) for name, (angles, quads) in pages.items()),
        *(_parts(f"{name} {value} and lines", angles, NUMBERS | {name: value}, lines(20, width=300)) for name, value, angles in numbers),
        _parts("the shipped numbers and lines", grid, None, lines(13, 14, 14)),
    ]


def _turned_cases() -> Cases:
    """Parts at the angle of their lines."""
    group = np.array([(y, x) for y in range(3, 9) for x in range(2, 20)], np.int64)
    slanted = np.array([(4 + i // 3, 2 + i) for i in range(20)], np.int64)
    line = rotated(300, 16, 9, (200, 100))
    pages: dict[str, tuple[int, Any, list[Any]]] = {
        "no lines": (-60, group, []),
        "lines are level": (-60, group, [rotated(300, 16, 6.4, (200, 100))]),
        "just not level": (-60, group, [rotated(300, 16, 6.6, (200, 100))]),
        "lines slope": (30, slanted, [line, rotated(200, 16, 8, (200, 140))]),
        "lines slope the other way": (45, slanted, [rotated(300, 16, -11, (200, 100))]),
        "beyond a quarter": (85, group, [line]),
        "beyond a quarter, the other way": (-85, group, [rotated(300, 16, -11, (200, 100))]),
        "lines that slope too much": (30, group, [rotated(300, 16, 16, (200, 100))]),
        "too short lines": (30, group, [rotated(140, 16, 9, (200, 100))]),
        "the median is level": (30, group, [line, *(rotated(200, 16, a, (200, 140)) for a in (1, 2, 3))]),
    }
    numbers = [("level_angle", 9), ("level_angle", 8), ("spread", 8), ("min_cells", 20), ("stride", 32), ("padding", 3)]
    return [
        *(
            case("turned_part", name, angle=angle, cells=places, quads=quads_of(quads), spec={"direction": NUMBERS})
            for name, (angle, places, quads) in pages.items()
        ),
        *(
            case(
                "turned_part",
                f"{name} {value}",
                angle=30,
                cells=slanted,
                quads=quads_of([line]),
                spec={"direction": NUMBERS | {name: value}},
            )
            for name, value in numbers
        ),
    ]


NUMBERS: dict[str, Any] = {"level_angle": 6, "spread": 15, "min_cells": 8, "max_gap": 6, "padding": 24, "max_looks": 3}


def _look_cases() -> Cases:
    grid = cells(20, 20, (0, 2, 4, 2, 18), (90, 6, 18, 2, 4), (45, 8, 14, 10, 16))
    row, column = box(32, 34, 280, 62), box(33, 100, 63, 280)
    down = np.roll(column, -1, 0)
    glyphs = [box(34, y, 62, y + 26) for y in (100, 130, 160)]
    beside = box(200, 290, 300, 310)
    mixed = np.array([*glyphs, row, down, beside])
    two = np.array([row, row + F32(4), beside, box(40, 36, 120, 60)])
    outside = np.array([box(-60, -40, -10, -20), box(330, 330, 400, 350)])
    half = np.array([np.roll(box(x, 32, x + 16, 128), -1, 0) for x in (32, 48)])
    ones = np.ones(9, F32)
    character = np.array([box(33, 130, 63, 160), down])
    more = {
        "no lines": (mixed[:0], ones[:0], [], [0, 90]),
        "glyphs of a column, rows, and what lies on nothing": (mixed, ones[:6], [0, 0, 0, 0, 1, 0], [0, 90]),
        "a rotated look's line on level text": (np.array([down, row]), ones[:2], [0, 1], [0, 90]),
        "the same line twice: the better": (two, np.array([0.8, 0.9, 0.7, 0.95], F32), [0, 1, 1, 2], [0, 10, -10]),
        "the same line twice: the first of equal ones": (two, ones[:4], [0, 1, 1, 2], [0, 10, -10]),
        "a character of high score in a column": (character, np.array([1, 0.9], F32), [0, 1], [90, 90]),
        "lines of one look may overlap": (two, ones[:4], [0, 0, 0, 0], [0, 90]),
        "over the border": (outside, ones[:2], [0, 1], [0, 90]),
        "as many cells of one direction as of the other": (half, ones[:2], [1, 0], [0, 90]),
        "three looks": (np.array([rotated(90, 20, 45, (208, 176)), row, down]), ones[:3], [2, 0, 1], [0, 90, 45]),
    }
    return [
        *(
            case("best_of_looks", name, angles=grid, quads=quads, scores=scores, looks=np.array(looks, np.int64),
                 look_angles=angles, spec={})
            for name, (quads, scores, looks, angles) in more.items()
        ),
        *(
            case("best_of_looks", f"{name} {value}", angles=cells(20, 20, (20, 2, 4, 2, 18)), quads=np.array([row, row]), scores=ones[:2],
                 looks=np.array([0, 1]), look_angles=[0, 20], spec={"direction": {name: value}})
            for name, value in [("stride", 8)]
        ),
    ]  # fmt: skip


def rotate_cases() -> Cases:
    """Rotated parts of a picture."""
    small = {
        **{"long_side": 32, "size_multiple": 8, "stride_x": 8, "stride_y": 8, "pad": 99, "direction": {"stride": 8}},
        "tiling": {"tile_short_side": 16, "overlap": 8},
    }
    photo, slope = noise(16, 20), smooth(42, 54)
    quads = {
        "level": (photo, box(2, 3, 18, 13)),
        "a quarter to the left": (photo, np.roll(box(3, 2, 19, 14), -1, 0)),
        "a half turn": (photo, np.roll(box(3, 2, 19, 14), 2, 0)),
        "30 degrees": (photo, rotated(16, 8, 30, (10, 8))),
        "45 degrees, over the border": (photo, rotated(24, 15, 45, (10, 8))),
        "reduced": (slope, rotated(40, 14, -20, (27, 20))),
        "reduced by more than 2": (slope, rotated(70, 30, 10, (27, 20))),
        "long": (slope, rotated(50, 8, 80, (27, 20))),
        "very small": (photo, box(4, 4, 4.5, 4.5)),
        "outside": (photo, box(40, 40, 50, 48)),
        "skewed": (slope, np.array([[10, 5], [44, 12], [40, 35], [2, 30]])),
    }
    return [
        *(case("rotate", name, photo=rgb, quad=quad.astype(np.float64), spec=small) for name, (rgb, quad) in quads.items()),
        case("rotate", "the real size", photo=noise(4, 5), quad=box(0, 0, 5, 4).astype(np.float64), spec={}),
        *(
            case(
                "rotate", f"{name} {value}", photo=slope, quad=rotated(50, 30, 10, (27, 20)).astype(np.float64), spec={**small, name: value}
            )
            for name, value in [("long_side", 40), ("pad", 7)]
        ),
    ]


def _column_crop(count: int, size: int, pitch: int, *, length: int, begin: int, thin: tuple[int, ...] = ()) -> Any:
    """A line crop of black squares on white; those at the places `thin` have one row of ink, as 一 has."""
    crop = np.full((16, length, 3), 255, np.uint8)
    for i in range(count):
        x, top = begin + i * pitch, 8 - size // 2
        a, b = (x + size // 2, x + size // 2 + 1) if i in thin else (x, x + size)
        crop[top : top + size, a:b] = 0
        crop[top + 2 : top + size - 2, a + 1 : max(a + 1, b - 2)] = 255
    return crop


def column_cases() -> Cases:
    """Columns of upright characters: their characters, and their pieces."""
    three, gaps = [box(60, 10, 90, 100), box(62, 120, 90, 200), box(20, 10, 50, 200)], [box(60, 10, 90, 100)]
    crops = {
        "closely": _column_crop(8, 12, 14, length=116, begin=3),
        "widely": _column_crop(5, 10, 20, length=98, begin=4),
        "thin at both ends": _column_crop(6, 12, 14, length=88, begin=3, thin=(0, 5)),
        "one character": _column_crop(1, 12, 14, length=20, begin=4),
        "two characters": _column_crop(2, 12, 14, length=31, begin=3),
        "nothing": np.full((16, 60, 3), 200, np.uint8),
        "any pixels": noise(16, 75),
        "hollow characters": _column_crop(5, 12, 14, length=75, begin=3, thin=(1, 3)),
    }
    numbers = [
        ("column_pitch", [1.4, 2.5], "closely"), ("column_pitch", [0.5, 1.5], "widely"), ("column_tolerance", 3.0, "closely"),
        ("column_cell", 0.8, "closely"), ("space_ink", 0.9, "thin at both ends"),
    ]  # fmt: skip
    return [
        *(case("rectangle", name, quad=quad) for name, quad in [
            ("skewed", np.array([[10, 5], [60, 12], [52, 40], [2, 33]], F32)), ("running down", np.roll(box(10, 20, 40, 90), -1, 0)),
            ("no area", box(3, 3, 3, 3)),
        ]),
        *(case("of_height", f"{name}, {times} times", quad=quad, times=times) for name, quad, times in [
            ("skewed", rotated(50, 30, 8, (40, 30)), 0.8), ("upside down", np.roll(box(10, 20, 90, 40), 2, 0), 1.5),
            ("no area", box(3, 3, 3, 3), 0.5),
        ]),
        *(case("chains_down", name, quads=[np.roll(q, -1, 0) for q in quads], max_gap=gap) for name, quads, gap in [
            ("none", [], 1.5), ("two pieces and another column", three, 1.5), ("pieces too far from each other", three, 0.5),
            ("from the bottom", [*three[1:], *gaps], 1.5), ("just beside", [*gaps, box(75, 120, 105, 200)], 1.5),
            ("just below", [*gaps, box(74.5, 120, 104.5, 200)], 1.5), ("overlapping", [*gaps, box(60, 90, 90, 140)], 0.5),
            ("three pieces", [*gaps, box(60, 105, 90, 140), box(60, 150, 90, 190)], 1.5), ("at one height", [*gaps, *gaps], 1.5),
        ]),
        *(case("split_column", name, line_crop=crop, spec={}) for name, crop in crops.items()),
        *(
            case("split_column", f"{name} {value}", line_crop=crops[crop], spec={"line_crop": {name: value}})
            for name, value, crop in numbers
        ),
        case("split_column", "margins", line_crop=crops["closely"], spec={"margin": [0.3, 0.1]}),
    ]  # fmt: skip


def direction_spec_cases() -> Cases:
    """Specs of nets with and without the output `direction`."""
    whole = json.loads(MOBILE.to_json())
    four, numbers = ["score", "vertical", "side", "link"], whole["direction"]
    good: dict[str, dict[str, Any]] = {
        "without directions": {"outputs": four, "direction": None},
        "directions first": {"outputs": ["direction", *four]},
    }
    bad: dict[str, tuple[dict[str, Any], str]] = {
        "directions without numbers": ({"direction": None}, "direction: expected null without the output direction, numbers with it"),
        "numbers without directions": ({"outputs": four}, "direction: expected null without the output direction, numbers with it"),
        "no direction group": ({"direction": "gone"}, "missing direction"),
        "directions as a number": ({"direction": 1}, "direction: expected an object"),
        "no spread": ({"direction": {k: v for k, v in numbers.items() if k != "spread"}}, "missing direction.spread"),
        "an unknown number": ({"direction": {**numbers, "turn": 1}}, "unknown direction.turn"),
        "a spread of half a turn": ({"direction": {**numbers, "spread": 90}}, "direction.spread: expected an integer in [0, 44], got 90"),
        "half a degree": ({"direction": {**numbers, "level_angle": 0.5}}, "direction.level_angle: expected an integer in [0, 89]"),
        "cells of 24 pixels": (
            {"direction": {**numbers, "stride": 24}},
            "direction.stride: expected a divisor of size_multiple 32, got 24",
        ),
    }

    def text(changes: dict[str, Any]) -> str:
        return json.dumps({k: v for k, v in {**whole, **changes}.items() if v != "gone"}, sort_keys=True)

    return [
        *(case("spec", name, text=text(changes), kind="detector") for name, changes in good.items()),
        *(case("spec", name, says=says, text=text(changes), kind="detector") for name, (changes, says) in bad.items()),
    ]
