"""The older multi-part paper waybill: coloured rules, two halves, filled in by pen or dot-matrix printer."""

from __future__ import annotations

from dataclasses import replace

from ctpn.synthesis.fonts import Fonts
from ctpn.synthesis.pages.canvas import Canvas, shorten
from ctpn.synthesis.pages.lettering import Ink
from ctpn.synthesis.pages.marks import barcode, signature, stamp
from ctpn.synthesis.pages.paper import colour, paper
from ctpn.synthesis.pages.types import Rect, Rng
from ctpn.synthesis.texts import COURIERS, Texts

FOOT = "内件品名 数量 重量 资费 保价金额 付款方式 收寄日期 寄件人签名 收件人签名 备注 业务员 证件号"


def paper_form(rng: Rng, fonts: Fonts) -> Canvas:
    """A wide form: head with barcode, sender and receiver side by side, goods below, a seal."""
    w = int(rng.integers(860, 1281))
    h = int(w * rng.uniform(0.5, 0.68))
    ground = (250, 248, 244) if rng.random() < 0.6 else colour(rng, 0.85, 0.97)
    page, texts = Canvas(paper(rng, h, w, ground), rng, fonts), Texts(rng, "zh")
    small = page.ink(w / rng.uniform(62, 85), colour(rng, 0.2, 0.45))
    pen, margin, head = _pen(page, small), w * 0.03, h * 0.17
    _head(page, texts, margin, head, small)
    middle, low = w * rng.uniform(0.47, 0.53), h * rng.uniform(0.62, 0.7)
    _half(page, texts, (margin, head, middle, low), "寄件人", (small, pen))
    _half(page, texts, (middle, head, w - margin, low), "收件人", (small, pen))
    _foot(page, texts, (margin, low, w - margin, h * 0.95), small, pen)
    if rng.random() < 0.6:
        words = texts.pick(("业务专用章", "已验视", "收寄验视"))
        stamp(page, (w * rng.uniform(0.2, 0.85), h * rng.uniform(0.4, 0.85)), h * rng.uniform(0.07, 0.13), words)
    return page


def _pen(page: Canvas, small: Ink) -> Ink:
    rng = page.rng
    pen = page.ink(small.size * rng.uniform(1.2, 1.8), (25, 35, 120) if rng.random() < 0.5 else (30, 30, 35))
    hand = bool(rng.random() < 0.6)
    return replace(pen, hand=hand, dots=not hand and bool(rng.random() < 0.6))


def _head(page: Canvas, texts: Texts, margin: float, high: float, small: Ink) -> None:
    w, black = page.width, (15, 15, 18)
    logo = page.ink(high * 0.45, colour(page.rng, 0.15, 0.5))
    page.write(margin, high * 0.62, texts.pick(COURIERS), logo)
    page.write(w * 0.36, high * 0.6, "详情单", small)
    barcode(page, (w * 0.52, high * 0.12, w * 0.42, high * 0.45), black)
    page.write(w * 0.73, high * 0.86, texts.digits(12), page.ink(high * 0.2, black), align="c")


def _half(page: Canvas, texts: Texts, rect: Rect, who: str, inks: tuple[Ink, Ink]) -> None:
    x0, y0, x1, y1 = rect
    small, pen = inks
    page.frame((x0, y0, x1, y1), small.colour, 2)
    labels = (f"{who}姓名", "单位名称", "详细地址", "", "联系电话")
    address, step = texts.address(), (y1 - y0) / 5
    values = (texts.name(), texts.company(), address[:12], address[12:], texts.phone())
    for i, (label, value) in enumerate(zip(labels, values, strict=True)):
        y = y0 + i * step
        page.line((x0, y, x1, y), small.colour)
        filled = value if page.rng.random() < 0.92 else ""
        _fill(page, (x0, y, x1, y + step), (label, filled), (small, pen))


def _fill(page: Canvas, rect: Rect, words: tuple[str, str], inks: tuple[Ink, Ink]) -> None:
    """The small label in the corner of a cell, the value lower and to the right."""
    (x0, y0, x1, y1), (label, value), (small, pen) = rect, words, inks
    done = page.write(x0 + small.size * 0.4, y0 + small.size * 1.3, label, small) if label else None
    start = (done[2] if done else x0) + pen.size * 1.3
    text = shorten(value, pen, x1 - start - pen.size * 0.3)
    if text:
        page.write(start, y0 + (y1 - y0) * 0.82, text, pen)


def _foot(page: Canvas, texts: Texts, rect: Rect, small: Ink, pen: Ink) -> None:
    x0, y0, x1, y1 = rect
    page.frame((x0, y0, x1, y1), small.colour, 2)
    wide, step = (x1 - x0) / 4, (y1 - y0) / 3
    for i, label in enumerate(FOOT.split()):
        x, y = x0 + i % 4 * wide, y0 + i // 4 * step
        page.line((x, y, x, y + step), small.colour)
        page.line((x0, y, x1, y), small.colour)
        empty = page.rng.random() < 0.35
        if "签名" in label and not empty:
            signature(page, (x + wide * 0.5, y + step * 0.3, wide * 0.4, step * 0.6), pen.colour)
        value = "" if empty or "签名" in label else _value(texts, label)
        _fill(page, (x, y, x + wide, y + step), (label, value), (small, pen))


def _value(texts: Texts, label: str) -> str:
    known = {"内件品名": texts.goods, "收寄日期": texts.date, "业务员": texts.name}
    return str(known.get(label, texts.money)())
