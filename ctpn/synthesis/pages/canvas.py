"""A page under construction: its pixels and the tight quad of each line written on it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from ctpn.annotations.formats import TextAnnotation
from ctpn.synthesis.fonts import Fonts, face
from ctpn.synthesis.pages.lettering import Ink, render_text
from ctpn.synthesis.pages.relief import outline_of, side_mask, vertical_gradient
from ctpn.synthesis.pages.types import Pixels, Rect, Rgb, Rng


@dataclass
class Canvas:
    """`rgb` uint8 [H, W, 3] and the `annotations` written so far, quads in its pixels."""

    rgb: Pixels
    rng: Rng
    fonts: Fonts
    annotations: list[TextAnnotation] = field(default_factory=list)

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return int(self.rgb.shape[0])

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return int(self.rgb.shape[1])

    def ink(self, size: float, colour: Rgb, language: str = "zh", **more: object) -> Ink:
        """Ink in a random font for the language."""
        groups = self.fonts.chinese if language == "zh" or self.rng.random() < 0.15 else self.fonts.latin
        group = groups[int(self.rng.integers(len(groups)))]
        plain = Ink(group[int(self.rng.integers(len(group)))], max(int(size), 8), colour)
        return replace(plain, **more)  # type: ignore[arg-type]

    def write(self, x: float, y: float, text: str, ink: Ink, *, align: str = "l", angle: float = 0.0) -> Rect | None:
        """Write one line with its baseline through (x, y), at its left end, "c"entre or "r"ight end.

        Text that does not fit on the page is not written.

        Returns:
            The box (x0, y0, x1, y1) around the ink in page pixels, None if nothing was written.
        """
        rendered = render_text(text.strip(), ink, self.rng, angle)
        if rendered is None:
            return None
        left = {"l": 0.0, "c": rendered.extent / 2, "r": rendered.extent}[align]
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        ox, oy = round(x - left * c - rendered.origin[0]), round(y - left * s - rendered.origin[1])
        h, w = rendered.mask.shape
        if ox < 0 or oy < 0 or ox + w > self.width or oy + h > self.height:
            return None
        self._letters(rendered.mask, (ox, oy), ink)
        quad = (rendered.quad + np.array([ox, oy])).astype(np.float32)
        self.annotations.append(TextAnnotation(quad, text.strip()))
        (x0, y0), (x1, y1) = quad.min(0), quad.max(0)
        return float(x0), float(y0), float(x1), float(y1)

    def _letters(self, mask: Pixels, place: tuple[int, int], ink: Ink) -> None:
        x, y = place
        relief, colour = ink.relief, np.array(ink.colour, np.float32)
        if relief and any(relief.way):
            swept, reach = side_mask(mask, relief)
            self._blend(swept, (x - reach, y - reach), np.array(relief.side, np.float32), 0.7 if relief.blur else 1.0)
        if ink.halo:
            self._blend(cv2.dilate(mask, np.ones((3, 3), np.uint8)), place, np.array(ink.halo, np.float32), ink.opacity)
        if relief and relief.foot:
            colour = vertical_gradient(ink.colour, relief.foot, mask.shape[0])
        self._blend(outline_of(mask, relief.hollow) if relief and relief.hollow else mask, place, colour, ink.opacity)

    def _blend(self, mask: Pixels, place: tuple[int, int], colour: Pixels, opacity: float) -> None:
        """A colour, float32 [3] or [h, 1, 3], as strong as the mask is; parts off the page are dropped."""
        x, y = place
        left, top = max(-x, 0), max(-y, 0)
        part = self.rgb[y + top : y + mask.shape[0], x + left : x + mask.shape[1]]
        mask = mask[top : top + part.shape[0], left : left + part.shape[1]]
        alpha = (mask.astype(np.float32) * (opacity / 255))[..., None]
        part[:] = (part + (colour - part) * alpha + 0.5).astype(np.uint8)

    def line(self, rect: Rect, colour: Rgb, thick: int = 1) -> None:
        """A straight rule from one corner of the rectangle to the opposite."""
        x0, y0, x1, y1 = rect
        cv2.line(self.rgb, (int(x0), int(y0)), (int(x1), int(y1)), colour, thick, cv2.LINE_AA)

    def frame(self, rect: Rect, colour: Rgb, thick: int = 1) -> None:
        """A rectangle; `thick` -1 fills it."""
        x0, y0, x1, y1 = rect
        cv2.rectangle(self.rgb, (int(x0), int(y0)), (int(x1), int(y1)), colour, thick)

    def dashes(self, x0: float, x1: float, y: float, colour: Rgb) -> None:
        """A dashed rule."""
        for x in range(int(x0), int(x1) - 4, 8):
            cv2.line(self.rgb, (x, int(y)), (x + 4, int(y)), colour, 1)


def width_of(text: str, ink: Ink) -> float:
    """Advance width of the text, pixels."""
    return float(cv2.getTextSize((0, 0), text, (0, 0), face(ink.font), ink.size)[2]) + ink.spacing * len(text)


def shorten(text: str, ink: Ink, width: float) -> str:
    """As much of the text's beginning as fits the width; may be empty."""
    for _ in range(8):
        now = width_of(text, ink)
        if now <= width or not text:
            break
        text = text[: min(len(text) - 1, int(len(text) * width / now))].rstrip()
    return text if width_of(text, ink) <= width else ""


def wrap(text: str, ink: Ink, width: float, max_lines: int = 99) -> list[str]:
    """The text cut into at most `max_lines` lines that fit the width, English between words."""
    lines: list[str] = []
    while text and len(lines) < max_lines:
        head = shorten(text, ink, width)
        if not head:
            break
        if head != text and text[len(head)].isascii() and text[len(head)] != " " and " " in head:
            head = head.rsplit(" ", 1)[0]
        lines.append(head)
        text = text[len(head) :].strip()
    return lines
