"""Print as phones photograph it: low light, motion, curved paper, perspective, moiré, light letters on dark, gradients."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from benchmarks.kinds import texts
from benchmarks.kinds.drawing import Rng, ink, jpeg, paragraph, sheet
from ctpn.annotations.formats import TextAnnotation
from ctpn.synthesis.pages.canvas import Canvas


def _letter(rng: Rng) -> Canvas:
    page, language = sheet(rng, 620, 760), "zh" if rng.random() < 0.5 else "en"
    paragraph(page, (50, 40, 710, 580), texts.prose(rng, language, 280), ink(rng, rng.uniform(22, 30), language), 1.7)
    return page


def low_light(rng: Rng) -> Canvas:
    """A quarter of the light and four times the noise."""
    page = _letter(rng)
    dim = page.rgb.astype(np.float32) * rng.uniform(0.16, 0.3) + rng.normal(0, rng.uniform(4, 8), page.rgb.shape)
    return jpeg(replace(page, rgb=dim.clip(0, 255).astype(np.uint8)), 75)


def motion_blur(rng: Rng) -> Canvas:
    """The hand moved by three to six pixels."""
    page, length, angle = _letter(rng), int(rng.integers(3, 7)), float(rng.uniform(0, 180))
    kernel = np.zeros((7, 7), np.float32)
    kernel[3, 3 - length // 2 : 3 - length // 2 + length] = 1 / length
    kernel = cv2.warpAffine(kernel, cv2.getRotationMatrix2D((3, 3), angle, 1), (7, 7))
    return jpeg(replace(page, rgb=cv2.filter2D(page.rgb, -1, kernel / kernel.sum())), 80)


def curved(rng: Rng) -> Canvas:
    """Round a bottle: lines bend by up to half their height, and are narrow at the sides."""
    page, bend = _letter(rng), float(rng.uniform(8, 20))
    h, w = page.height, page.width
    ys, xs = np.mgrid[0:h, 0:w].astype(np.float32)
    turn = 1.1 * (xs / w * 2 - 1)
    source = np.stack([(np.sin(turn) / np.sin(1.1) + 1) / 2 * w, ys - bend * (1 - np.cos(turn))], 2).astype(np.float32)
    rgb = cv2.remap(page.rgb, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return replace(page, rgb=rgb, annotations=[TextAnnotation(_bent(r.quad, w, bend), r.text) for r in page.annotations])


def _bent(quad: np.ndarray, width: int, bend: float) -> np.ndarray:
    """Where the corners of a quad come to lie; the polygon between them stays straight."""
    turn = np.arcsin(((quad[:, 0] / width) * 2 - 1) * np.sin(1.1))
    out = np.stack([(turn / 1.1 + 1) / 2 * width, quad[:, 1] + bend * (1 - np.cos(turn))], 1)
    return out.astype(np.float32)


def perspective(rng: Rng) -> Canvas:
    """A sheet seen from one side, on a dark table."""
    page = _letter(rng)
    h, w = page.height, page.width
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    moved = corners + (rng.uniform(0.02, 0.14, (4, 2)) * [[w, h], [-w, h], [-w, -h], [w, -h]]).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    rgb = cv2.warpPerspective(page.rgb, matrix, (w, h), borderValue=(60, 48, 40))
    quads = [cv2.perspectiveTransform(r.quad[None].astype(np.float32), matrix)[0] for r in page.annotations]
    return replace(page, rgb=rgb, annotations=[TextAnnotation(q, r.text) for q, r in zip(quads, page.annotations, strict=True)])


def moire(rng: Rng) -> Canvas:
    """A screen photographed: bands of colour over the letters."""
    page = _letter(rng)
    ys, xs = np.mgrid[0 : page.height, 0 : page.width].astype(np.float32)
    a, b = rng.uniform(0.3, 0.9, 2)
    waves = [14 * np.sin(a * xs + b * ys + phase) + 10 * np.sin(0.05 * (xs * b - ys * a)) for phase in (0.0, 1.0, 2.0)]
    rgb = (page.rgb + np.stack(waves, 2)).clip(0, 255).astype(np.uint8)
    return jpeg(replace(page, rgb=rgb), 85)


def on_colour(rng: Rng) -> Canvas:
    """Light letters on dark, coloured on coloured, on a gradient."""
    page = sheet(rng, 520, 720)
    ends = rng.integers(0, 110, (2, 3)) if rng.random() < 0.6 else rng.integers(140, 240, (2, 3))
    ramp = np.linspace(0, 1, page.width)[None, :, None]
    page.rgb[:] = (ends[0] * (1 - ramp) + ends[1] * ramp).astype(np.uint8)
    light = page.rgb.mean() < 128
    for row in range(9):
        language = "zh" if rng.random() < 0.5 else "en"
        shade = rng.integers(200, 256, 3) if light else rng.integers(0, 60, 3)
        made = ink(rng, rng.uniform(20, 34), language, (int(shade[0]), int(shade[1]), int(shade[2])))
        page.write(40, 56 + row * 52, texts.words(rng, language, 3), made)
    return page
