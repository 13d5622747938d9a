"""Pictures for people: the lines with their probability in per cent, and their texts beside the photo."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.errors import CtpnError
from ctpn.files import advice, write
from ctpn.page import TextLine

U8 = NDArray[np.uint8]
COLOUR, INK, PAPER = (220, 30, 60), (255, 255, 255), (20, 20, 24)
MARK = b"tEXtSoftware\0ctpn overlay"  # in the PNGs that are written
JPEG_MARK = b"\xff\xfe\0\x0ectpn overlay"  # a comment, in the JPEGs that are written
HEADER = 33  # bytes of a PNG's signature and its first chunk
LONG = 4  # from this ratio of its sides on, the short side of a picture decides how large the marks are


def overlay(rgb: U8, lines: Sequence[TextLine]) -> U8:
    """A copy of RGB [H, W, 3] with each line's quad, which is in its pixels, and the line's probability in per cent.

    Where lines have been read the picture is twice as wide: on the right is each text at the place of its line, drawn with the
    characters that OpenCV brings along, so that no font has to be installed.
    """
    out = rgb.copy()
    unit = min(max(rgb.shape[:2]), LONG * min(rgb.shape[:2])) / 1000
    for line in lines:
        cv2.polylines(out, [np.round(line.quad).astype(np.int32)], True, COLOUR, max(1, round(1.5 * unit)), cv2.LINE_AA)
    for line in lines:
        _tag(out, line, max(0.3, 0.35 * unit))
    if all(line.text is None for line in lines):
        return out
    page = np.full_like(rgb, 250)
    for line in lines:
        if line.text:
            _add_text(page, line)
    return np.concatenate([out, page], 1)


def check_name(file: Path) -> None:
    """Check that OpenCV writes the format that a file's name asks for.

    Raises:
        CtpnError: it does not.
    """
    if not cv2.haveImageWriter("x" + _suffix(file)):
        raise CtpnError(f"{file}: expected a picture's name such as out.png, got {_suffix(file)!r}")


def write_overlay(rgb: U8, lines: Sequence[TextLine], file: Path) -> None:
    """Write an overlay in the format that the file's name asks for; without a suffix it is a PNG.

    Raises:
        CtpnError: OpenCV writes no such format or none of this size, or the file cannot be written.
    """
    check_name(file)
    data = _encoded(overlay(rgb, lines), file)
    try:
        write(file, _marked(data))
    except OSError as e:
        raise CtpnError(f"{file}: the overlay cannot be written ({e.strerror or e}); {advice(e)}") from None


def is_overlay(head: bytes) -> bool:
    """Whether a file whose first bytes these are is an overlay that was written as PNG or JPEG."""
    return MARK in head or JPEG_MARK in head


def _encoded(rgb: U8, file: Path) -> bytes:
    """RGB, whose colours are swapped in place, in the format that the file's name asks for."""
    try:
        done, data = cv2.imencode(_suffix(file), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR, dst=rgb))
    except cv2.error:
        done = False
    if not done:
        size = f"{rgb.shape[1]} x {rgb.shape[0]}"
        raise CtpnError(f"{file}: {_suffix(file)} cannot hold an overlay of {size} pixels; give a name that ends in .png")
    return bytes(data)


def _suffix(file: Path) -> str:
    return file.suffix or ".png"


def _marked(data: bytes) -> bytes:
    """A PNG with a text chunk behind its header (PNG specification, 11.3.4.3), a JPEG with a comment: that this is an overlay."""
    if data.startswith(b"\xff\xd8\xff\xe0"):
        first = 4 + int.from_bytes(data[4:6], "big")  # behind the header of JFIF
        return data[:first] + JPEG_MARK + data[first:]
    if not data.startswith(b"\x89PNG"):
        return data
    return data[:HEADER] + struct.pack(">I", len(MARK) - 4) + MARK + struct.pack(">I", zlib.crc32(MARK)) + data[HEADER:]


def _tag(out: U8, line: TextLine, scale: float) -> None:
    """A small label at the right end, where it hides the least."""
    text = f"{100 * line.score:.0f}%"
    thick = max(1, round(scale))
    (w, h), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
    x = int(min(line.quad[1, 0] + 1, out.shape[1] - w - 3))
    y = int(max((line.quad[1, 1] + line.quad[2, 1]) / 2 + h / 2, h + 2))
    cv2.rectangle(out, (x, y - h - 2), (x + w + 2, y + 2), COLOUR, -1)
    cv2.putText(out, text, (x + 1, y), cv2.FONT_HERSHEY_SIMPLEX, scale, INK, thick, cv2.LINE_AA)


@lru_cache(maxsize=1)
def _font() -> cv2.FontFace:
    """OpenCV's own font with Chinese characters."""
    return cv2.FontFace("uni")


def _add_text(page: U8, line: TextLine) -> None:
    """The text upright inside the box of its quad, as large as fits, grey where its score is low."""
    low, high = line.quad.min(0), line.quad.max(0)
    text = line.text or ""
    size = int(max(8, min(np.linalg.norm(line.quad[3] - line.quad[0]), high[1] - low[1]) * 0.85))
    width = cv2.getTextSize((0, 0), text, (0, 0), _font(), size)[2]
    size = int(max(8, min(size, size * float(high[0] - low[0]) / max(width, 1))))
    shade = PAPER if (line.text_score or 0) >= 0.8 else (150, 60, 60)
    base = (low[1] + high[1]) / 2 + 0.36 * size
    cv2.putText(page, text, (int(low[0]), int(base)), shade, _font(), size)
