"""Express waybills (快递单): thermal labels; `paper_form` has the older multi-part form."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np

from ctpn.synthesis.fonts import Fonts
from ctpn.synthesis.pages.canvas import Canvas, shorten
from ctpn.synthesis.pages.layout import block, cell
from ctpn.synthesis.pages.lettering import Ink
from ctpn.synthesis.pages.marks import barcode, creases, signature, square_code
from ctpn.synthesis.pages.paper import paper
from ctpn.synthesis.pages.paper_form import paper_form
from ctpn.synthesis.pages.types import Rect, Rng
from ctpn.synthesis.texts import COURIERS, Texts

WHITE = (250, 250, 249)
RULES = (
    "快件送达收件人地址,经收件人或收件人允许的代收人签字,视为送达。",
    "请在签收前检查外包装是否完好,如有破损请当面拒收。",
    "寄件人保证所寄物品不属于国家禁止寄递的范围,贵重物品请保价。",
    "本面单为寄递凭证,请妥善保管,查询请凭运单号码。",
)


def waybill(rng: Rng, fonts: Fonts) -> Canvas:
    """A thermal label, or a paper form filled in by pen or printer; some are creased."""
    page = thermal(rng, fonts) if rng.random() < 0.65 else paper_form(rng, fonts)
    if rng.random() < 0.35:
        creases(page)
    return page


def thermal(rng: Rng, fonts: Fonts) -> Canvas:
    """An upright label: head, barcode, route, receiver, sender, goods, and a second copy below."""
    h = int(rng.integers(760, 1281))
    w = int(h / rng.uniform(1.3, 1.9))
    page, texts = Canvas(paper(rng, h, w, WHITE), rng, fonts), Texts(rng, "zh")
    tone = int(rng.integers(5, 90))
    unit = replace(page.ink(w / rng.uniform(26, 36), (tone, tone, tone)), worn=float(rng.choice([0, 0, 0.1, 0.25])))
    parts = (_head, _bars, _route, _receiver, _sender, _goods, _bars, _receiver, _notes)
    heights = np.array([1.0, 1.5, 1.1, 1.5, 1.3, 1.0, 1.2, 1.2, 1.0]) * rng.uniform(0.8, 1.3, len(parts))
    margin = w * rng.uniform(0.02, 0.06)
    edges = margin + (h - 2 * margin) * np.concatenate([[0], heights.cumsum() / heights.sum()])
    page.frame((margin, margin, w - margin, h - margin), unit.colour, int(rng.integers(1, 4)))
    for part, (top, low) in zip(parts, pairwise(edges.tolist()), strict=True):
        page.line((margin, top, w - margin, top), unit.colour, int(rng.integers(1, 3)))
        part(page, texts, (margin, top, w - margin, low), unit)
    return page


def _scaled(page: Canvas, unit: Ink, factor: float, max_size: float) -> Ink:
    """The label's ink in another font, `factor` times as large but at most `max_size`."""
    return replace(page.ink(min(unit.size * factor, max_size), unit.colour), worn=unit.worn)


def _head(page: Canvas, texts: Texts, rect: Rect, unit: Ink) -> None:
    x0, y0, x1, y1 = rect
    h, right = y1 - y0, x1 - (y1 - y0) * 0.15
    page.write(x0 + h * 0.2, y0 + h * 0.58, texts.pick(COURIERS), _scaled(page, unit, 1.8, h * 0.5))
    service = texts.pick(("标准快递", "电子面单", "次日达", "代收货款"))
    page.write(right, y0 + h * 0.42, service, _scaled(page, unit, 1.2, h * 0.36), align="r")
    small = _scaled(page, unit, 0.7, h * 0.25)
    page.write(right, y0 + h * 0.85, f"客服电话:95{texts.digits(3)}", small, align="r")
    page.write(x0 + h * 0.2, y0 + h * 0.92, f"{texts.date()} {texts.time()}", small)


def _bars(page: Canvas, texts: Texts, rect: Rect, unit: Ink) -> None:
    x0, y0, x1, y1 = rect
    h, w = y1 - y0, x1 - x0
    number = texts.pick(("YT", "SF", "ZX", "", "JD")) + texts.digits(int(page.rng.integers(10, 15)))
    if page.rng.random() < 0.5:
        number = " ".join(number[i : i + 4] for i in range(0, len(number), 4))
    barcode(page, (x0 + w * 0.12, y0 + h * 0.1, w * 0.7, h * 0.55), unit.colour)
    page.write(x0 + w * 0.47, y0 + h * 0.93, number, _scaled(page, unit, 1.1, h * 0.22), align="c")


def _route(page: Canvas, texts: Texts, rect: Rect, unit: Ink) -> None:
    x0, y0, x1, y1 = rect
    h = y1 - y0
    zone = f"{texts.pick('ABCDEFW')}{texts.digits(3)}"
    text = texts.pick((f"{texts.digits(3)}-{zone}-{texts.digits(2)}", f"{texts.digits(3)} {zone}"))
    big = _scaled(page, unit, page.rng.uniform(2, 4), h * 0.6)
    page.write(x0 + h * 0.15, y0 + h * 0.62, shorten(text, big, (x1 - x0) * 0.65), big)
    hub = f"集包地: {texts.faker.city()}转运中心"
    page.write(x0 + h * 0.15, y0 + h * 0.93, hub, _scaled(page, unit, 0.9, h * 0.25))
    if page.rng.random() < 0.6:
        square_code(page, x1 - h * 0.92, y0 + h * 0.1, h * 0.8, unit.colour)


def _receiver(page: Canvas, texts: Texts, rect: Rect, unit: Ink) -> None:
    _person(page, texts, rect, unit, "收")


def _sender(page: Canvas, texts: Texts, rect: Rect, unit: Ink) -> None:
    _person(page, texts, rect, unit, "寄")


def _person(page: Canvas, texts: Texts, rect: Rect, unit: Ink, role: str) -> None:
    """The role in a circle, name and telephone, the address below."""
    x0, y0, x1, y1 = rect
    side = min((y1 - y0) * 0.5, unit.size * 2.2)
    _badge(page, (int(x0 + side * 0.75), int((y0 + y1) / 2)), side, unit, role)
    ink = _scaled(page, unit, page.rng.uniform(0.8, 1.4), (y1 - y0) * 0.26)
    left, base = x0 + side * 1.6, y0 + (y1 - y0) * 0.08 + ink.size
    done = page.write(left, base, texts.name() + texts.pick(("", "", "先生", "女士")), ink)
    if done:
        page.write(done[2] + ink.size * page.rng.uniform(1.3, 3), base, texts.phone(), ink)
    address = texts.address() + (texts.company() if page.rng.random() < 0.4 else "")
    block(page, (left, base + ink.size * 0.4, x1 - ink.size * 0.4, y1 - 2), address, ink, 1.25)


def _badge(page: Canvas, centre: tuple[int, int], side: float, unit: Ink, text: str) -> None:
    filled = page.rng.random() < 0.5
    cv2.circle(page.rgb, centre, int(side * 0.55), unit.colour, -1 if filled else 2, cv2.LINE_AA)
    mark = page.ink(side * 0.7, WHITE if filled else unit.colour)
    page.write(centre[0], centre[1] + mark.size * 0.36, text, mark, align="c")


def _goods(page: Canvas, texts: Texts, rect: Rect, unit: Ink) -> None:
    x0, y0, x1, y1 = rect
    cut, middle = x0 + (x1 - x0) * page.rng.uniform(0.5, 0.75), (y0 + y1) / 2
    page.line((cut, y0, cut, y1), unit.colour)
    page.line((x0, middle, cut, middle), unit.colour)
    ink = _scaled(page, unit, 0.8, (y1 - y0) * 0.3)
    cell(page, (x0, y0, cut, middle), f"物品: {texts.goods()}", ink)
    cell(page, (x0, middle, (x0 + cut) / 2, y1), f"重量: {page.rng.uniform(0.1, 20):.2f}kg", ink)
    cell(page, ((x0 + cut) / 2, middle, cut, y1), f"运费: {texts.money()}", ink)
    cell(page, (cut, y0, x1, middle), "签收人/时间", ink)
    if page.rng.random() < 0.4:
        signature(page, (cut + 6, middle + 2, (x1 - cut) * 0.6, (y1 - middle) * 0.8), (15, 15, 18))


def _notes(page: Canvas, texts: Texts, rect: Rect, unit: Ink) -> None:
    x0, y0, x1, y1 = rect
    ink = _scaled(page, unit, 0.65, (y1 - y0) * 0.3)
    text = texts.pick(RULES) + texts.pick(RULES)
    block(page, (x0 + ink.size, y0 + 4, x1 - ink.size, y1 - 4), text, ink, 1.3)
