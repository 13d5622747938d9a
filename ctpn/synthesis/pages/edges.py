"""Pages along whose sides numbers and words run up or down, as on the edges of express waybills, tickets and book covers."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from ctpn.synthesis.fonts import Fonts
from ctpn.synthesis.pages.canvas import Canvas, width_of
from ctpn.synthesis.pages.labels import label
from ctpn.synthesis.pages.lettering import Ink
from ctpn.synthesis.pages.paper import dark
from ctpn.synthesis.pages.receipts import receipt
from ctpn.synthesis.pages.types import Rng
from ctpn.synthesis.pages.waybills import waybill
from ctpn.synthesis.texts import Texts


def edges(rng: Rng, fonts: Fonts) -> Canvas:
    """A waybill, label or receipt with a margin of its paper at the left and the right, and lines in these that run up or down."""
    inner = (waybill, waybill, label, receipt)[int(rng.integers(4))](rng, fonts)
    letters = float(rng.uniform(0.016, 0.04)) * inner.height
    left, right = (int(letters * rng.uniform(1.4, 2.6)) if rng.random() < 0.85 else 0 for _ in range(2))
    rgb = cv2.copyMakeBorder(inner.rgb, 0, 0, left, right, cv2.BORDER_REPLICATE)
    moved = [replace(a, quad=(a.quad + np.array([left, 0])).astype(np.float32)) for a in inner.annotations]
    page, texts = Canvas(rgb, rng, fonts, moved), Texts(rng, "zh" if rng.random() < 0.7 else "en")
    ground = float(rgb[:, : max(left, 1)].mean())
    ink = page.ink(letters, dark(rng) if ground > 110 else (245, 245, 240), texts.language)
    for middle, wide in ((left / 2, left), (page.width - right / 2, right)):
        if wide:
            _margin(page, texts, middle, ink, down=rng.random() < 0.5)
    return page


def _margin(page: Canvas, texts: Texts, middle: float, ink: Ink, *, down: bool) -> None:
    """Lines one after another along a side, mostly the same number again and again."""
    rng, y = page.rng, page.height * float(page.rng.uniform(0.01, 0.2))
    number = texts.code() if rng.random() < 0.6 else texts.digits(int(rng.integers(9, 16)))
    while y < page.height * 0.95:
        text = number if rng.random() < 0.6 else texts.pick((texts.value, texts.label, texts.date, texts.phone))()
        length = width_of(text, ink)
        if y + length > page.height * 0.99:
            return
        baseline = 0.36 * ink.size
        if down:
            page.write(middle - baseline, y, text, ink, angle=90)
        else:
            page.write(middle + baseline, y + length, text, ink, angle=-90)
        y += length + ink.size * float(rng.uniform(0.7, 8))
