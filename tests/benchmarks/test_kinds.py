"""Pages by kind: the same in every run, readable with the charset, within their pictures; and how they are counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.kinds import __main__ as kinds
from benchmarks.kinds import charset
from benchmarks.kinds.catalogue import KINDS
from benchmarks.kinds.direction import turned
from benchmarks.kinds.drawing import sheet, turn
from benchmarks.pages import Page
from ctpn.annotations.formats import TextAnnotation
from ctpn.contract.spec import CRNN
from ctpn.errors import CtpnError
from ctpn.synthesis.fonts import fonts
from ctpn.synthesis.pages.canvas import Canvas


@pytest.fixture(autouse=True)
def _held_out_fonts() -> None:
    try:
        fonts(heldout=True)
    except CtpnError as error:
        pytest.skip(str(error))


def box(x: float, y: float, width: float, height: float) -> np.ndarray:
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float32)


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_sound(name: str) -> None:
    first, again = (KINDS[name].draw(np.random.default_rng(4)) for _ in range(2))
    assert np.array_equal(first.rgb, again.rgb)
    assert first.rgb.dtype == np.uint8 and max(first.rgb.shape) <= 1400
    assert len(first.annotations) >= 3
    for a in first.annotations:
        assert set(a.text) <= {*CRNN.charset, " "}, a.text
        assert (a.quad >= -1).all() and (a.quad <= [first.width + 1, first.height + 1]).all()


def test_turned_pages_hold_the_same_texts() -> None:
    upright, quarter, back = (turned(np.random.default_rng(1), degrees) for degrees in (0, 90, 180))
    assert [a.text for a in upright.annotations] == [a.text for a in quarter.annotations]
    assert np.array_equal(back.rgb, upright.rgb[::-1, ::-1])
    across = quarter.annotations[0].quad[1] - quarter.annotations[0].quad[0]
    assert abs(across[0]) < 1 < across[1], "clockwise: the text runs down"


@pytest.mark.slow
def test_every_character_of_the_charset_is_written_in_each_font() -> None:
    seen: dict[str, int] = {}
    for canvas in charset.pages(np.random.default_rng(0)):
        for a in canvas.annotations:
            for c in a.text[1::2]:
                seen[c] = seen.get(c, 0) + 1
    printable = [c for c in CRNN.charset if not c.isspace()]
    assert set(seen) <= set(printable) and max(seen.values()) == 5
    assert sum(seen[c] == 5 for c in seen) > 0.99 * len(printable)


def test_a_character_counts_as_right_where_it_was_read() -> None:
    counts = charset.CharsetCounts()
    annotations = [TextAnnotation(box(0, 0, 100, 20), "的甲一乙是"), TextAnnotation(box(0, 50, 100, 20), "a%b（c")]
    counts.add(annotations, [box(50, 0, 50, 20), box(0, 0, 50, 20), box(0, 50, 100, 20)], ["一 口是", "的甲", "a%b(c"])
    assert counts.seen == {"甲": 1, "乙": 1, "%": 1, "(": 1} and counts.right == {"甲": 1, "乙": 0, "%": 1, "(": 1}
    assert counts.summary() == {"characters": 4, "read": 0.75, "reliable": 0.75, "never": "乙", "below": ""}


def test_a_line_in_pieces_is_joined_as_it_is_read() -> None:
    """On an upside-down page the piece at the right comes first."""
    canvas = turn(_canvas(), 180)
    page = Page(Path("none.png"), "", canvas.annotations)
    quads = [q.tolist() for q in (box(0, 60, 50, 20), box(50, 60, 50, 20))]
    row = kinds.measure("turned 180°", [page], [{"quads": quads, "texts": ["CD", "AB"]}])
    assert row["read"] == 1 and row["chars"] == 4 and row["on_nothing"] == 0


def test_lines_on_nothing_are_counted_if_they_have_a_text() -> None:
    page = Page(Path("none.png"), "", _canvas().annotations)
    quads = [q.tolist() for q in (box(0, 20, 100, 20), box(0, 80, 30, 10), box(60, 80, 30, 10))]
    row = kinds.measure("numbers", [page], [{"quads": quads, "texts": ["ABCD", "x", " "]}])
    assert row["read"] == 1 and row["on_nothing"] == 1


def _canvas() -> Canvas:
    canvas = sheet(np.random.default_rng(0), 100, 100)
    canvas.annotations.append(TextAnnotation(box(0, 20, 100, 20), "ABCD"))
    return canvas


def test_an_unknown_kind_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        kinds.parse(["--kinds", "numbers,nonsense"])
    assert stopped.value.code == 2 and "nonsense" in capsys.readouterr().err


def test_the_table_has_a_row_for_each_kind() -> None:
    rows = {"numbers": {"ours": {"read": 0.5, "on_nothing": 2}}, "charset": {"ours": {"read": 0.9, "reliable": 0.8}}}
    lines = kinds.table({"models": {"ours": {}}, "sets": rows})
    assert lines == ["| kind | ours |", "|---|---|", "| numbers | 0.500 (2) |", "| charset | 0.900; 0.800 of the characters |"]
