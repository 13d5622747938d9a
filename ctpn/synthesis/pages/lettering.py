"""One line of text as an alpha mask with a tight quad, and the effects of printers and pens."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ctpn.synthesis.fonts import face
from ctpn.synthesis.pages.relief import Relief
from ctpn.synthesis.pages.types import Pixels, Rgb, Rng


@dataclass(frozen=True)
class Ink:
    """How text is written: font file, size of the em and extra spacing in pixels, colour, strength; `hand` wobbles
    like a pen, `bold` thickens by so many pixels, `dots` prints a matrix of dots, `worn` fades in patches, `halo` is the
    colour of an outline, `relief` the relief of letters on a sign."""

    font: str
    size: int
    colour: Rgb
    spacing: float = 0.0
    opacity: float = 1.0
    hand: bool = False
    bold: int = 0
    dots: bool = False
    worn: float = 0.0
    halo: Rgb | None = None
    relief: Relief | None = None


@dataclass(frozen=True)
class RenderedText:
    """`mask` uint8 [h, w]; `quad` float64 [4, 2] tight around the ink and `origin` (start of the baseline) in its pixels;
    `extent` is the width from the baseline's start to the end of the ink."""

    mask: Pixels
    quad: Pixels
    origin: tuple[float, float]
    extent: float


def render_text(text: str, ink: Ink, rng: Rng, angle: float = 0.0) -> RenderedText | None:
    """Render a line rotated clockwise by `angle` degrees; None if no ink is visible."""
    pad, base = ink.size, int(ink.size * 1.5)
    advance = cv2.getTextSize((0, 0), text, (0, 0), face(ink.font), ink.size)[2] + ink.spacing * len(text)
    mask = np.zeros((int(ink.size * 2.3), int(advance) + 2 * pad), np.uint8)
    _put_text(mask, text, ink, pad, base)
    mask = wear(mask, ink, rng)
    x, y, w, h = cv2.boundingRect((mask > 50).view(np.uint8))
    if w < 2 or h < 2:
        return None
    slack = max(0.0, 0.35 * ink.size - h) / 2 + 0.75
    x0, y0, x1, y1 = x - 0.75, y - slack, x + w + 0.75, y + h + slack
    box = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    if angle:
        return _rotated(mask, box, pad, base, angle)
    left, top = max(x - 3, 0), max(y - 3, 0)
    cut = mask[top : y + h + 3, left : x + w + 3]
    return RenderedText(cut, box - [left, top], (pad - left, base - top), x + w - pad)


def _put_text(mask: Pixels, text: str, ink: Ink, x: int, y: int) -> None:
    font = face(ink.font)
    if not ink.spacing:
        cv2.putText(mask, text, (x, y), 255, font, ink.size, 0, 0, (0, 1 << 20))
        return
    place = float(x)
    for char in text:
        end, _ = cv2.putText(mask, char, (round(place), y), 255, font, ink.size, 0, 0, (0, 1 << 20))
        place += end[0] - round(place) + ink.spacing


def wear(mask: Pixels, ink: Ink, rng: Rng) -> Pixels:
    """Effects of pen, printer and age on rendered letters, uint8 [h, w]."""
    if ink.bold:
        mask = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (ink.bold + 1, ink.bold + 1)))
    if ink.hand:
        mask = _wobble(mask, ink.size, rng)
    if ink.dots:
        grid = np.where(np.arange(max(mask.shape)) % 3 == 2, 0.35, 1.0).astype(np.float32)
        mask = (mask * np.minimum(grid[: mask.shape[0], None], grid[None, : mask.shape[1]])).astype(np.uint8)
    if ink.worn:
        field = rng.uniform(1 - 2 * ink.worn, 1, (3, max(3, mask.shape[1] // 40))).astype(np.float32)
        mask = (mask * cv2.resize(field, mask.shape[::-1]).clip(0.25, 1)).astype(np.uint8)
    return mask


def _wobble(mask: Pixels, size: int, rng: Rng) -> Pixels:
    """The unsteady line of a pen: a slant and a smooth random displacement."""
    h, w = mask.shape
    coarse = rng.normal(0, 0.07 * size, (2, 4, max(4, 2 * w // size))).astype(np.float32)
    dx, dy = (cv2.resize(c, (w, h), interpolation=cv2.INTER_CUBIC) for c in coarse)
    ys, xs = np.mgrid[0:h, 0:w].astype(np.float32)
    slant = float(rng.normal(0.1, 0.12))
    result: Pixels = cv2.remap(mask, xs + dx + slant * (ys - 1.5 * size), ys + dy, cv2.INTER_LINEAR)
    return result


def _rotated(mask: Pixels, box: Pixels, x: int, y: int, angle: float) -> RenderedText:
    """The mask rotated about the baseline's start, cropped to the rotated box."""
    turn = cv2.getRotationMatrix2D((x, y), -angle, 1.0)
    quad = box @ turn[:, :2].T + turn[:, 2]
    low = np.floor(quad.min(0)) - 3
    turn = np.column_stack([turn[:, :2], turn[:, 2] - low])
    w, h = (int(v) for v in np.ceil(quad.max(0) - low) + 4)
    rotated = cv2.warpAffine(mask, turn, (w, h), flags=cv2.INTER_LINEAR)
    return RenderedText(rotated, quad - low, (x - low[0], y - low[1]), float(box[1, 0] - x))
