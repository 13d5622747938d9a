"""The kinds of pages beyond the mixed ones: what is text on them, what is not, and what is ignored."""

from __future__ import annotations

import numpy as np
import pytest

from ctpn.annotations.formats import TextAnnotation
from ctpn.errors import CtpnError
from ctpn.synthesis.fonts import BUILT_IN, Fonts, fonts
from ctpn.synthesis.pages import MIXED, choose_kind, page
from ctpn.synthesis.pages.canvas import Canvas
from ctpn.synthesis.pages.edges import edges
from ctpn.synthesis.pages.overprint import _show_through, _watermark
from ctpn.synthesis.pages.ruled_tables import _joined, ruled_table
from ctpn.synthesis.pages.symbols import SYMBOLS, star
from ctpn.synthesis.pages.text_blocks import text_block
from ctpn.synthesis.pages.vertical import column
from ctpn.synthesis.texts import Texts


def machine_fonts() -> Fonts:
    try:
        return fonts()
    except CtpnError as error:
        pytest.skip(str(error))


def blank(seed: int = 0) -> Canvas:
    return Canvas(np.full((400, 300, 3), 255, np.uint8), np.random.default_rng(seed), BUILT_IN)


def spans(annotations: list[TextAnnotation]) -> np.ndarray:
    """(x0, y0, x1, y1) of each annotation."""
    return np.array([[*a.quad.min(0), *a.quad.max(0)] for a in annotations])


def test_a_set_without_kinds_has_the_first_six() -> None:
    assert {choose_kind(seed) for seed in range(60)} == set(MIXED) and "text_block" not in MIXED
    found = machine_fonts()
    assert np.array_equal(page(3, faces=found)[0], page(3, choose_kind(3), faces=found)[0])


def test_a_text_block_is_solid() -> None:
    """Neighbouring lines of a column are nearer to each other than 1.7 letters, and many."""
    found, counts, ratios = machine_fonts(), [], []
    for seed in range(12):
        canvas = text_block(np.random.default_rng(seed), found)
        boxes = spans(canvas.annotations)
        left = np.bincount(boxes[:, 0].astype(int)).argmax()  # where most lines begin
        column = boxes[np.abs(boxes[:, 0] - left) < 4]
        steps = np.diff(np.sort(column[:, 3]))
        counts.append(len(boxes))
        ratios.append(np.median(steps) / np.median(column[:, 3] - column[:, 1]))
    assert np.median(counts) >= 15 and max(counts) > 60
    assert np.median(ratios) < 1.75


def test_boxed_digits_are_one_line_unless_they_stand_apart() -> None:
    digits = [TextAnnotation(np.array([[x, 5], [x + 8, 5], [x + 8, 20], [x, 20]], np.float32), str(i)) for i, x in enumerate((0, 20, 40))]
    (joined,) = _joined(digits, "012", wide=False)
    assert joined.text == "012" and joined.quad.tolist() == [[0, 5], [48, 5], [48, 20], [0, 20]]
    assert _joined(digits, "012", wide=True) == digits


def test_table_cells_stay_lines_of_their_own() -> None:
    found = machine_fonts()
    for seed in range(5):
        boxes = spans(ruled_table(np.random.default_rng(seed), found).annotations)
        assert len(boxes) > 10
        inner = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:]) - np.maximum(boxes[:, None, :2], boxes[None, :, :2])
        areas = np.prod(boxes[:, 2:] - boxes[:, :2], 1)
        overlap = np.clip(inner, 0, None).prod(2) / np.minimum(areas, areas[:, None])
        assert (overlap[~np.eye(len(boxes), dtype=bool)] < 0.25).all()


@pytest.mark.parametrize("symbol", sorted(set(SYMBOLS), key=lambda f: f.__name__))
def test_symbols_leave_ink_and_no_annotation(symbol) -> None:  # type: ignore[no-untyped-def]
    canvas = blank()
    symbol(canvas, (20.0, 20.0, 120.0, 120.0), (0, 0, 0))
    assert not canvas.annotations
    assert (canvas.rgb < 128).any()
    assert (canvas.rgb[250:] == 255).all() and (canvas.rgb[:, 200:] == 255).all()


def test_a_star_is_about_the_origin_and_within_the_unit_circle() -> None:
    for seed in range(10):
        corners = star(np.random.default_rng(seed))
        assert np.linalg.norm(corners, axis=1).max() == pytest.approx(1) and np.abs(corners.mean(0)).max() < 1e-9


def test_a_column_is_one_annotation_around_its_characters_along_the_reading_axis() -> None:
    canvas = blank()
    column(canvas, (150.0, 20.0), "ABC", canvas.ink(30, (0, 0, 0), "en"), 36.0)
    (one,) = canvas.annotations
    x0, y0, x1, y1 = spans([one])[0]
    rows, columns = np.nonzero(canvas.rgb.min(2) < 200)
    assert one.text == "ABC" and y1 - y0 > 2.5 * (x1 - x0)
    assert one.quad.tolist() == [[x1, y0], [x1, y1], [x0, y1], [x0, y0]]
    assert x0 <= columns.min() and columns.max() <= x1 and y0 <= rows.min() and rows.max() <= y1
    column(canvas, (50.0, 20.0), "A", canvas.ink(30, (0, 0, 0), "en"), 36.0)
    assert canvas.annotations[-1].ignore  # one character has no axis


@pytest.mark.parametrize("layer", [_show_through, _watermark])
def test_what_lies_under_the_print_is_pale_background(layer) -> None:  # type: ignore[no-untyped-def]
    darkest = []
    for seed in range(8):  # a word that falls off the page is not written, so a page may be left blank
        canvas = blank(seed)
        layer(canvas, Texts(canvas.rng, "en"))
        assert not canvas.annotations
        darkest.append(int(canvas.rgb.min()))
    assert min(darkest) > 170 and sorted(darkest)[4] < 255


def test_lines_on_the_edges_run_up_or_down_beside_the_page() -> None:
    found, steep = machine_fonts(), []
    for seed in range(6):
        canvas = edges(np.random.default_rng(seed), found)
        across = np.stack([a.quad[1] - a.quad[0] for a in canvas.annotations])
        is_steep = np.abs(across[:, 1]) > 4 * np.abs(across[:, 0])
        at = np.stack([a.quad.mean(0)[0] for a in canvas.annotations])[is_steep] / canvas.width
        assert ((at < 0.2) | (at > 0.8)).all() and (spans(canvas.annotations)[:, 2] <= canvas.width).all()
        steep.append(int(is_steep.sum()))
    assert sum(count > 1 for count in steep) >= 4 and sum(steep) > 15
