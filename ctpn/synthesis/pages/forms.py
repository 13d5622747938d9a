"""Filled-in forms: labels, values printed or by hand, boxes to tick, rules, tables, a stamp."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ctpn.synthesis.fonts import Fonts
from ctpn.synthesis.pages.canvas import Canvas, shorten
from ctpn.synthesis.pages.layout import block, field, language, size, table
from ctpn.synthesis.pages.lettering import Ink
from ctpn.synthesis.pages.marks import signature, stamp
from ctpn.synthesis.pages.paper import colour, dark, paper
from ctpn.synthesis.pages.types import Rect, Rgb, Rng
from ctpn.synthesis.texts import Texts


@dataclass(frozen=True)
class Look:
    """The print of the form, the pen that fills it in, and the colour of its rules if it has any."""

    small: Ink
    pen: Ink
    rule: Rgb | None


def form(rng: Rng, fonts: Fonts) -> Canvas:
    """A title, then rows of fields, tables, options and notes down to the signature."""
    h, w = size(rng, 0.7, 1.5)
    texts, page = Texts(rng, language(rng)), Canvas(paper(rng, h, w), rng, fonts)
    look = _look(page, texts)
    head = page.ink(look.small.size * rng.uniform(1.4, 2.4), look.small.colour, texts.language)
    page.write(w / 2, head.size * 1.6, shorten(texts.title(), head, w * 0.8), head, align="c")
    y, margin, em = head.size * 2.6, w * rng.uniform(0.04, 0.09), look.pen.size
    while y < h - 4 * em:
        y = _part(page, texts, (margin, y, w - margin, h - 2 * em), look)
    if rng.random() < 0.4:
        signature(page, (w * 0.7, h - 2 * em, w * 0.2, em * 1.6), look.pen.colour)
    if rng.random() < 0.4:
        stamp(page, (w * rng.uniform(0.3, 0.8), h * rng.uniform(0.3, 0.8)), rng.uniform(30, 80), texts.label())
    return page


def _look(page: Canvas, texts: Texts) -> Look:
    rng = page.rng
    small = page.ink(page.width / rng.uniform(40, 75), dark(rng), texts.language)
    pen = page.ink(small.size * rng.uniform(1, 1.5), dark(rng) if rng.random() < 0.5 else (30, 40, 150), texts.language)
    rule = colour(rng, 0.1, 0.6, 0.4) if rng.random() < 0.8 else None
    return Look(small, replace(pen, hand=bool(rng.random() < 0.5)), rule)


def _part(page: Canvas, texts: Texts, rect: Rect, look: Look) -> float:
    """One row or group of the form at the top of the rectangle; returns the y below it."""
    x0, y0, x1, y1 = rect
    kind, step = page.rng.random(), look.pen.size * float(page.rng.uniform(1.6, 2.6))
    if kind < 0.55:
        return _fields(page, texts, (x0, y0, x1, y0 + step), look)
    if kind < 0.65:
        return _options(page, texts, (x0, y0, x1, y0 + step), look)
    if kind < 0.82:
        rows = int(page.rng.integers(2, 8))
        low = min(y0 + rows * step, y1)
        table(page, texts, (x0, y0, x1, low), (rows, int(page.rng.integers(2, 6))), look.small, rule=look.rule)
        return low + step * 0.5
    note = texts.run(int(page.rng.integers(20, 160)))
    return block(page, (x0, y0, x1, min(y0 + 5 * step, y1)), note, look.small) + step * 0.4


def _fields(page: Canvas, texts: Texts, rect: Rect, look: Look) -> float:
    x0, y0, x1, y1 = rect
    n = int(page.rng.integers(1, 4))
    wide = (x1 - x0) / n
    for i in range(n):
        place = (x0 + i * wide, y0, x0 + (i + 1) * wide - look.pen.size * 1.5, y1)
        value = texts.value() if page.rng.random() < 0.85 else ""
        field(page, place, (texts.label() + texts.pick((":", "", "：")), value), (look.small, look.pen), look.rule)
    return y1 + (y1 - y0) * 0.1


def _options(page: Canvas, texts: Texts, rect: Rect, look: Look) -> float:
    """Boxes to tick, each with its word."""
    x, _, x1, y1 = rect
    em, colour = look.small.size, look.small.colour
    while x < x1 - 6 * em:
        page.frame((x, y1 - em * 1.1, x + em * 0.8, y1 - em * 0.3), colour)
        if page.rng.random() < 0.4:
            page.line((x, y1 - em * 0.8, x + em * 0.3, y1 - em * 0.4), look.pen.colour, 2)
            page.line((x + em * 0.3, y1 - em * 0.4, x + em, y1 - em * 1.3), look.pen.colour, 2)
        done = page.write(x + em * 1.5, y1 - em * 0.4, texts.label(), look.small)
        x = (done[2] if done else x1) + em * 2
    return y1 + em * 0.5
