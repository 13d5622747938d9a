"""Till receipts: shop, items with prices at the right, totals, thanks."""

from __future__ import annotations

from dataclasses import replace

from ctpn.synthesis.fonts import Fonts
from ctpn.synthesis.pages.canvas import Canvas, shorten
from ctpn.synthesis.pages.layout import language, size
from ctpn.synthesis.pages.lettering import Ink
from ctpn.synthesis.pages.marks import barcode
from ctpn.synthesis.pages.paper import paper
from ctpn.synthesis.pages.types import Rng
from ctpn.synthesis.texts import Texts


def receipt(rng: Rng, fonts: Fonts) -> Canvas:
    """A narrow receipt in thermal or dot-matrix print."""
    h, w = size(rng, 1.2, 2.6)
    white = (250, 250, 248) if rng.random() < 0.6 else None
    texts, page = Texts(rng, language(rng)), Canvas(paper(rng, h, w, white), rng, fonts)
    tone = int(rng.integers(10, 110))
    body = page.ink(w / rng.uniform(18, 36), (tone, tone, tone + 8), texts.language)
    body = replace(body, dots=bool(rng.random() < 0.2), worn=float(rng.uniform(0, 0.3)))
    margin, step = w * rng.uniform(0.03, 0.1), body.size * rng.uniform(1.25, 1.9)
    y = _head(page, texts, body, margin, step)
    while y < h - 9 * step:
        y = _item(page, texts, body, y, margin=margin, step=step)
    _totals(page, texts, body, y, margin=margin, step=step)
    return page


def _head(page: Canvas, texts: Texts, body: Ink, margin: float, step: float) -> float:
    w, large = page.width, page.ink(body.size * page.rng.uniform(1.2, 2.2), body.colour, texts.language)
    y = 1.5 * large.size
    page.write(w / 2, y, shorten(texts.company(), large, w - 2 * margin), large, align="c")
    phone, number = texts.one_of("电话:", "TEL: ") + texts.phone(), texts.one_of("单号:", "INVOICE ") + texts.code()
    for text in (texts.address(), phone, number):
        y += step
        page.write(w / 2, y, shorten(text, body, w - 2 * margin), body, align="c")
    y += step * 1.3
    page.write(margin, y, texts.date(), body)
    page.write(w - margin, y, texts.time(), body, align="r")
    page.dashes(margin, w - margin, y + step * 0.5, body.colour)
    return y + step * 1.6


def _item(page: Canvas, texts: Texts, body: Ink, y: float, *, margin: float, step: float) -> float:
    w = page.width
    page.write(margin, y, shorten(texts.goods(), body, w * 0.5 - margin), body)
    if page.rng.random() < 0.3:
        y += step
        page.write(margin + 2 * body.size, y, texts.digits(int(page.rng.integers(4, 12))), body)
    page.write(w * 0.68, y, str(page.rng.integers(1, 20)), body, align="r")
    page.write(w - margin, y, texts.money(), body, align="r")
    return y + step


def _totals(page: Canvas, texts: Texts, body: Ink, y: float, *, margin: float, step: float) -> None:
    w = page.width
    page.dashes(margin, w - margin, y - body.size * 0.3, body.colour)
    for label in (texts.one_of("小计", "SUBTOTAL"), texts.one_of("合计", "TOTAL"), texts.one_of("找零", "CHANGE")):
        y += step
        page.write(margin, y, label, body)
        page.write(w - margin, y, texts.money(), body, align="r")
    if page.rng.random() < 0.5:
        barcode(page, (w * 0.2, y + step, w * 0.6, step * 1.5), body.colour)
        y += step * 2
    thanks = texts.one_of("谢谢惠顾 欢迎再次光临", "THANK YOU, PLEASE COME AGAIN")
    page.write(w / 2, y + 2 * step, thanks, body, align="c")
