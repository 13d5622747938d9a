"""Pages with columns of upright characters beside rows, and lines rotated by 90 degrees.

A column's quad begins at its top right corner, because its reading axis runs down; a column of one character is annotated as "###",
because it has no axis. Cells of lines learn nothing about steep lines (`ctpn.training.augmentation`), the direction map does.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ctpn.annotations.formats import TextAnnotation
from ctpn.synthesis.fonts import Fonts
from ctpn.synthesis.pages.canvas import Canvas, shorten
from ctpn.synthesis.pages.layout import block, size
from ctpn.synthesis.pages.lettering import Ink
from ctpn.synthesis.pages.paper import colour, dark, paper
from ctpn.synthesis.pages.types import Rect, Rng
from ctpn.synthesis.texts import Texts


def vertical(rng: Rng, fonts: Fonts) -> Canvas:
    """A part of the page in columns, the rest in rows; an edge of the page may have a line rotated by 90 degrees."""
    h, w = size(rng, 0.6, 1.6)
    page = Canvas(paper(rng, h, w) if rng.random() < 0.75 else paper(rng, h, w, colour(rng, 0.5, 0.9)), rng, fonts)
    texts, ink = Texts(rng, "zh"), page.ink(float(np.exp(rng.uniform(np.log(14), np.log(90)))), dark(rng))
    edge = w * float(rng.uniform(0.25, 0.75))
    columns, rows = (edge, 0.0, float(w), float(h)), (0.0, 0.0, edge, float(h))
    if rng.random() < 0.5:
        columns, rows = (0.0, 0.0, edge, float(h)), (edge, 0.0, float(w), float(h))
    _columns(page, texts, columns, ink)
    _rows(page, texts, rows, replace(ink, size=max(10, int(min(ink.size, 34) * rng.uniform(0.5, 1.1)))))
    return page


def _columns(page: Canvas, texts: Texts, rect: Rect, ink: Ink) -> None:
    """From right to left; a column holds what fits, or a few characters."""
    (x0, y0, x1, y1), rng = rect, page.rng
    loose = rng.random() < 0.4  # as poems are printed
    step = ink.size * float(rng.uniform(1.3, 2.0) if loose else rng.uniform(1.0, 1.3))
    apart = ink.size * float(rng.uniform(1.6, 3.5) if loose else rng.uniform(1.2, 2.4))
    x, top = x1 - ink.size, y0 + ink.size * float(rng.uniform(0.3, 2))
    fits = int((y1 - top - 0.5 * ink.size) / step)
    while x - ink.size * 0.6 > x0 and fits > 1:
        length = fits if rng.random() < 0.6 else int(rng.integers(1, fits + 1))
        text = texts.run(length + 2).replace(" ", "")[:length]
        column(page, (x, top), text, ink, step)
        x -= apart


def column(page: Canvas, top: tuple[float, float], text: str, ink: Ink, step: float) -> None:
    """Write characters below each other, centred below `top`; they become one annotation along the reading axis."""
    first = len(page.annotations)
    for i, character in enumerate(text):
        page.write(top[0], top[1] + ink.size * 0.9 + i * step, character, ink, align="c")
    written = page.annotations[first:]
    if written:
        corners = np.concatenate([a.quad for a in written])
        (x0, y0), (x1, y1) = corners.min(0), corners.max(0)
        quad = np.array([[x1, y0], [x1, y1], [x0, y1], [x0, y0]], np.float32)
        page.annotations[first:] = [TextAnnotation(quad, "".join(a.text for a in written) if len(written) > 1 else "###")]


def _rows(page: Canvas, texts: Texts, rect: Rect, ink: Ink) -> None:
    (x0, y0, x1, y1), rng = rect, page.rng
    margin = float(ink.size)
    if rng.random() < 0.6:
        _edge(page, texts, (x0, y0, x1, y1), ink)
        margin = 2.5 * ink.size
    y = y0 + ink.size
    while y < y1 - 3 * ink.size:
        room = (x0 + margin, y, x1 - margin, y1 - ink.size)
        text = texts.run(int(rng.integers(10, 200))) if rng.random() < 0.5 else texts.value()
        y = block(page, room, text, ink, float(rng.uniform(1.15, 1.8))) + ink.size * float(rng.uniform(0, 1.5))


def _edge(page: Canvas, texts: Texts, rect: Rect, ink: Ink) -> None:
    """A line rotated by 90 degrees along the left side."""
    x0, y0, _, y1 = rect
    text = shorten(texts.value(), ink, (y1 - y0) * 0.8)
    if page.rng.random() < 0.5:
        page.write(x0 + 0.6 * ink.size, y0 + 0.1 * (y1 - y0), text, ink, angle=90)
    else:
        page.write(x0 + 1.5 * ink.size, y1 - 0.1 * (y1 - y0), text, ink, angle=-90)
