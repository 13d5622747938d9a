"""Documents: running text in columns with headings, pictures and tables."""

from __future__ import annotations

from ctpn.synthesis.fonts import Fonts
from ctpn.synthesis.pages.canvas import Canvas, shorten
from ctpn.synthesis.pages.layout import block, language, size, table
from ctpn.synthesis.pages.lettering import Ink
from ctpn.synthesis.pages.paper import colour, dark, paper
from ctpn.synthesis.pages.types import Rect, Rng
from ctpn.synthesis.texts import Texts


def document(rng: Rng, fonts: Fonts) -> Canvas:
    """A page of one to three columns below a title."""
    h, w = size(rng, 0.75, 1.5)
    texts, page = Texts(rng, language(rng)), Canvas(paper(rng, h, w), rng, fonts)
    em = rng.uniform(9, 14) if rng.random() < 0.6 else rng.uniform(14, 30)
    body, margin = page.ink(em, dark(rng), texts.language), rng.uniform(0.04, 0.1) * w
    leading, columns = float(rng.uniform(1.2, 2.0)), int(rng.integers(1, 4)) if w > 600 else 1
    y = _title(page, texts, body, rng.uniform(0.03, 0.08) * h, w - 2 * margin)
    step = (w - 2 * margin + 2 * body.size) / columns
    for c in range(columns):
        x = margin + c * step
        _column(page, texts, (x, y, x + step - 2 * body.size, h * 0.94), body, leading)
    page.write(w / 2, h * 0.98, str(rng.integers(1, 400)), body, align="c")
    return page


def _title(page: Canvas, texts: Texts, body: Ink, y: float, width: float) -> float:
    if page.rng.random() < 0.3:
        return y
    head = page.ink(body.size * page.rng.uniform(1.3, 3), body.colour, texts.language)
    page.write(page.width / 2, y + head.size, shorten(texts.title(), head, width), head, align="c")
    return y + head.size * 1.8


def _column(page: Canvas, texts: Texts, rect: Rect, body: Ink, leading: float) -> None:
    x0, y, x1, y1 = rect
    while y < y1 - 2 * body.size:
        kind, room = page.rng.random(), (x0, y, x1, y1)
        if kind < 0.1:
            y = _picture(page, room)
        elif kind < 0.2:
            y = _table(page, texts, room, body)
        elif kind < 0.35:
            y = block(page, room, texts.title(), page.ink(body.size * 1.25, body.colour, texts.language), leading)
        else:
            y = block(page, room, texts.run(int(page.rng.integers(10, 300))), body, leading)
        y += body.size * page.rng.uniform(0.4, 1.5)


def _picture(page: Canvas, rect: Rect) -> float:
    x0, y0, x1, y1 = rect
    low = min(y0 + float(page.rng.uniform(60, 200)), y1)
    page.frame((x0, y0, x1, low), colour(page.rng, 0.3, 0.9), -1)
    return low


def _table(page: Canvas, texts: Texts, rect: Rect, body: Ink) -> float:
    x0, y0, x1, y1 = rect
    rows = int(page.rng.integers(2, 7))
    low = y0 + rows * 1.8 * body.size
    if low < y1:
        table(page, texts, (x0, y0, x1, low), (rows, 2 + int((x1 - x0) > 20 * body.size)), body, rule=body.colour)
    return low
