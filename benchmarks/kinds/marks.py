"""Marks beside, over and under text: codes and icons, stamps, watermarks, preprinted forms, dotted lines."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from benchmarks.kinds import texts
from benchmarks.kinds.drawing import BLACK, Rng, ink, paragraph, sheet
from ctpn.synthesis.pages.canvas import Canvas
from ctpn.synthesis.pages.marks import barcode, square_code

RED, GREY, BLUE, GREEN = (196, 40, 44), (208, 208, 208), (30, 40, 140), (40, 130, 90)


def symbols(rng: Rng) -> Canvas:
    """A QR code, a barcode, icons and arrows with a line of text beside each."""
    page = sheet(rng, 700, 700)
    for row in range(6):
        y = 24 + row * 112
        SYMBOLS[int(rng.integers(len(SYMBOLS)))](page, rng, 30, y)
        language = "zh" if rng.random() < 0.5 else "en"
        for i in range(2):
            page.write(190, y + 36 + 40 * i, texts.words(rng, language, 2), ink(rng, rng.uniform(18, 28), language))
    return page


def _qr(page: Canvas, rng: Rng, x: float, y: float) -> None:
    square_code(page, x, y, float(rng.uniform(70, 100)), BLACK)


def _bars(page: Canvas, rng: Rng, x: float, y: float) -> None:
    barcode(page, (x, y, 130, float(rng.uniform(30, 90))), BLACK)


def _boxes(page: Canvas, rng: Rng, x: float, y: float) -> None:
    """Tick boxes below each other, some ticked."""
    for i in range(4):
        top = y + i * 24
        page.frame((x, top, x + 16, top + 16), BLACK, 1)
        if rng.random() < 0.5:
            page.line((x + 3, top + 8, x + 7, top + 13), BLACK, 2)
            page.line((x + 7, top + 13, x + 14, top + 2), BLACK, 2)


def _arrows(page: Canvas, rng: Rng, x: float, y: float) -> None:
    for i in range(3):
        a, b = (int(x), int(y + 15 + 30 * i)), (int(x + rng.uniform(60, 120)), int(y + 15 + 30 * i))
        cv2.arrowedLine(page.rgb, a, b, BLACK, int(rng.integers(2, 6)), cv2.LINE_AA, tipLength=0.25)


def _icons(page: Canvas, rng: Rng, x: float, y: float) -> None:
    """Rings, stars and ornaments in a row."""
    for i in range(3):
        middle, radius = np.array([x + 22 + 44 * i, y + 40]), float(rng.uniform(12, 20))
        cv2.circle(page.rgb, middle.astype(int).tolist(), int(radius), BLACK, 2, cv2.LINE_AA)
        turns = np.radians(np.arange(5) * 144 - 90)
        star = middle + 0.8 * radius * np.stack([np.cos(turns), np.sin(turns)], 1)
        cv2.fillPoly(page.rgb, [star.astype(np.int32)], BLACK, cv2.LINE_AA)


SYMBOLS = (_qr, _bars, _boxes, _arrows, _icons)


def stamped(rng: Rng) -> Canvas:
    """A round seal over lines, and a pale watermark under them; both are ignored, the lines are read."""
    page, language = sheet(rng, 520, 720), "zh" if rng.random() < 0.7 else "en"
    mark = replace(ink(rng, 80, "zh", GREY), opacity=0.8)
    page.write(60, 360, "作废 样本 存档", mark, angle=-20)
    page.annotations.clear()
    paragraph(page, (40, 30, 680, 490), texts.prose(rng, language, 400), ink(rng, rng.uniform(20, 26), language), 1.7)
    middle, radius = (int(rng.uniform(200, 520)), int(rng.uniform(160, 360))), int(rng.uniform(70, 110))
    layer = page.rgb.copy()
    cv2.circle(layer, middle, radius, RED, 5, cv2.LINE_AA)
    cv2.circle(layer, middle, int(radius * 0.82), RED, 2, cv2.LINE_AA)
    page.rgb[:] = cv2.addWeighted(layer, 0.7, page.rgb, 0.3, 0)
    return page


def typed_over(rng: Rng) -> Canvas:
    """A coloured preprinted form, typed over in another colour, a little beside its lines; the back shows through."""
    page = sheet(rng, 560, 720)
    tint = (GREEN, RED, BLUE)[int(rng.integers(3))]
    _show_through(page, rng)
    for row in range(8):
        y = 30 + row * 64
        page.line((30, y + 46, 690, y + 46), tint)
        small = ink(rng, 16, "zh", tint)
        page.write(34, y + 22, texts.pick(rng, texts.WHAT) + "：", small)
        page.write(400, y + 22, texts.pick(rng, texts.WHERE) + "：", small)
        made = ink(rng, rng.uniform(20, 26), "zh", BLUE if tint != BLUE else BLACK)
        page.write(160, y + 40 + rng.uniform(-6, 6), texts.words(rng, "zh") if rng.random() < 0.5 else texts.amount(rng), made)
        page.write(520, y + 40 + rng.uniform(-6, 6), texts.amount(rng), made)
    return page


def _show_through(page: Canvas, rng: Rng) -> None:
    """Print of the back, mirrored and pale: not to be read."""
    back = sheet(rng, page.height, page.width)
    paragraph(back, (30, 20, 690, 540), texts.prose(rng, "zh", 300), ink(rng, 22, "zh"), 2.0)
    page.rgb[:] = cv2.addWeighted(back.rgb[:, ::-1], 0.12, page.rgb, 0.88, 0)


def dotted(rng: Rng) -> Canvas:
    """Dotted leaders between name and price, underlines, strike-through."""
    page, language = sheet(rng, 520, 720), "zh" if rng.random() < 0.5 else "en"
    made = ink(rng, rng.uniform(18, 26), language)
    for row in range(9):
        y = 50 + row * 52
        left = page.write(40, y, texts.words(rng, language), made)
        right = page.write(680, y, texts.amount(rng), made, align="r")
        if left and right:
            _leader(page, rng, (left[2] + 8, y, right[0] - 8), made.size)
    return page


def _leader(page: Canvas, rng: Rng, span: tuple[float, float, float], size: int) -> None:
    x0, y, x1 = span
    if rng.random() < 0.6:
        for x in np.arange(x0, x1, size * 0.45):
            cv2.circle(page.rgb, (int(x), int(y) - 2), 1, BLACK, -1, cv2.LINE_AA)
    else:
        page.line((40, y + size * 0.25, 680, y + size * 0.25), BLACK)
