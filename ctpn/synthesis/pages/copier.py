"""Artefacts of photocopies and faxes: dirt at the edges, black borders, holes, dashed rules, pure black and white.

None of it is text, although many artefacts have the size of letters and form rows.
"""

from __future__ import annotations

import cv2
import numpy as np

from ctpn.synthesis.pages.canvas import Canvas
from ctpn.synthesis.pages.types import Pixels, Rng

BLACK = (20, 20, 20)


def add_clutter(page: Canvas) -> None:
    """Dashed frames and empty rules where there is no text."""
    taken = [np.array(r.quad) for r in page.annotations]
    for _ in range(int(page.rng.integers(0, 7))):
        w, h = float(page.rng.uniform(0.1, 0.5)) * page.width, float(page.rng.uniform(0.03, 0.2)) * page.height
        x, y = float(page.rng.uniform(0.03, 0.95)) * page.width - w / 2, float(page.rng.uniform(0.03, 0.97)) * page.height - h / 2
        if any((q.max(0) > (x - 4, y - 4)).all() and (q.min(0) < (x + w + 4, y + h + 4)).all() for q in taken):
            continue
        if page.rng.random() < 0.6:
            _dashed(page, (x, y), (x + w, y + h))
        else:
            for rule in np.arange(y, y + h, page.rng.uniform(8, 30)).tolist():
                page.line((x, rule, x + w, rule), BLACK, int(page.rng.integers(1, 4)))


def _dashed(page: Canvas, low: tuple[float, float], high: tuple[float, float]) -> None:
    """A frame of dashes or dots."""
    dash, gap, thick = page.rng.uniform(2, 16), page.rng.uniform(3, 12), int(page.rng.integers(1, 5))
    (x0, y0), (x1, y1) = low, high
    for x in np.arange(x0, x1, dash + gap).tolist():
        for y in (y0, y1):
            page.line((x, y, float(min(x + dash, x1)), y), BLACK, thick)
    for y in np.arange(y0, y1, dash + gap).tolist():
        for x in (x0, x1):
            page.line((x, y, x, float(min(y + dash, y1))), BLACK, thick)


def photocopy(rgb: Pixels, rng: Rng) -> Pixels:
    """A photocopy of a page, uint8 RGB: dirty and mostly black and white."""
    h, w = rgb.shape[:2]
    shades = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    if rng.random() < 0.7:
        shades = cv2.GaussianBlur(shades, (0, 0), float(rng.uniform(0.3, 0.9)))
        low, high = np.percentile(shades, (1, 90))
        shades = (shades > low + (high - low) * rng.uniform(0.45, 0.75)).astype(np.uint8) * np.uint8(255)
    dirt = np.zeros((h, w), np.uint8)
    for _ in range(int(rng.integers(1, 6))):
        _specks(dirt, rng)
    for side in range(4):
        if rng.random() < 0.25:
            _border(dirt, rng, side)
    if rng.random() < 0.25:
        _holes(dirt, rng)
    result: Pixels = cv2.cvtColor(np.where(dirt > 0, np.uint8(rng.integers(0, 60)), shades), cv2.COLOR_GRAY2RGB)
    return result


def _specks(dirt: Pixels, rng: Rng) -> None:
    """A cloud of specks, dense in its middle, mostly along an edge."""
    h, w = dirt.shape
    middle = rng.uniform(0, 1, 2) * (w, h)
    if rng.random() < 0.8:
        axis = int(rng.integers(2))
        middle[axis] = (w, h)[axis] * rng.choice((rng.uniform(0, 0.05), rng.uniform(0.95, 1)))
    spread = np.array((w, h)) * np.exp(rng.uniform(np.log(0.005), np.log(0.12), 2))
    for x, y in rng.normal(middle, spread, (int(rng.integers(5, 160)), 2)):
        radius = float(rng.exponential(0.0006 * max(h, w))) + 0.4
        blob = rng.normal((x, y), radius, (5, 2))
        cv2.fillConvexPoly(dirt, cv2.convexHull(blob.astype(np.int32)), 255)


def _border(dirt: Pixels, rng: Rng, side: int) -> None:
    """The area beside the paper: a ragged black band along an edge, with occasional gaps."""
    rotated = np.rot90(dirt, side)
    h, w = rotated.shape
    depth = rng.uniform(0, 0.03) * h + np.linspace(0, rng.normal(0, 0.015) * h, w)
    depth = depth + cv2.GaussianBlur(rng.normal(0, 10, (1, w)), (0, 0), float(rng.uniform(2, 12)))[0]
    gone = cv2.GaussianBlur(rng.normal(0, 1, (1, w)), (0, 0), 25)[0] > rng.uniform(0, 0.3)
    rotated[np.arange(h)[:, None] < np.where(gone, 0, depth)[None]] = 255


def _holes(dirt: Pixels, rng: Rng) -> None:
    """Two or three punched holes at the left."""
    h, w = dirt.shape
    x, radius, count = int(rng.uniform(0.015, 0.05) * w), int(rng.uniform(0.006, 0.014) * w), int(rng.integers(2, 4))
    top, bottom = np.sort(rng.uniform(0.1, 0.9, 2))
    for y in np.linspace(top, bottom, count):
        cv2.circle(dirt, (x, int(y * h)), radius, 255, -1 if rng.random() < 0.7 else 2)
