"""Layouts shared by several kinds of pages: tables, blocks, labelled fields."""

from __future__ import annotations

from itertools import pairwise

from ctpn.synthesis.pages.canvas import Canvas, shorten, wrap
from ctpn.synthesis.pages.lettering import Ink
from ctpn.synthesis.pages.types import Rect, Rgb, Rng
from ctpn.synthesis.texts import Texts


def language(rng: Rng) -> str:
    """Chinese for three pages of five."""
    return "zh" if rng.random() < 0.6 else "en"


def size(rng: Rng, aspect_low: float, aspect_high: float) -> tuple[int, int]:
    """Height and width with a long side of 640 to 1280; aspect is height to width."""
    long, aspect = int(rng.integers(640, 1281)), float(rng.uniform(aspect_low, aspect_high))
    return (long, max(int(long / aspect), 240)) if aspect > 1 else (max(int(long * aspect), 240), long)


def table(page: Canvas, texts: Texts, rect: Rect, shape: tuple[int, int], ink: Ink, *, rule: Rgb | None) -> None:
    """A table of (rows, columns) that fills the rectangle; without a rule colour it has no lines."""
    (x0, y0, x1, y1), (rows, cols) = rect, shape
    shares = page.rng.uniform(0.6, 1.6, cols)
    edges = [x0, *(x0 + (x1 - x0) * shares.cumsum() / shares.sum()).tolist()]
    step = (y1 - y0) / rows
    if rule:
        _rules(page, edges if page.rng.random() < 0.8 else [], rect, rows, rule)
    for left, right in pairwise(edges):
        kind = texts.pick((texts.goods, texts.money, texts.date, texts.code, texts.name))
        align = texts.pick("lcr")
        for r in range(rows):
            text = texts.label() if r == 0 else str(kind())
            if page.rng.random() < 0.93:
                cell(page, (left, y0 + r * step, right, y0 + (r + 1) * step), text, ink, align)


def _rules(page: Canvas, edges: list[float], rect: Rect, rows: int, rule: Rgb) -> None:
    x0, y0, x1, y1 = rect
    for r in range(rows + 1):
        y = y0 + (y1 - y0) * r / rows
        page.line((x0, y, x1, y), rule)
    for x in edges:
        page.line((x, y0, x, y1), rule)


def cell(page: Canvas, rect: Rect, text: str, ink: Ink, align: str = "l") -> None:
    """One line of text in the middle of the height of a cell, far enough from its sides that two cells are two lines."""
    x0, y0, x1, y1 = rect
    gap = ink.size * 0.65
    text = shorten(text, ink, x1 - x0 - 2 * gap)
    x = {"l": x0 + gap, "c": (x0 + x1) / 2, "r": x1 - gap}[align]
    if text and y1 - y0 > ink.size:
        page.write(x, (y0 + y1) / 2 + ink.size * 0.36, text, ink, align=align)


def block(page: Canvas, rect: Rect, text: str, ink: Ink, leading: float = 1.4) -> float:
    """Text wrapped into the rectangle; returns the y below its last line."""
    x0, y0, x1, y1 = rect
    rows = wrap(text, ink, x1 - x0, max(0, int((y1 - y0) / (ink.size * leading))))
    for i, row in enumerate(rows):
        page.write(x0, y0 + ink.size * (1 + i * leading), row, ink)
    return y0 + ink.size * (1.4 + (len(rows) - 1) * leading)


def field(page: Canvas, rect: Rect, words: tuple[str, str], inks: tuple[Ink, Ink], rule: Rgb | None) -> None:
    """A label and, more than a line's height to its right, the value; with a rule colour on an underline."""
    (x0, _, x1, y1), (label, value), (small, large) = rect, words, inks
    base = y1 - large.size * 0.4
    done = page.write(x0, base, shorten(label, small, (x1 - x0) * 0.6), small)
    if done is None:
        return
    start = done[2] + 1.3 * max(small.size, large.size)
    if rule:
        page.line((done[2] + small.size * 0.3, y1 - large.size * 0.05, x1, y1 - large.size * 0.05), rule)
    if text := shorten(value, large, x1 - start):
        page.write(start, base, text, large)
