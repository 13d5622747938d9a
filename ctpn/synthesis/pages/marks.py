"""Marks beside text: barcodes, square codes, stamps, signatures, creases."""

from __future__ import annotations

import cv2
import numpy as np

from ctpn.annotations.formats import TextAnnotation
from ctpn.synthesis.pages.canvas import Canvas
from ctpn.synthesis.pages.types import Pixels, Rect, Rgb


def barcode(page: Canvas, box: Rect, colour: Rgb) -> None:
    """Bars that fill the box (x, y, width, height)."""
    x, y, w, h = box
    module = max(1, round(w / 130))
    runs = page.rng.integers(1, 5, int(w / module / 2) + 2) * module
    row = np.repeat(np.arange(len(runs)) % 2 == 0, runs)[: int(w)]
    _print(page, int(x), int(y), np.tile(row, (int(h), 1)).astype(np.float32), colour)


def square_code(page: Canvas, x: float, y: float, side: float, colour: Rgb) -> None:
    """A QR-like field of modules with three finder squares."""
    n = int(page.rng.integers(21, 38))
    field: Pixels = (page.rng.random((n, n)) < 0.5).astype(np.float32)
    finder = np.ones((7, 7), np.float32)
    finder[1:6, 1:6] = 0
    finder[2:5, 2:5] = 1
    for r, c in ((0, 0), (0, n - 8), (n - 8, 0)):
        field[r : r + 8, c : c + 8] = 0
        field[r + (r > 0) : r + (r > 0) + 7, c + (c > 0) : c + (c > 0) + 7] = finder
    field = cv2.resize(field, (int(side), int(side)), interpolation=cv2.INTER_NEAREST)
    _print(page, int(x), int(y), field, colour)


def stamp(page: Canvas, centre: tuple[float, float], radius: float, text: str, colour: Rgb = (200, 30, 40)) -> None:
    """A round seal with a star or a line of text through its middle; it may lie over other text."""
    (x, y), middle = centre, (int(centre[0]), int(centre[1]))
    layer = page.rgb.copy()
    cv2.circle(layer, middle, int(radius), colour, max(2, int(radius / 18)), cv2.LINE_AA)
    if page.rng.random() < 0.5:
        cv2.circle(layer, middle, int(radius * 0.85), colour, 1, cv2.LINE_AA)
    turns = np.radians(np.arange(5) * 144 - 90)
    star = np.stack([x + radius * 0.3 * np.cos(turns), y - radius * 0.15 + radius * 0.3 * np.sin(turns)], 1)
    cv2.fillPoly(layer, [star.astype(np.int32)], colour, cv2.LINE_AA)
    page.rgb[:] = cv2.addWeighted(layer, 0.7, page.rgb, 0.3, 0)
    size = min(radius * 0.3, radius * 1.3 / max(len(text), 1))
    if size >= 8:
        page.write(x, y + radius * 0.55, text, page.ink(size, colour, opacity=0.75), align="c")


def signature(page: Canvas, box: Rect, colour: Rgb) -> None:
    """A scribble in the box (x, y, width, height): unreadable writing, annotated as ###."""
    x, y, w, h = box
    n = int(page.rng.integers(6, 14))
    heights, t = page.rng.uniform(0, 1, n + 1), np.linspace(0, n - 0.001, n * 12)
    i, blend = t.astype(int), (1 - np.cos((t % 1) * np.pi)) / 2
    across = t / n + 0.6 / n * np.sin(t * np.pi)
    curve = np.stack([across, heights[i] * (1 - blend) + heights[i + 1] * blend], 1)
    points = (np.clip(curve, 0, 1) * [w, h] + [x, y]).astype(np.int32)
    cv2.polylines(page.rgb, [points], False, colour, max(1, int(h / 18)), cv2.LINE_AA)
    quad = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], np.float32)
    page.annotations.append(TextAnnotation(quad, "###"))


def creases(page: Canvas) -> None:
    """Folds across the paper: a light line beside a dark one that fades away."""
    h, w = page.height, page.width
    light = np.zeros((h, w), np.float32)
    ys, xs = np.mgrid[0:h, 0:w].astype(np.float32)
    for _ in range(int(page.rng.integers(1, 4))):
        angle = page.rng.uniform(0, np.pi)
        d = (xs - page.rng.uniform(0, w)) * np.sin(angle) - (ys - page.rng.uniform(0, h)) * np.cos(angle)
        strength, width = page.rng.uniform(8, 30), page.rng.uniform(1, 14)
        light += strength * np.exp(-np.abs(d) / width) * np.sign(d)
    page.rgb[:] = cv2.add(page.rgb, cv2.merge([light] * 3), dtype=cv2.CV_8U)


def _print(page: Canvas, x: int, y: int, mask: Pixels, colour: Rgb) -> None:
    part = page.rgb[max(y, 0) : y + mask.shape[0], max(x, 0) : x + mask.shape[1]]
    mask = mask[: part.shape[0], : part.shape[1], None]
    part[:] = (part + (np.array(colour, np.float32) - part) * mask).astype(np.uint8)
