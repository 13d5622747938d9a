"""Ruled tables whose text touches the rules, single characters alone in a cell, digits in boxes of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np

from ctpn.annotations.formats import TextAnnotation
from ctpn.synthesis.fonts import Fonts
from ctpn.synthesis.pages.canvas import Canvas, shorten
from ctpn.synthesis.pages.layout import language, size
from ctpn.synthesis.pages.lettering import Ink
from ctpn.synthesis.pages.paper import colour, dark, paper
from ctpn.synthesis.pages.types import Rect, Rgb, Rng
from ctpn.synthesis.texts import Texts

SINGLE = "0-1XA年月日金额元是否男女一二三√/*"
THIN = ("一、", "二、", "三、", "1.", "- ", "1 ", "l", "（一）", "")


def ruled_table(rng: Rng, fonts: Fonts) -> Canvas:
    """One to three tables below each other, now and then a row of boxed digits between them."""
    h, w = size(rng, 0.6, 1.5)
    texts, page = Texts(rng, language(rng)), Canvas(paper(rng, h, w), rng, fonts)
    body = page.ink(float(np.exp(rng.uniform(np.log(10), np.log(26)))), dark(rng), texts.language)
    rule = body.colour if rng.random() < 0.6 else colour(rng, 0.1, 0.75)
    margin, y = w * float(rng.uniform(0.02, 0.1)), h * float(rng.uniform(0.02, 0.1))
    while y < h - 5 * body.size:
        if rng.random() < 0.5:
            y = _heading(page, texts, (margin, y, w - margin, h), body)
        y = _table(page, texts, (margin, y, w - margin, h * 0.98), body, rule) + 1.5 * body.size
        if rng.random() < 0.35:
            y = _boxed_digits(page, texts, (margin, y, w - margin, h * 0.98), body, rule)
    return page


def _heading(page: Canvas, texts: Texts, rect: Rect, body: Ink) -> float:
    x0, y, x1, _ = rect
    y += body.size * 1.3
    page.write(x0, y, shorten(texts.pick(THIN) + texts.title(), body, x1 - x0), body)
    return y + body.size * 0.7


def _table(page: Canvas, texts: Texts, rect: Rect, body: Ink, rule: Rgb) -> float:
    """Rows from the rectangle's top on; returns the y of the lowest rule."""
    (x0, y0, x1, y1), rng = rect, page.rng
    columns = int(rng.integers(2, max(3, min(10, int((x1 - x0) / (3.5 * body.size))))))
    widths = rng.uniform(0.5, 1.5, columns)
    edges = [x0, *(x0 + (x1 - x0) * widths.cumsum() / widths.sum()).tolist()]
    step = body.size * float(rng.uniform(1.1, 1.9))
    rows = min(int(rng.integers(2, 16)), int((y1 - y0) / step))
    thick, columns_ruled = int(rng.integers(1, 4)), rng.random() < 0.85
    kinds = [_cell_kind(texts) for _ in range(columns)]
    for row in range(rows):
        y = y0 + row * step
        page.line((x0, y, x1, y), rule, thick)
        for (left, right), kind in zip(pairwise(edges), kinds, strict=True):
            if columns_ruled:
                page.line((left, y, left, y + step), rule, thick)
            if rng.random() < 0.9:
                _cell(page, (left, y, right, y + step), kind(), body)
        page.line((x1, y, x1, y + step), rule, thick)
    page.line((x0, y0 + rows * step, x1, y0 + rows * step), rule, thick)
    return y0 + rows * step


def _cell_kind(texts: Texts) -> Callable[[], str]:
    """What a column holds: a function that gives the text of a cell."""
    kinds: tuple[Callable[[], str], ...] = (
        texts.money, texts.money, lambda: texts.digits(int(texts.rng.integers(1, 8))), lambda: str(texts.rng.integers(0, 100)),
        lambda: texts.pick(SINGLE), texts.date, texts.code, texts.name, texts.goods, texts.label,
    )  # fmt: skip
    return texts.pick(kinds)


def _cell(page: Canvas, rect: Rect, text: str, ink: Ink) -> None:
    """Text from 1 pixel to half a letter away from a side of its cell, at any height that fits."""
    (x0, y0, x1, y1), rng = rect, page.rng
    gap = 2 + float(rng.uniform(0, 0.5)) * ink.size * float(rng.random() < 0.7)
    text = shorten(text, ink, x1 - x0 - 2 * gap)
    align = "lcr"[int(rng.integers(3))]
    x = {"l": x0 + gap, "c": (x0 + x1) / 2, "r": x1 - gap}[align]
    base = y1 - 0.15 * ink.size - float(rng.uniform(0, 1)) * max(0.0, y1 - y0 - 1.1 * ink.size)
    if text:
        page.write(x, base, text, ink, align=align)


def _boxed_digits(page: Canvas, texts: Texts, rect: Rect, body: Ink, rule: Rgb) -> float:
    """A number with a frame around each digit: one line of text. Returns the y below it."""
    (x0, y0, x1, y1), rng, first = rect, page.rng, len(page.annotations)
    side = body.size * float(rng.uniform(1.3, 1.9))
    step = side * float(rng.choice((1.0, 1.0, 1.15, 1.4)))
    digits = texts.digits(min(int(rng.integers(4, 19)), int((x1 - x0) / step)))
    if not digits or y0 + side > y1:
        return y1
    ink = replace(body, size=max(8, int(side * rng.uniform(0.5, 0.75))))
    for i, digit in enumerate(digits):
        x = x0 + i * step
        page.frame((x, y0, x + side, y0 + side), rule, 1)
        page.write(x + side / 2, y0 + side / 2 + ink.size * 0.36, digit, ink, align="c")
    page.annotations[first:] = _joined(page.annotations[first:], digits, wide=step > 1.2 * side)
    return y0 + side + body.size


def _joined(digits: list[TextAnnotation], text: str, *, wide: bool) -> list[TextAnnotation]:
    """One line, or what it is if the boxes stand far apart: a line for each digit."""
    if wide or not digits:
        return digits
    corners = np.concatenate([d.quad for d in digits])
    (x0, y0), (x1, y1) = corners.min(0), corners.max(0)
    return [TextAnnotation(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32), text)]
