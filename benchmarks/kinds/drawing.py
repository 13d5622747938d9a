"""What all kinds of pages use: a plain sheet, inks in fonts that training never sees, columns of upright characters."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.annotations.formats import TextAnnotation
from ctpn.errors import CtpnError
from ctpn.synthesis.fonts import fonts
from ctpn.synthesis.pages.canvas import Canvas, wrap
from ctpn.synthesis.pages.lettering import Ink

Rng = np.random.Generator
U8 = NDArray[np.uint8]
Rgb = tuple[int, int, int]
BLACK, WHITE = (20, 20, 22), (250, 250, 248)
# Of the families that are held out: file names by what they are called here.
FACES = {
    "gothic": "NotoSansCJK-Regular.ttc", "bold": "NotoSansCJK-Bold.ttc", "song": "HanaMinA.ttf", "kai": "LXGWWenKai-Regular.ttf",
    "mono": "LXGWWenKaiMono-Bold.ttf", "times": "Tinos-Regular.ttf", "sans": "Lato-Regular.ttf", "typewriter": "FreeMono.ttf",
    "narrow": "LiberationSansNarrow-Bold.ttf",
}  # fmt: skip
CHINESE, LATIN = ("gothic", "bold", "song", "kai", "mono"), ("times", "sans", "typewriter")


@lru_cache(maxsize=1)
def _files() -> dict[str, str]:
    held_out = fonts(heldout=True)
    return {Path(f).name: f for group in (*held_out.chinese, *held_out.latin) for f in group}


def font(name: str) -> str:
    """The path of one of `FACES`.

    Raises:
        CtpnError: the font is not installed, or training sees it.
    """
    file = _files().get(FACES[name])
    if file is None:
        raise CtpnError(f"{FACES[name]}: expected among the held-out fonts of this machine, not found; run make training-fonts")
    return file


def ink(rng: Rng, size: float, language: str, colour: Rgb = BLACK, name: str | None = None) -> Ink:
    """Ink in a held-out font: the one named, or one for the language."""
    pool = CHINESE if language == "zh" else LATIN
    return Ink(font(name or pool[int(rng.integers(len(pool)))]), max(6, int(size)), colour)


def sheet(rng: Rng, height: int, width: int, ground: Rgb = WHITE) -> Canvas:
    """An empty page of one colour with a little grain."""
    rgb = np.full((height, width, 3), ground, np.float32) + rng.normal(0, 1.2, (height, width, 1)).astype(np.float32)
    return Canvas(rgb.clip(0, 255).astype(np.uint8), rng, fonts(heldout=True))


def paragraph(page: Canvas, box: tuple[float, float, float, float], text: str, made: Ink, leading: float) -> float:
    """Text wrapped into a box (x0, y0, x1, y1); returns the baseline of its last line."""
    x0, y0, x1, y1 = box
    rows = wrap(text, made, x1 - x0, max(0, int((y1 - y0) / (made.size * leading))))
    for i, row in enumerate(rows):
        page.write(x0, y0 + made.size + i * made.size * leading, row, made)
    return y0 + made.size * (1 + (len(rows) - 1) * leading)


def column(page: Canvas, x: float, y: float, text: str, made: Ink, step: float = 1.15) -> None:
    """Upright characters below each other from y on, centred at x; one annotation, whose first corner is its top left."""
    first = len(page.annotations)
    for i, character in enumerate(text):
        page.write(x, y + made.size * (1 + i * step), character, made, align="c")
    join(page, first, text)


def join(page: Canvas, first: int, text: str) -> None:
    """Replace the annotations from index `first` on by one upright box around them."""
    corners = np.concatenate([r.quad for r in page.annotations[first:]])
    (x0, y0), (x1, y1) = corners.min(0), corners.max(0)
    page.annotations[first:] = [TextAnnotation(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32), text)]


def turn(page: Canvas, degrees: float, ground: Rgb = (150, 150, 150)) -> Canvas:
    """The page turned clockwise, on a ground large enough for all of it; quads turn with it."""
    h, w = page.height, page.width
    matrix = cv2.getRotationMatrix2D((w / 2, h / 2), -degrees, 1.0)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    width, height = round(h * sin + w * cos), round(h * cos + w * sin)
    matrix[:, 2] += [(width - w) / 2, (height - h) / 2]
    if degrees % 90 == 0:
        rgb = np.ascontiguousarray(np.rot90(page.rgb, -round(degrees / 90) % 4))
    else:
        pixels = matrix.copy()
        pixels[:, 2] += matrix[:, :2] @ np.array([0.5, 0.5]) - 0.5  # whole coordinates are corners in quads, middles in pixels
        rgb = cv2.warpAffine(page.rgb, pixels, (width, height), flags=cv2.INTER_LINEAR, borderValue=ground)
    annotations = [TextAnnotation((a.quad @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32), a.text) for a in page.annotations]
    return replace(page, rgb=rgb, annotations=annotations)


def jpeg(page: Canvas, quality: int) -> Canvas:
    """The page after a JPEG file of this quality."""
    _, data = cv2.imencode(".jpg", page.rgb, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return replace(page, rgb=np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8))
