"""Synthetic line crops: one line, printed, worn, cut out askew and photographed badly, with the position of each character."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.contract.spec import RecognizerSpec
from ctpn.synthesis import degradation as augment
from ctpn.synthesis.fonts import Fonts, covered, face
from ctpn.synthesis.pages.lettering import Ink, wear
from ctpn.synthesis.pages.paper import colour, paper, scene
from ctpn.synthesis.phrases import KINDS, Maker, phrase

U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]
Rng = np.random.Generator


@dataclass(frozen=True)
class LineCrop:
    """`rgb` uint8 [height, W, 3]; its `text`; `centres` float64 [len(text)], x of the middle of each character in pixels
    of the crop, NaN where it is unknown; `caseless` if the transcript has capitals alone, whatever is printed."""

    rgb: U8
    text: str
    centres: F64
    caseless: bool = False


def synthetic_line(rng: Rng, fonts: Fonts, spec: RecognizerSpec, width: int, kinds: Mapping[Maker, float] = KINDS) -> LineCrop:
    """A line crop at most `width` pixels wide, of a line that is 10 pixels high in the photo, or higher.

    Args:
        kinds: of texts, each with its share.
    """
    for _ in range(20):
        text, font = text_and_font(rng, fonts, spec, kinds, (width - 16) / (0.8 * spec.height))
        low = spec.height if rng.random() < 0.3 else int(rng.uniform(*((10, 16) if rng.random() < 0.25 else (13, spec.height))))
        line = _write(rng, text, font, low)
        if line is not None:
            return _cut(rng, *line, spec, width, low)
    raise AssertionError("twenty texts without ink; the fonts are damaged")


def text_and_font(rng: Rng, fonts: Fonts, spec: RecognizerSpec, kinds: Mapping[Maker, float], length: float) -> tuple[str, str]:
    """A text and a font that has all its characters; characters that no tried font has are omitted."""
    text = phrase(rng, spec.charset, max(1.0, length), kinds)
    known = _known(spec.charset)
    text = "".join(c for c in text if c in known) or "-"
    chinese = any(ord(c) > 0x2E7F for c in text) or rng.random() < (0.1 if text.isascii() else 0.5)
    groups = fonts.latin if not chinese else fonts.kanji if rng.random() < 0.5 else fonts.chinese
    if rng.random() < 0.3:
        groups = _serif(groups) or groups
    font, points = "", {ord(c) for c in text}
    for _ in range(2 if groups is fonts.kanji else 8):
        group = groups[int(rng.integers(len(groups)))]
        font = group[int(rng.integers(len(group)))]
        if points <= covered(font):
            return text, font
    return "".join(c for c in text if ord(c) in covered(font)).strip() or "-", font


SERIF = re.compile(
    r"Serif|Song|Sung|Ming|Mincho|Kai|gbsn|gkai|XiaoWei|HanaMin|Roman|Times|Garamond|Bookman|Caladea|Gentium|Libertine|Vollkorn"
)


@lru_cache(maxsize=8)
def _serif(groups: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """The groups of fonts for print with serifs or brush strokes: Song, Kai, Times and their like."""
    return tuple(group for group in groups if SERIF.search(Path(group[0]).name))


@lru_cache(maxsize=4)
def _known(charset: str) -> frozenset[str]:
    return frozenset(charset)


def _write(rng: Rng, text: str, font: str, low: int) -> tuple[str, U8, F64] | None:
    """Text, mask uint8 [h, w] and float64 [n, 2], x of the begin and end of each character; None without ink."""
    em = max(12, int(low / 1.3 * rng.uniform(1, 1.7)))
    spacing = float(rng.uniform(-0.04, 0.12) * em if rng.random() < 0.4 else rng.uniform(0.2, 0.8) * em if rng.random() < 0.08 else 0)
    boxed = 1 < len(text) < 12 and text.isalnum() and rng.random() < 0.1
    spacing = float(rng.uniform(0.3, 0.9) * em) if boxed else spacing
    wide = sum(0.7 if c.isascii() else 1.2 for c in text) + 2  # symbols are as wide as Chinese characters in many fonts
    mask = np.zeros((int(2.2 * em), int(wide * em + max(0, spacing) * len(text))), np.uint8)
    x, pens = float(em), []
    for char in text:
        end, _ = cv2.putText(mask, char, (round(x), int(1.5 * em)), 255, face(font), em, 0, 0, (0, 1 << 20))
        pens.append((x, x + end[0] - round(x)))
        x += end[0] - round(x) + spacing
    style = rng.random()
    ink = Ink(font, em, (0, 0, 0), bold=int(style < 0.08) * max(1, em // 24), hand=0.08 < style < 0.14, dots=0.14 < style < 0.2 and em > 20,
              worn=0.35 if style > 0.88 else 0.0)  # fmt: skip
    mask = wear(mask, ink, rng)
    if not (mask > 50).any():
        return None
    if boxed:
        _boxes(rng, mask, pens, spacing)
    return text, mask, np.array(pens)


def _boxes(rng: Rng, mask: U8, pens: list[tuple[float, float]], spacing: float) -> None:
    """A frame around each character, as for a postcode; frames touch where there is no gap."""
    _, y, _, h = cv2.boundingRect((mask > 50).view(np.uint8))
    gap, above, ink = spacing / 2 * rng.uniform(0.5, 1), int(h * rng.uniform(0.12, 0.45)), int(rng.integers(110, 256))
    for begin, end in pens:
        cv2.rectangle(mask, (int(begin - gap), y - above), (int(end + gap), y + h + above), ink, 1 + int(rng.random() < 0.3))


def _cut(rng: Rng, text: str, mask: U8, pens: F64, spec: RecognizerSpec, width: int, low: int) -> LineCrop:
    """Print the mask on a background and cut it out as `line_crop.rectify` would, by a slightly wrong quad."""
    em = mask.shape[0] / 2.2
    x, y, w, h = cv2.boundingRect((mask > 50).view(np.uint8))
    slack = max(0.0, 0.35 * em - h) / 2
    y, h = y - slack, h + 2 * slack
    above, below = rng.normal((0.16, 0.12), 0.09).clip(-0.04, 0.45) * h
    left, right = rng.normal(0.25, 0.14, 2).clip(-0.03, 0.8) * h
    x0, y0, x1, y1 = x - left, y - above, x + w + right, y + h + below
    rgb = _print(rng, mask, (y, y + h))
    out = int(np.clip(round((x1 - x0) * spec.height / (y1 - y0)), 8, width))
    small = _photo(rng, rgb, np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]), (low, max(4, round(out * low / spec.height))))
    crop = cv2.resize(_degrade(rng, small), (out, spec.height), interpolation=cv2.INTER_LINEAR)
    centres = (pens.mean(1) - x0) / (x1 - x0) * out
    return LineCrop(crop, text, centres)


def _photo(rng: Rng, rgb: U8, quad: F64, size: tuple[int, int]) -> U8:
    """The quad at a size; half of them as phones and chats make pictures: larger, filtered, compressed, and made smaller afterwards."""
    if rng.random() < 0.5:
        return _warp(rng, rgb, quad, size)
    larger = float(rng.uniform(1.2, 2.6))
    large = _warp(rng, rgb, quad, (round(size[0] * larger), round(size[1] * larger)))
    large = cv2.GaussianBlur(large, (0, 0), float(rng.uniform(0.25, 0.5) * larger))
    for chance, step in CAMERA:
        if rng.random() < chance:
            large = step(large, rng)
    way = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)[int(rng.integers(3))]
    return np.asarray(cv2.resize(large, (size[1], size[0]), interpolation=way), np.uint8)


CAMERA = ((0.5, augment.noise), (0.6, augment.denoise), (0.5, augment.sharpen), (0.5, augment.jpeg))


def _warp(rng: Rng, rgb: U8, quad: F64, size: tuple[int, int]) -> U8:
    h, w = size
    tall = quad[3, 1] - quad[0, 1]
    if rng.random() < 0.6:
        quad = quad + rng.normal(0, 0.035, (4, 2)).clip(-0.09, 0.09) * tall
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32))
    shift = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])  # corners of pixels to their centres
    sharp = h / tall
    if sharp < 0.6:
        rgb = cv2.GaussianBlur(rgb, (0, 0), 0.35 / sharp)
    result: U8 = cv2.warpPerspective(
        rgb, shift @ matrix @ np.linalg.inv(shift), (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return result


def _print(rng: Rng, mask: U8, rows: tuple[float, float]) -> U8:
    """The mask in ink on a background, with neighbouring lines and rules."""
    h, w = mask.shape
    light = rng.random() < 0.8
    if rng.random() < 0.92:
        ground = paper(rng, h, w, colour(rng, 0.7, 1.0, 0.5) if light else colour(rng, 0.03, 0.45))
    else:
        ground = scene(rng, h, w)
        light = bool(ground.mean() > 128)
    ink = colour(rng, 0.0, 0.3 if rng.random() < 0.8 else 0.5, 0.6) if light else colour(rng, 0.7, 1.0, 0.6)
    if rng.random() < 0.35:
        mask = cv2.max(mask, _neighbours(rng, mask, rows[1] - rows[0]))
    if rng.random() < 0.25:
        mask = mask.copy()
        _rules(rng, mask, rows)
    if rng.random() < 0.08:
        ground = _overprint(rng, ground, mask)
    alpha = cv2.merge([mask] * 3).astype(np.float32) * (float(rng.uniform(0.6, 1)) / 255)
    result: U8 = (ground + (np.array(ink, np.float32) - ground) * alpha + 0.5).astype(np.uint8)
    return result


def _overprint(rng: Rng, ground: U8, mask: U8) -> U8:
    """The ground with other print on it: a stamp's coloured arcs, or the faint mirrored text of the back."""
    h, w = mask.shape
    other = np.zeros_like(mask)
    if rng.random() < 0.5:
        for _ in range(int(rng.integers(1, 4))):
            centre, radius = (int(rng.uniform(0, w)), int(rng.uniform(-h, 2 * h))), int(rng.uniform(0.4, 2) * h)
            cv2.circle(other, centre, radius, 255, max(1, int(rng.uniform(0.02, 0.08) * h)))
        tint, strength = np.array(colour(rng, 0.2, 0.6, 1.0), np.float32), float(rng.uniform(0.3, 0.8))
    else:
        moved = np.array([[1, 0, rng.uniform(-0.3, 0.3) * w], [0, 1, rng.uniform(-0.6, 0.6) * h]], np.float32)
        other = cv2.warpAffine(cv2.flip(mask, 1), moved, (w, h))
        tint, strength = np.array(colour(rng, 0.1, 0.5, 0.6), np.float32), float(rng.uniform(0.08, 0.25))
    alpha = cv2.merge([other] * 3).astype(np.float32) * (strength / 255)
    return np.asarray(ground + (tint - ground) * alpha + 0.5, np.uint8)


def _neighbours(rng: Rng, mask: U8, tall: float) -> U8:
    """Parts of the lines above and below: copies of the line itself, moved."""
    out = np.zeros_like(mask)
    for sign in (-1, 1):
        if rng.random() < 0.7:
            dx, dy = int(rng.integers(-mask.shape[1] // 2, mask.shape[1] // 2 + 1)), int(sign * tall * rng.uniform(1.08, 1.6))
            out = cv2.max(out, cv2.warpAffine(mask, np.array([[1, 0, dx], [0, 1, dy]], np.float32), mask.shape[::-1]))
    return out


def _rules(rng: Rng, mask: U8, rows: tuple[float, float]) -> None:
    """Frame lines that touch or nearly touch the text."""
    (top, bottom), (h, w) = rows, mask.shape
    tall, thick, ink = bottom - top, 1 + int(rng.random() < 0.3) * h // 40, int(rng.integers(120, 256))
    for y in (top - rng.uniform(-0.04, 0.25) * tall, bottom + rng.uniform(-0.04, 0.25) * tall):
        if rng.random() < 0.6:
            cv2.line(mask, (0, int(y)), (w, int(y + rng.normal(0, 0.03) * tall)), ink, thick)
    for x in (rng.uniform(0.1, 0.9) * h / 2.2, w - rng.uniform(0.1, 0.9) * h / 2.2):
        if rng.random() < 0.3:
            cv2.line(mask, (int(x), 0), (int(x), h), ink, thick)


def _degrade(rng: Rng, rgb: U8) -> U8:
    """Faults of light and camera, mild where the letters are small."""
    for chance, step in STEPS:
        if rng.random() < chance:
            rgb = step(rgb, rng)
    if rng.random() < 0.25:
        rgb = cv2.GaussianBlur(rgb, (0, 0), float(rng.uniform(0.3, 0.35 + 0.035 * rgb.shape[0])))
    return rgb


STEPS = (
    (0.06, augment.invert), (0.25, augment.grey), (0.1, augment.swap), (0.4, augment.colour), (0.25, augment.gamma),
    (0.2, augment.shadow), (0.1, augment.paper), (0.05, augment.thermal), (0.3, augment.noise), (0.05, augment.fax),
    (0.25, augment.jpeg), (0.08, augment.coarse), (0.08, augment.denoise), (0.12, augment.sharpen), (0.2, augment.jpeg),
)  # fmt: skip
