"""Pages of solid text: 10 to 60 close lines of one size, in one to three columns, as in books, contracts and manuals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ctpn.synthesis.fonts import Fonts
from ctpn.synthesis.pages.canvas import Canvas, shorten, wrap
from ctpn.synthesis.pages.layout import language, size
from ctpn.synthesis.pages.lettering import Ink
from ctpn.synthesis.pages.paper import dark, paper
from ctpn.synthesis.pages.types import Rect, Rng
from ctpn.synthesis.texts import Texts

MAX_LINES = 60


def text_block(rng: Rng, fonts: Fonts) -> Canvas:
    """A page of paragraphs; the leading is 1.08 to 1.65 times the size of the letters, 9 to 30 pixels."""
    h, w = size(rng, 0.7, 1.6)
    texts, page = Texts(rng, language(rng)), Canvas(paper(rng, h, w), rng, fonts)
    body = _body(page, texts.language)
    margin, columns = rng.uniform(0.03, 0.12) * w, _columns(rng, w / body.size)
    gutter = body.size * rng.uniform(1.3, 3.0)
    step = (w - 2 * margin + gutter) / columns
    leading, top = float(rng.uniform(1.08, 1.65)), rng.uniform(0.02, 0.1) * h
    bottom = min(h * rng.uniform(0.6, 0.97), top + MAX_LINES * body.size * leading)
    for column in range(columns):
        x = margin + column * step
        _paragraphs(page, texts, (x, top, x + step - gutter, bottom), body, leading)
    return page


def _body(page: Canvas, language: str) -> Ink:
    rng = page.rng
    em = float(np.exp(rng.uniform(np.log(9 if language == "en" else 11), np.log(30))))
    ink = page.ink(em, dark(rng), language)
    return replace(ink, worn=float(rng.uniform(0, 0.25)) if rng.random() < 0.2 else 0.0)


def _columns(rng: Rng, ems: float) -> int:
    """One to three, each at least twelve letters wide."""
    return int(rng.integers(1, 1 + max(1, min(3, int(ems / 12)))))


def _paragraphs(page: Canvas, texts: Texts, rect: Rect, body: Ink, leading: float) -> None:
    """Fill the rectangle from top to bottom."""
    x0, y, x1, y1 = rect
    rng, indent = page.rng, body.size * float(page.rng.choice((0.0, 1.0, 2.0)))
    apart = float(rng.choice((0.0, 0.0, 0.5, 1.0))) * body.size
    sentences = float(np.exp(rng.uniform(np.log(30), np.log(600))))
    while y < y1 - body.size * leading:
        if rng.random() < 0.06:
            y = _heading(page, texts, (x0, y, x1, y1), body, leading)
        length = int(sentences * rng.uniform(0.4, 1.6) * (1 if texts.zh else 2.2))
        y = _paragraph(page, (x0, y, x1, y1), texts.run(length), body, leading, indent) + apart


def _heading(page: Canvas, texts: Texts, rect: Rect, body: Ink, leading: float) -> float:
    x0, y, x1, y1 = rect
    head = replace(body, size=int(body.size * page.rng.uniform(1.0, 1.4)), bold=int(page.rng.integers(0, 2)))
    y += head.size * leading
    if y < y1:
        page.write(x0, y, shorten(texts.title(), head, x1 - x0), head)
    return y + 0.3 * body.size


def _paragraph(page: Canvas, rect: Rect, text: str, body: Ink, leading: float, indent: float) -> float:
    """Write the text below the rectangle's top edge, its first line indented; returns the baseline of the last line written."""
    x0, y, x1, y1 = rect
    step = body.size * leading
    rows = max(0, int((y1 - y) / step))
    if not rows:
        return y1
    first = wrap(text, body, x1 - x0 - indent, 1)
    if not first:
        return y1
    rest = wrap(text[len(first[0]) :].strip(), body, x1 - x0, rows - 1)
    for i, row in enumerate([first[0], *rest]):
        page.write(x0 + (indent if i == 0 else 0.0), y + (i + 1) * step, row, body)
    return y + (1 + len(rest)) * step
