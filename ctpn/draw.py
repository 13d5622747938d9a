"""Pictures for people: lines with their probability in per cent."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.reader import TextLine

COLOUR, INK = (220, 30, 60), (255, 255, 255)


def overlay(rgb: NDArray[np.uint8], lines: Sequence[TextLine]) -> NDArray[np.uint8]:
    """A copy of uint8 RGB [H, W, 3] with each line's quad and its probability in per cent."""
    out = rgb.copy()
    unit = max(rgb.shape[:2]) / 1000
    for line in lines:
        cv2.polylines(out, [np.round(line.quad).astype(np.int32)], True, COLOUR, max(1, round(1.5 * unit)), cv2.LINE_AA)
    for line in lines:
        _tag(out, line, max(0.3, 0.35 * unit))
    return out


def _tag(out: NDArray[np.uint8], line: TextLine, scale: float) -> None:
    """A small label at the right end, where it hides the least."""
    text = f"{100 * line.score:.0f}%"
    thick = max(1, round(scale))
    (w, h), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
    x = int(min(line.quad[1, 0] + 1, out.shape[1] - w - 3))
    y = int(max((line.quad[1, 1] + line.quad[2, 1]) / 2 + h / 2, h + 2))
    cv2.rectangle(out, (x, y - h - 2), (x + w + 2, y + 2), COLOUR, -1)
    cv2.putText(out, text, (x + 1, y), cv2.FONT_HERSHEY_SIMPLEX, scale, INK, thick, cv2.LINE_AA)
