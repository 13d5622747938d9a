"""Street and shop signs: large text at any angle on a photo-like background."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from ctpn.annotations.formats import TextAnnotation
from ctpn.synthesis.fonts import Fonts
from ctpn.synthesis.pages.canvas import Canvas, shorten, width_of
from ctpn.synthesis.pages.layout import language, size
from ctpn.synthesis.pages.lettering import Ink
from ctpn.synthesis.pages.paper import colour, facade, paper, rows_of_shapes, scene, smooth_noise
from ctpn.synthesis.pages.relief import relief
from ctpn.synthesis.pages.types import Pixels, Rgb, Rng
from ctpn.synthesis.texts import Texts


def sign(rng: Rng, fonts: Fonts) -> Canvas:
    """A few boards and free letterings that do not overlap."""
    h, w = size(rng, 0.6, 1.4)
    page = Canvas(scene(rng, h, w), rng, fonts)
    if rng.random() < 0.25:
        facade(rng, page.rgb)
    for _ in range(int(rng.integers(0, 4))):
        rows_of_shapes(rng, page.rgb)
    _fill(page, np.zeros((h, w), np.uint8), 60)
    return page


def street(rgb: Pixels, annotations: list[TextAnnotation], rng: Rng, fonts: Fonts) -> Canvas:
    """Signs in a real photo, uint8 RGB, beside the text in its `annotations`. A part of the photo is enlarged to
    a long side of 640 to 1280, so that backgrounds and the photo's own text appear at several sizes."""
    h, w = rgb.shape[:2]
    share = float(rng.uniform(0.4, 1))
    part_h, part_w = int(h * share), int(w * share)
    y, x = int(rng.integers(h - part_h + 1)), int(rng.integers(w - part_w + 1))
    scale = float(rng.integers(640, 1281)) / max(part_h, part_w)
    part = cv2.resize(rgb[y : y + part_h, x : x + part_w], None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    moved = [TextAnnotation(((r.quad - [x, y] + 0.5) * scale - 0.5).astype(np.float32), r.text) for r in annotations]
    taken = np.zeros(part.shape[:2], np.uint8)
    for r in moved:
        cv2.fillPoly(taken, [r.quad.astype(np.int32)], 1)
    free = part.copy()
    for _ in range(int(rng.integers(0, 5))):
        rows_of_shapes(rng, free)
    part[taken == 0] = free[taken == 0]
    page = Canvas(part, rng, fonts)
    page.annotations += [r for r in moved if (r.quad.max(0) > 0).all() and (r.quad.min(0) < part.shape[1::-1]).all()]
    _fill(page, cv2.dilate(taken, np.ones((9, 9), np.uint8)), 40)
    return page


def _fill(page: Canvas, taken: Pixels, max_tries: int) -> None:
    """Up to `max_tries` tries to place a sign; photos of one sign are as common as photos of a street."""
    near = float(page.rng.uniform(1.5, 3)) if page.rng.random() < 0.5 else 1.0
    for _ in range(int(page.rng.integers(4, max_tries) / near) + 2):
        texts = Texts(page.rng, language(page.rng))
        if texts.language == "zh" and page.rng.random() < 0.2:
            _column(page, texts, taken, near)
        elif page.rng.random() < 0.6:
            _board(page, texts, taken, near)
        else:
            _free(page, texts, taken, near)


def _free(page: Canvas, texts: Texts, taken: Pixels, near: float) -> None:
    """Letters painted directly onto the scene, in a colour with contrast to the background."""
    rng = page.rng
    ink = page.ink(min(near * np.exp(rng.uniform(np.log(16), np.log(170))), page.height / 2), (0, 0, 0), texts.language)
    ink = _spaced(rng, ink)
    text = shorten(texts.sign(), ink, page.width * 0.9)
    angle = float(rng.normal(0, 5) if rng.random() < 0.6 else rng.uniform(-60, 60))
    x, y = rng.uniform(0, max(page.width * 0.95 - width_of(text, ink), 1)), rng.uniform(1.2 * ink.size, page.height - 0.4 * ink.size)
    spot = _claim(taken, _place(x, y, width_of(text, ink), ink.size, angle))
    if text and spot is not None:
        light = page.rgb[spot > 0].mean() < 128
        halo = (colour(rng, 0.0, 0.2) if light else colour(rng, 0.8, 1.0)) if rng.random() < 0.4 else None
        shade = _contrast(rng, page.rgb[spot > 0].mean() / 255)
        page.write(x, y, text, _mounted(rng, replace(ink, colour=shade, halo=halo)), angle=angle)


def _column(page: Canvas, texts: Texts, taken: Pixels, near: float) -> None:
    """Characters below each other, upright, on a board or none: each is a line of its own."""
    rng = page.rng
    ink = page.ink(min(near * np.exp(rng.uniform(np.log(20), np.log(120))), page.height / 4), (0, 0, 0), texts.language)
    step = ink.size * float(rng.uniform(1.02, 1.35))
    text = texts.sign().replace(" ", "")[: int(page.height * 0.8 / step)]
    x, y = rng.uniform(ink.size, page.width - ink.size), rng.uniform(1.5 * ink.size, page.height * 0.6)
    x0, x1, y0, y1 = x - 0.75 * ink.size, x + 0.75 * ink.size, y - 1.2 * ink.size, y - ink.size + step * len(text)
    spot = _claim(taken, np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]))
    if len(text) < 2 or spot is None:
        return
    if rng.random() < 0.6:
        page.rgb[spot > 0] = colour(rng, 0.05, 0.4) if rng.random() < 0.5 else colour(rng, 0.65, 1.0)
    shade = colour(rng, 0.75, 1.0) if page.rgb[spot > 0].mean() < 128 else colour(rng, 0.0, 0.22)
    ink = _mounted(rng, replace(ink, colour=shade))
    for i, character in enumerate(text):
        page.write(x, y + i * step, character, ink, align="c")


def _contrast(rng: Rng, lightness: float) -> Rgb:
    """A colour for letters on a background of this lightness (0 black, 1 white): mostly high contrast, sometimes low."""
    if rng.random() < 0.65:
        return colour(rng, 0.75, 1.0) if lightness < 0.5 else colour(rng, 0.0, 0.22)
    apart = float(rng.uniform(0.2, 0.45))
    shade = lightness + apart if lightness < 0.5 else lightness - apart
    return colour(rng, shade, shade)


def _spaced(rng: Rng, ink: Ink) -> Ink:
    """Letters on signs often have wide spacing to fill a board."""
    far = rng.random()
    return replace(ink, spacing=float(rng.uniform(0, 0.2 if far < 0.3 else 0.7) * ink.size)) if far < 0.5 else ink


def _mounted(rng: Rng, ink: Ink) -> Ink:
    """Large letters often have a relief."""
    if ink.size < 28 or rng.random() < 0.5:
        return ink
    light = sum(ink.colour) > 380
    foot = colour(rng, 0.6, 1.0) if light else colour(rng, 0.0, 0.35)
    return replace(ink, relief=relief(rng, ink.size, (colour(rng, 0.0, 0.3) if light else colour(rng, 0.5, 1.0), foot)))


def _place(x: float, y: float, width: float, size: int, angle: float) -> Pixels:
    """The quad float64 [4, 2] that a line of this size would take, with some padding."""
    x0, y0, x1, y1 = -0.3 * size, -1.1 * size, width + 0.5 * size, 0.4 * size
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    result: Pixels = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]) @ np.array([[c, s], [-s, c]]) + [x, y]
    return result


def _board(page: Canvas, texts: Texts, taken: Pixels, near: float) -> None:
    """A board with one to four lines, rendered flat and warped into the scene."""
    rng = page.rng
    bw = int(page.width * min(near * rng.uniform(0.15, 0.65), 0.95))
    bh = int(page.height * min(near * rng.uniform(0.06, 0.3), 0.6))
    angle = np.radians(rng.normal(0, 6) if rng.random() < 0.65 else rng.uniform(-55, 55))
    corners = np.array([[-bw, -bh], [bw, -bh], [bw, bh], [-bw, bh]]) / 2 * (1 + rng.normal(0, 0.06, (4, 2)))
    corners = corners @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    reach, size_xy = np.abs(corners).max(0), np.array([page.width, page.height])
    corners += reach + (size_xy - 2 * reach) * rng.uniform(0, 1, 2)
    if _claim(taken, corners) is None:
        return
    _paste(page, _lettered(page, texts, bh, bw), corners)


def _paste(page: Canvas, board: Canvas, corners: Pixels) -> None:
    """Warp the board and its quads to four corners of the page."""
    bw, bh = board.width, board.height
    flat = np.array([[0, 0], [bw, 0], [bw, bh], [0, bh]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, corners.astype(np.float32))
    size_xy = (page.width, page.height)
    cv2.warpPerspective(board.rgb, matrix, size_xy, page.rgb, cv2.INTER_LINEAR, cv2.BORDER_TRANSPARENT)
    for r in board.annotations:
        quad = cv2.perspectiveTransform(r.quad.reshape(1, 4, 2), matrix)[0].astype(np.float32)
        page.annotations.append(TextAnnotation(quad, r.text))


def _lettered(page: Canvas, texts: Texts, h: int, w: int) -> Canvas:
    rng, lightness = page.rng, float(page.rng.uniform(0.05, 0.5) if page.rng.random() < 0.55 else page.rng.uniform(0.5, 1.0))
    ground = colour(rng, lightness, lightness)
    board = Canvas(paper(rng, h, w, ground), rng, page.fonts)
    if rng.random() < 0.3:  # lit from one side, or printed so
        board.rgb[:] = cv2.multiply(board.rgb, cv2.merge([smooth_noise(rng, h, w, 2, 0.18) + 1] * 3), dtype=cv2.CV_8U)
    shade = _contrast(rng, lightness)
    if rng.random() < 0.5:
        board.frame((4, 4, w - 5, h - 5), shade, int(rng.integers(1, 5)))
    rows = int(rng.integers(1, max(2, min(5, h // 35 + 1)))) if rng.random() < 0.6 else 1
    step = (h - 16) / rows
    for i in range(rows):
        ink = _spaced(rng, board.ink(min(step * rng.uniform(0.5, 0.85), 400), shade, texts.language))
        ink = replace(ink, bold=max(2, ink.size // 30) * int(rng.random() < 0.25))
        choice = rng.random()
        text = shorten(texts.sign() if choice < 0.6 else texts.company() if choice < 0.8 else texts.phone(), ink, w - 24)
        if text:
            board.write(w / 2, 8 + (i + 0.5) * step + ink.size * 0.36, text, _mounted(rng, ink), align="c")
    return board


def _claim(taken: Pixels, quad: Pixels) -> Pixels | None:
    """Reserve the area of the quad; None if it is taken or not fully on the page."""
    h, w = taken.shape
    if quad.min() < 2 or (quad[:, 0] > w - 3).any() or (quad[:, 1] > h - 3).any():
        return None
    spot = np.zeros_like(taken)
    cv2.fillConvexPoly(spot, quad.astype(np.int32), 1)
    if (spot & taken).any():
        return None
    taken |= spot
    return spot
