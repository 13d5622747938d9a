"""Text that is not horizontal: pages rotated by any angle, columns of upright characters, lines rotated by 90 degrees."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from benchmarks.kinds import texts
from benchmarks.kinds.drawing import Rng, column, ink, paragraph, sheet, turn
from ctpn.synthesis.pages.canvas import Canvas
from ctpn.synthesis.pages.lettering import Ink

ANGLES = (0, 15, -15, 30, -30, 45, -45, 60, -60, 90, 180, 270)


def turned(rng: Rng, degrees: int) -> Canvas:
    """A letter with a heading, a paragraph and amounts, turned clockwise. The page is the same for every angle of one seed."""
    page, language = sheet(rng, 900, 680), "zh" if rng.random() < 0.5 else "en"
    head, body = ink(rng, 34, language), ink(rng, rng.uniform(18, 24), language)
    page.write(340, 70, texts.words(rng, language), head, align="c")
    y = paragraph(page, (50, 110, 630, 520), texts.prose(rng, language, 160), body, 1.6)
    for _ in range(int(rng.integers(4, 9))):
        y += body.size * 1.8
        page.write(50, y, texts.words(rng, language), body)
        page.write(630, y, texts.amount(rng), body, align="r")
    return turn(page, degrees)


def vertical(rng: Rng) -> Canvas:
    """Columns of upright Chinese characters from right to left below a row."""
    page = sheet(rng, 760, 720)
    made = ink(rng, rng.uniform(22, 40), "zh")
    page.write(360, 60, texts.words(rng, "zh", 2), ink(rng, 28, "zh"), align="c")
    x = 660.0
    while x > 60:
        text = texts.prose(rng, "zh", 20)[: int(600 / (made.size * 1.15))]
        column(page, x, 90, text.replace("（", "").replace("）", ""), made)
        x -= made.size * float(rng.uniform(1.5, 2.2))
    return page


def on_its_side(rng: Rng) -> Canvas:
    """Rows, and at either edge a line turned by a quarter, as on spines and waybills."""
    page, language = sheet(rng, 700, 700), "zh" if rng.random() < 0.5 else "en"
    body = ink(rng, rng.uniform(18, 24), language)
    paragraph(page, (110, 60, 590, 640), texts.prose(rng, language, 300), body, 1.7)
    for x, quarter in ((60, 90), (640, -90)):
        _edge(page, x, quarter, texts.sentence(rng, language)[:30].strip(), ink(rng, 26, language))
    return page


def _edge(page: Canvas, x: int, quarter: int, text: str, made: Ink) -> None:
    """One line turned by a quarter, in the middle of the page's height."""
    y = 60 if quarter > 0 else page.height - 60
    page.write(x, y, text, made, angle=quarter)


def every_angle() -> dict[str, Callable[[Rng], Canvas]]:
    """A kind for each of `ANGLES`."""
    return {f"turned {a:+d}°" if a else "turned 0°": partial(turned, degrees=a) for a in ANGLES}
