"""Backgrounds: papers, and scenes that look like photos."""

from __future__ import annotations

import colorsys
from itertools import product

import cv2
import numpy as np

from ctpn.synthesis.pages.types import Pixels, Rgb, Rng


def colour(rng: Rng, low: float, high: float, vivid: float = 1.0) -> Rgb:
    """A random colour with a lightness (0 black, 1 white) between `low` and `high`."""
    r, g, b = colorsys.hls_to_rgb(rng.random(), rng.uniform(low, high), rng.random() * vivid)
    return int(r * 255), int(g * 255), int(b * 255)


def dark(rng: Rng) -> Rgb:
    """An ink for light paper, mostly near black."""
    return colour(rng, 0.0, 0.22, 0.3) if rng.random() < 0.75 else colour(rng, 0.1, 0.4)


def smooth_noise(rng: Rng, h: int, w: int, cells: int, spread: float) -> Pixels:
    """A smooth random field, float32 [h, w], with standard deviation `spread`."""
    cells_w = max(2, cells * w // max(h, 1))
    field = rng.normal(0, spread, (max(2, cells), cells_w)).astype(np.float32)
    result: Pixels = cv2.resize(field, (w, h), interpolation=cv2.INTER_CUBIC)
    return result


def grain(rng: Rng, h: int, w: int, spread: float) -> Pixels:
    """Fine noise, float32 [h, w]."""
    field = np.empty((h, w), np.float32)
    cv2.setRNGSeed(int(rng.integers(2**31)))
    cv2.randn(field, np.zeros(1), np.full(1, spread))
    return field


def paper(rng: Rng, h: int, w: int, base: Rgb | None = None) -> Pixels:
    """Paper: one colour, uneven and grainy to a random degree."""
    base = base or ((252, 252, 250) if rng.random() < 0.3 else colour(rng, 0.78, 0.99, 0.4))
    field = smooth_noise(rng, h, w, int(rng.integers(2, 6)), rng.uniform(0, 6)) + grain(rng, h, w, rng.uniform(0, 4))
    if rng.random() < 0.25:
        field += smooth_noise(rng, h, w, int(rng.integers(60, 200)), rng.uniform(1, 5))
    return _tint(np.array(base, np.float32), field)


def scene(rng: Rng, h: int, w: int) -> Pixels:
    """Something like a photo without text: a gradient, clutter of shapes, texture of several scales."""
    rgb = _gradient(rng, h, w)
    for step, chance in ((_shapes, 0.8), (_stripes, 0.35), (_bricks, 0.25)):
        if rng.random() < chance:
            step(rng, rgb)
    if rng.random() < 0.6:
        rgb = cv2.GaussianBlur(rgb, (0, 0), rng.uniform(0.6, 6))
    field = grain(rng, h, w, rng.uniform(1, 9))
    for cells, spread in ((3, 30), (16, 22), (90, 18)):
        field += smooth_noise(rng, h, w, cells, rng.uniform(0, spread))
    result: Pixels = cv2.add(rgb, cv2.merge([field] * 3), dtype=cv2.CV_8U)
    return result


def _tint(base: Pixels, field: Pixels) -> Pixels:
    result: Pixels = cv2.merge([cv2.convertScaleAbs((field + b).clip(0, 255)) for b in base])
    return result


def _gradient(rng: Rng, h: int, w: int) -> Pixels:
    corners = np.array([colour(rng, 0.05, 0.95, 0.6) for _ in range(4)], np.uint8).reshape(2, 2, 3)
    result: Pixels = cv2.resize(corners, (w, h), interpolation=cv2.INTER_LINEAR)
    return result


def _shapes(rng: Rng, rgb: Pixels) -> None:
    h, w = rgb.shape[:2]
    for _ in range(int(rng.integers(3, 40))):
        x, y = int(rng.integers(w)), int(rng.integers(h))
        a, b = int(rng.uniform(0.01, 0.3) * w), int(rng.uniform(0.01, 0.3) * h)
        thick = -1 if rng.random() < 0.7 else int(rng.integers(1, 8))
        kind, ink = int(rng.integers(3)), colour(rng, 0.05, 0.95, 0.8)
        if kind == 0:
            cv2.rectangle(rgb, (x, y), (x + a, y + b), ink, thick)
        elif kind == 1:
            cv2.ellipse(rgb, (x, y), (a + 1, b + 1), float(rng.uniform(0, 180)), 0, 360, ink, thick, cv2.LINE_AA)
        else:
            points = (rng.normal(0, 1, (int(rng.integers(3, 7)), 2)) * [a, b] + [x, y]).astype(np.int32)
            cv2.fillPoly(rgb, [points], ink, cv2.LINE_AA)


def _stripes(rng: Rng, rgb: Pixels) -> None:
    """Slats, fences, cables: many similar straight lines, which are not text."""
    h, w = rgb.shape[:2]
    step, thick, ink = int(rng.integers(6, 60)), int(rng.integers(1, 6)), colour(rng, 0.05, 0.95)
    x0, y0, lean = int(rng.integers(w)), int(rng.integers(h)), int(rng.integers(-40, 40))
    for x in range(x0, x0 + step * int(rng.integers(5, 40)), step):
        cv2.line(rgb, (x, y0), (x + lean, y0 + h // 3), ink, thick, cv2.LINE_AA)


def facade(rng: Rng, rgb: Pixels) -> None:
    """A wall of windows seen from the side, over the full picture, uint8 RGB [H, W, 3]: rows that are not text."""
    h, w = rgb.shape[:2]
    wall = np.full_like(rgb, colour(rng, 0.2, 0.9, 0.4))
    cell = float(np.exp(rng.uniform(np.log(12), np.log(110)))) * rng.uniform(0.7, 1.4, 2)
    pane, frame, thick = colour(rng, 0.05, 0.6, 0.5), colour(rng, 0.3, 1.0, 0.3), int(rng.integers(1, 4))
    low, high = cell * rng.uniform(0.05, 0.3, 2), cell * rng.uniform(0.65, 0.95, 2)
    for x, y in product(np.arange(0, w, cell[0]), np.arange(0, h, cell[1])):
        a, b = (int(x + low[0]), int(y + low[1])), (int(x + high[0]), int(y + high[1]))
        cv2.rectangle(wall, a, b, pane if rng.random() < 0.85 else frame, -1)
        cv2.rectangle(wall, a, b, frame, thick)
        if cell.min() > 30:
            cv2.line(wall, ((a[0] + b[0]) // 2, a[1]), ((a[0] + b[0]) // 2, b[1]), frame, thick)
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    moved = (corners * rng.uniform(0.7, 1.6, (4, 2))).astype(np.float32)
    cv2.warpPerspective(wall, cv2.getPerspectiveTransform(corners, moved), (w, h), rgb, cv2.INTER_AREA, cv2.BORDER_TRANSPARENT)


def rows_of_shapes(rng: Rng, rgb: Pixels) -> None:
    """Windows, lamps, tiles, rivets, leaves: one shape repeated in rows like letters, which is not text."""
    h, w = rgb.shape[:2]
    size, gap = float(np.exp(rng.uniform(np.log(5), np.log(70)))), rng.uniform(1.1, 2.2, 2)
    outline = np.stack([np.cos(turn := np.linspace(0, 2 * np.pi, int(rng.choice((4, 4, 5, 6, 24))), endpoint=False)), np.sin(turn)], 1)
    outline = outline * size / 2 * rng.uniform(0.4, 1.2, 2) + rng.normal(0, 0.08 * size, outline.shape)
    rotation, lean = _turn(float(rng.uniform(0, 360))), _turn(float(rng.normal(0, 12)))
    fill, frame = colour(rng, 0.05, 0.95, 0.5), colour(rng, 0.05, 0.95, 0.5)
    start, loose = rng.uniform(0, 1, 2) * [w, h], float(rng.choice((0.0, 0.0, 0.1, 0.4)))
    for row, column in np.ndindex(int(rng.integers(1, 7)), int(rng.integers(3, 16))):
        place = lean @ (np.array([column, row]) * gap * size) + start + rng.normal(0, loose * size, 2)
        shape = (outline @ (rotation if loose < 0.4 else _turn(float(rng.uniform(0, 360)))) + place).astype(np.int32)
        if rng.random() < 0.9:
            cv2.fillPoly(rgb, [shape], fill, cv2.LINE_AA)
        cv2.polylines(rgb, [shape], True, frame, 1 + int(size / 16), cv2.LINE_AA)


def _turn(degrees: float) -> Pixels:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s], [s, c]])


def _bricks(rng: Rng, rgb: Pixels) -> None:
    h, w = rgb.shape[:2]
    bh, bw, ink = int(rng.integers(14, 50)), int(rng.integers(30, 120)), colour(rng, 0.2, 0.8, 0.3)
    for row, y in enumerate(range(0, h, bh)):
        cv2.line(rgb, (0, y), (w, y), ink, 2)
        for x in range((row % 2) * bw // 2, w, bw):
            cv2.line(rgb, (x, y), (x, y + bh), ink, 2)
