"""Relief of large letters: raised, with a shadow, with a gradient, hollow."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ctpn.synthesis.pages.types import Pixels, Rgb, Rng


@dataclass(frozen=True)
class Relief:
    """`way` is how far the sides or the shadow reach from the letters (x, y), pixels; `side` their colour and `blur` the shadow's
    softness, pixels (0: solid sides); `foot` is the letters' colour at their foot, None for one colour; `hollow` is the
    stroke of letters that are outlines, 0 for filled ones."""

    way: tuple[int, int] = (0, 0)
    side: Rgb = (0, 0, 0)
    blur: float = 0.0
    foot: Rgb | None = None
    hollow: int = 0


def relief(rng: Rng, size: int, colours: tuple[Rgb, Rgb]) -> Relief:
    """A random relief for letters of `size` pixels; `colours` are those of the sides and of the foot."""
    reach = size * float(rng.uniform(0.02, 0.12))
    angle = rng.uniform(0, 2 * np.pi)
    raised, shaded, hollow = rng.random(3) < (0.6, 0.4, 0.15)
    way = (round(reach * np.cos(angle)), round(reach * np.sin(angle))) if raised else (0, 0)
    blur = float(reach * rng.uniform(0.2, 0.6)) if rng.random() < 0.5 else 0.0
    stroke = max(2, int(size * rng.uniform(0.02, 0.05))) if hollow else 0
    return Relief(way, colours[0], blur, colours[1] if shaded else None, stroke)


def side_mask(mask: Pixels, relief: Relief) -> tuple[Pixels, int]:
    """The mask of the sides or the shadow, uint8, and by how many pixels it exceeds the letters' mask on each side."""
    dx, dy = relief.way
    reach = max(abs(dx), abs(dy)) + int(3 * relief.blur)
    wide = cv2.copyMakeBorder(mask, reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=0)
    n = max(abs(dx), abs(dy))
    kernel = np.zeros((2 * n + 1, 2 * n + 1), np.uint8)
    cv2.line(kernel, (n, n), (n + dx, n + dy), 1)
    swept = cv2.dilate(wide, kernel[::-1, ::-1].copy())
    return (cv2.GaussianBlur(swept, (0, 0), relief.blur) if relief.blur else swept), reach


def outline_of(mask: Pixels, stroke: int) -> Pixels:
    """The outline of letters, uint8: the pixels within `stroke` pixels of their edge."""
    inner = cv2.erode(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * stroke + 1, 2 * stroke + 1)))
    result: Pixels = cv2.subtract(mask, inner)
    return result


def vertical_gradient(head: Rgb, foot: Rgb, height: int) -> Pixels:
    """Colours from head to foot, float32 [height, 1, 3]."""
    t = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    return np.array(head, np.float32) * (1 - t) + np.array(foot, np.float32) * t
