"""Print over print: coloured forms typed over in another colour, watermarks, seals, the back that shows through, dotted leaders."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from ctpn.synthesis.fonts import Fonts
from ctpn.synthesis.pages.canvas import Canvas, shorten
from ctpn.synthesis.pages.layout import block, language, size
from ctpn.synthesis.pages.lettering import Ink
from ctpn.synthesis.pages.marks import stamp
from ctpn.synthesis.pages.paper import colour, dark, paper
from ctpn.synthesis.pages.types import Pixels, Rgb, Rng
from ctpn.synthesis.texts import Texts


def overprint(rng: Rng, fonts: Fonts) -> Canvas:
    """A page of text or a preprinted form, with one to three further layers of print."""
    h, w = size(rng, 0.6, 1.5)
    texts, page = Texts(rng, language(rng)), Canvas(paper(rng, h, w), rng, fonts)
    if rng.random() < 0.4:
        _show_through(page, texts)
    if rng.random() < 0.4:
        _watermark(page, texts)
    body = page.ink(float(np.exp(rng.uniform(np.log(11), np.log(28)))), dark(rng), texts.language)
    if rng.random() < 0.6:
        _typed_form(page, texts, body)
    else:
        _price_list(page, texts, body)
    for _ in range(int(rng.integers(0, 3))):
        middle, radius = (w * float(rng.uniform(0.15, 0.85)), h * float(rng.uniform(0.15, 0.85))), min(h, w) * float(rng.uniform(0.06, 0.2))
        red = colour(rng, 0.35, 0.6) if rng.random() < 0.3 else (int(rng.integers(160, 230)), 40, 50)
        stamp(page, middle, radius, texts.pick(("专用章", "已付", "PAID", "收讫", "合同章", "")), red)
    return page


def _show_through(page: Canvas, texts: Texts) -> None:
    """Mirrored, pale print of the back: no text of this page."""
    back = Canvas(np.full_like(page.rgb, 255), page.rng, page.fonts)
    ink = back.ink(page.rng.uniform(12, 30), (0, 0, 0), texts.language)
    block(back, (20, 20, page.width - 20, page.height - 20), texts.run(900), ink, float(page.rng.uniform(1.3, 2)))
    pale = cv2.GaussianBlur(back.rgb[:, ::-1], (0, 0), float(page.rng.uniform(0.6, 2)))
    _multiply(page.rgb, pale, float(page.rng.uniform(0.06, 0.22)))


def _watermark(page: Canvas, texts: Texts) -> None:
    """Large pale words across the page, which people read around: background."""
    under = Canvas(np.full_like(page.rgb, 255), page.rng, page.fonts)
    shade = colour(page.rng, 0.5, 0.8)
    ink = under.ink(min(page.height, page.width) * page.rng.uniform(0.05, 0.16), shade, texts.language)
    word, angle = texts.sign(), float(page.rng.uniform(-40, 40))
    for _ in range(int(page.rng.integers(1, 7))):
        x, y = page.rng.uniform(0, 0.8, 2) * [page.width, page.height]
        under.write(float(x), float(y) + ink.size, word, ink, angle=angle)
    _multiply(page.rgb, under.rgb, float(page.rng.uniform(0.1, 0.3)))


def _multiply(rgb: Pixels, layer: Pixels, strength: float) -> None:
    """Darken a picture by a layer on white, uint8 RGB both."""
    factor = 1 - strength * (1 - layer.astype(np.float32) / 255)
    rgb[:] = (rgb * factor + 0.5).astype(np.uint8)


def _typed_form(page: Canvas, texts: Texts, body: Ink) -> None:
    """Coloured rules and labels; the values in another colour, a little off their places."""
    rng = page.rng
    tint = colour(rng, 0.25, 0.6)
    small, typed = replace(body, colour=tint), _typed(page, texts, body)
    step, columns = body.size * float(rng.uniform(2, 3.2)), int(rng.integers(1, 4))
    wide = (page.width - 2 * body.size) / columns
    for top in np.arange(body.size, page.height - step, step).tolist():
        for i in range(columns):
            x = body.size + i * wide
            page.frame((x, top, x + wide, top + step), tint, 1)
            done = page.write(x + 4, top + small.size * 1.1, shorten(texts.label(), small, wide * 0.5), small)
            start = (done[2] if done else x) + 1.2 * body.size
            base = top + step * 0.75 + float(rng.normal(0, 0.12)) * step
            text = shorten(str(texts.value()), typed, x + wide - start)
            if text and rng.random() < 0.85:
                page.write(start, base, text, typed)


def _typed(page: Canvas, texts: Texts, body: Ink) -> Ink:
    rng = page.rng
    shade: Rgb = dark(rng) if rng.random() < 0.6 else colour(rng, 0.15, 0.45)
    typed = page.ink(body.size * float(rng.uniform(1.0, 1.5)), shade, texts.language)
    return replace(typed, dots=bool(rng.random() < 0.25), worn=float(rng.uniform(0, 0.35)) if rng.random() < 0.5 else 0.0)


def _price_list(page: Canvas, texts: Texts, body: Ink) -> None:
    """Names and prices with dotted leaders or underlines between them."""
    rng = page.rng
    left, right = page.width * float(rng.uniform(0.03, 0.15)), page.width * float(rng.uniform(0.7, 0.97))
    step, dotted = body.size * float(rng.uniform(1.3, 2.2)), rng.random() < 0.6
    for base in np.arange(2 * body.size, page.height - body.size, step).tolist():
        name = page.write(left, base, shorten(texts.goods(), body, (right - left) * 0.5), body)
        price = page.write(right, base, texts.money(), body, align="r")
        if name is None or price is None or name[2] + 2 * body.size > price[0]:
            continue
        if dotted:
            for x in np.arange(name[2] + 0.6 * body.size, price[0] - 0.5 * body.size, body.size * 0.4).tolist():
                cv2.circle(page.rgb, (int(x), int(base) - 1), max(1, body.size // 14), body.colour, -1, cv2.LINE_AA)
        else:
            page.line((left, base + 0.25 * body.size, right, base + 0.25 * body.size), body.colour)
