"""Pages with many marks that have the size of letters but are not text: codes, icons, arrows, tick boxes, ornaments, emblems."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from ctpn.synthesis.fonts import Fonts
from ctpn.synthesis.pages.canvas import Canvas, shorten
from ctpn.synthesis.pages.layout import language, size
from ctpn.synthesis.pages.marks import barcode, square_code
from ctpn.synthesis.pages.paper import colour, dark, paper
from ctpn.synthesis.pages.types import Pixels, Rect, Rgb, Rng
from ctpn.synthesis.texts import Texts


def symbols(rng: Rng, fonts: Fonts) -> Canvas:
    """A grid of places; in each some symbols, some lines of text, or both side by side."""
    h, w = size(rng, 0.6, 1.5)
    page = Canvas(paper(rng, h, w) if rng.random() < 0.7 else paper(rng, h, w, colour(rng, 0.3, 0.95)), rng, fonts)
    texts = Texts(rng, language(rng))
    light = page.rgb.mean() < 120
    rows, columns = int(rng.integers(2, 8)), int(rng.integers(1, 4))
    for row, column in np.ndindex(rows, columns):
        place = (column * w / columns, row * h / rows, (column + 1) * w / columns, (row + 1) * h / rows)
        ink = colour(rng, 0.8, 1.0) if light else dark(rng) if rng.random() < 0.7 else colour(rng, 0.2, 0.5)
        _place(page, texts, place, ink)
    return page


def _place(page: Canvas, texts: Texts, rect: Rect, ink: Rgb) -> None:
    (x0, y0, x1, y1), rng = rect, page.rng
    side = float(min((y1 - y0) * 0.8, (x1 - x0) * 0.4, 40 + 200 * rng.random()))
    x, y = x0 + 0.1 * side, y0 + 0.1 * (y1 - y0)
    if side < 12:
        return
    if rng.random() < 0.85:
        SYMBOLS[int(rng.integers(len(SYMBOLS)))](page, (x, y, x + side, y + side), ink)
        x += 1.15 * side
    if rng.random() < 0.8:
        _lines(page, texts, (x, y, x1 - 4, y1), ink)


def _lines(page: Canvas, texts: Texts, rect: Rect, colour: Rgb) -> None:
    x0, y, x1, y1 = rect
    letters = page.ink(float(np.exp(page.rng.uniform(np.log(11), np.log(40)))), colour, texts.language)
    for _ in range(int(page.rng.integers(1, 6))):
        y += letters.size * float(page.rng.uniform(1.2, 1.8))
        text = texts.pick((texts.title, texts.value, texts.goods, texts.label, texts.sign))()
        if y < y1:
            page.write(x0, y, shorten(text, letters, x1 - x0), letters)


def _code(page: Canvas, box: Rect, ink: Rgb) -> None:
    x0, y0, x1, _ = box
    square_code(page, x0, y0, x1 - x0, ink)


def _bars(page: Canvas, box: Rect, ink: Rgb) -> None:
    x0, y0, x1, y1 = box
    barcode(page, (x0, y0, x1 - x0, (y1 - y0) * float(page.rng.uniform(0.25, 0.8))), ink)


def _tick_boxes(page: Canvas, box: Rect, ink: Rgb) -> None:
    """Small squares or rings below or beside each other, some ticked or filled."""
    (x0, y0, x1, y1), rng = box, page.rng
    size, across, ring = float(rng.uniform(8, 26)), rng.random() < 0.5, rng.random() < 0.4
    step = size * float(rng.uniform(1.2, 2.5))
    for i in range(int(min(8, ((x1 - x0) if across else (y1 - y0)) / step))):
        x, y = (x0 + i * step, y0) if across else (x0, y0 + i * step)
        middle = (int(x + size / 2), int(y + size / 2))
        if ring:
            cv2.circle(page.rgb, middle, int(size / 2), ink, 1, cv2.LINE_AA)
        else:
            page.frame((x, y, x + size, y + size), ink, 1)
        filled = rng.random()
        if filled < 0.3:
            points = np.array([[0.2, 0.5], [0.45, 0.8], [0.85, 0.15]]) * size + [x, y]
            cv2.polylines(page.rgb, [points.astype(np.int32)], False, ink, max(1, int(size / 9)), cv2.LINE_AA)
        elif filled < 0.45:
            cv2.circle(page.rgb, middle, max(2, int(size / 4)), ink, -1, cv2.LINE_AA)


def _arrows(page: Canvas, box: Rect, ink: Rgb) -> None:
    (x0, y0, x1, y1), rng = box, page.rng
    for _ in range(int(rng.integers(1, 6))):
        a, b = (rng.uniform(0, 1, (2, 2)) * [x1 - x0, y1 - y0] + [x0, y0]).astype(int).tolist()
        if rng.random() < 0.5:
            b[1] = a[1]
        cv2.arrowedLine(page.rgb, a, b, ink, int(rng.integers(1, 6)), cv2.LINE_AA, tipLength=float(rng.uniform(0.1, 0.4)))


def _emblem(page: Canvas, box: Rect, ink: Rgb) -> None:
    """Rings, stars and polygons about one middle, like logos and seals without letters."""
    (x0, y0, x1, y1), rng = box, page.rng
    middle, radius = np.array([(x0 + x1) / 2, (y0 + y1) / 2]), (x1 - x0) / 2
    for _ in range(int(rng.integers(1, 5))):
        part = float(rng.uniform(0.3, 1)) * radius
        thick = -1 if rng.random() < 0.3 else max(1, int(radius * rng.uniform(0.02, 0.15)))
        if rng.random() < 0.5:
            cv2.circle(page.rgb, middle.astype(int).tolist(), int(part), ink, thick, cv2.LINE_AA)
        else:
            _shape(page, middle + star(rng) * part, ink, thick)


def star(rng: Rng) -> Pixels:
    """Corners float64 [n, 2] of a star or regular polygon about the origin, radius 1."""
    n, inner = int(rng.integers(3, 9)), float(rng.choice((1.0, rng.uniform(0.3, 0.7))))
    turns = np.arange(2 * n) * np.pi / n + rng.uniform(0, np.pi)
    radius = np.where(np.arange(2 * n) % 2, inner * np.cos(np.pi / n), 1.0)
    corners: Pixels = np.stack([np.cos(turns), np.sin(turns)], 1) * radius[:, None]
    return corners


def _shape(page: Canvas, points: Pixels, ink: Rgb, thick: int) -> None:
    if thick < 0:
        cv2.fillPoly(page.rgb, [points.astype(np.int32)], ink, cv2.LINE_AA)
    else:
        cv2.polylines(page.rgb, [points.astype(np.int32)], True, ink, thick, cv2.LINE_AA)


def _ornaments(page: Canvas, box: Rect, ink: Rgb) -> None:
    """The same small shape in a row, as borders and ratings have it."""
    (x0, y0, x1, y1), rng = box, page.rng
    size = float(rng.uniform(5, 16))
    outline = star(rng) * size
    thick = -1 if rng.random() < 0.6 else 1
    for x in np.arange(x0 + size, x1, size * rng.uniform(1.8, 3)):
        _shape(page, outline + np.array([x, (y0 + y1) / 2]), ink, thick)


def _pictogram(page: Canvas, box: Rect, ink: Rgb) -> None:
    """A random drawing symmetric about its middle, as pictograms and handling marks are."""
    (x0, y0, x1, _), rng = box, page.rng
    n = int(rng.integers(5, 12))
    half = (cv2.GaussianBlur(rng.normal(0, 1, (n, (n + 1) // 2)), (0, 0), 0.7) > 0.15).astype(np.uint8) * 255
    whole = np.hstack([half, half[:, ::-1][:, n % 2 :]])
    side = int(x1 - x0)
    mask = cv2.resize(whole, (side, side), interpolation=cv2.INTER_CUBIC if rng.random() < 0.5 else cv2.INTER_NEAREST)
    part = page.rgb[int(y0) : int(y0) + side, int(x0) : int(x0) + side]
    part[mask[: part.shape[0], : part.shape[1]] > 127] = ink


SYMBOLS: tuple[Callable[[Canvas, Rect, Rgb], None], ...] = (
    _code, _code, _bars, _tick_boxes, _tick_boxes, _arrows, _emblem, _ornaments, _pictogram, _pictogram,
)  # fmt: skip
