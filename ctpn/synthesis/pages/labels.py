"""Product and parcel labels: large and small text close together, coloured fields, codes."""

from __future__ import annotations

import numpy as np

from ctpn.synthesis.fonts import Fonts
from ctpn.synthesis.pages.canvas import Canvas, shorten
from ctpn.synthesis.pages.layout import block, field, language, size
from ctpn.synthesis.pages.lettering import Ink
from ctpn.synthesis.pages.marks import barcode, square_code
from ctpn.synthesis.pages.paper import colour, dark, paper
from ctpn.synthesis.pages.types import Rect, Rgb, Rng
from ctpn.synthesis.texts import Texts


def label(rng: Rng, fonts: Fonts) -> Canvas:
    """Rows of all sizes, often light on dark."""
    h, w = size(rng, 0.5, 1.6)
    inverse = rng.random() < 0.4
    ground = colour(rng, 0.05, 0.35) if inverse else colour(rng, 0.7, 0.98)
    texts, page = Texts(rng, language(rng)), Canvas(paper(rng, h, w, ground), rng, fonts)
    ink = colour(rng, 0.8, 1.0) if inverse else dark(rng)
    margin, y = w * rng.uniform(0.03, 0.08), h * 0.03
    while y < h * 0.93:
        y = _row(page, texts, (margin, y, w - margin, h * 0.97), ink)
    return page


def _row(page: Canvas, texts: Texts, rect: Rect, ink: Rgb) -> float:
    """One line, paragraph, code or group of fields at the top of the rectangle; returns the y below it."""
    kind = page.rng.random()
    if kind < 0.35:
        return _headline(page, texts, rect, ink)
    small = page.ink(page.rng.uniform(9, 28), ink, texts.language)
    if kind < 0.5:
        return block(page, rect, texts.run(int(page.rng.integers(30, 200))), small, 1.3) + small.size
    if kind < 0.6:
        return _codes(page, rect, ink) + small.size
    return _facts(page, texts, rect, small)


def _headline(page: Canvas, texts: Texts, rect: Rect, ink: Rgb) -> float:
    x0, y0, x1, y1 = rect
    large = page.ink(np.exp(page.rng.uniform(np.log(24), np.log(150))), ink, texts.language)
    text = shorten(texts.pick((texts.title, texts.goods, texts.sign, texts.code))(), large, x1 - x0)
    if y0 + large.size * 1.3 < y1:
        page.write(x0, y0 + large.size, text, large)
    return y0 + large.size * 1.35


def _codes(page: Canvas, rect: Rect, ink: Rgb) -> float:
    x0, y0, x1, y1 = rect
    high = min(float(page.rng.uniform(40, 110)), y1 - y0)
    page.frame((x0 - 4, y0 - 2, x0 + high * 2.6, y0 + high + 2), (255, 255, 255), -1)
    barcode(page, (x0, y0, high * 2.4, high), (10, 10, 10))
    square_code(page, x1 - high, y0, high, ink)
    return y0 + high


def _facts(page: Canvas, texts: Texts, rect: Rect, small: Ink) -> float:
    x0, y, x1, y1 = rect
    for _ in range(int(page.rng.integers(1, 4))):
        if y + 1.7 * small.size < y1:
            field(page, (x0, y, x1, y + 1.6 * small.size), (f"{texts.label()}:", texts.value()), (small, small), None)
        y += 1.6 * small.size
    return y + small.size * 0.5
