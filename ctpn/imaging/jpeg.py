"""JPEG: its header, whether it is whole, and its pixels at full or reduced size."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from ctpn.errors import ImageError
from ctpn.imaging.eight_bits import bands
from ctpn.imaging.header import Header
from ctpn.imaging.tiff_structure import orientation

U8 = NDArray[np.uint8]

START, END = b"\xff\xd8\xff", b"\xff\xd9"
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # markers SOF0 to SOF15 (T.81, table B.1)
PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
EXIF, APP1, SCAN = b"Exif\0\0", 0xE1, 0xDA
MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # in compressed data each 0xFF is followed by 0 or is a restart mark
MAX_SCANS = 200  # of a progressive JPEG; usual are 10, and each takes time for the whole picture
UNUSUAL = "subsampling"  # in what libjpeg-turbo says of colours whose size it does not know
OPENCV_FLAGS = {  # in grey; plus 1 in colour
    1: cv2.IMREAD_GRAYSCALE,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}
HARMLESS = "JFIF"  # a newer revision of it is no damage


@dataclass(frozen=True)
class Jpeg:
    """A JPEG file.

    Attributes:
        header: where it is decoded at its full size.
        channels: 1 grey, 3 colour, 4 CMYK.
        kept: bytes of coefficients that the decoder of a progressive JPEG keeps.
    """

    data: bytes
    header: Header
    channels: int
    kept: int

    def needed(self, reduction: int) -> int:
        """Bytes that decoding at 1/reduction of the size takes at once, turning or resizing included."""
        pixels = -(-self.header.width // reduction) * -(-self.header.height // reduction)
        return self.kept + pixels * (7 if self.channels == 4 else 6)


def open_jpeg(data: bytes) -> Jpeg:
    """What the file says.

    Raises:
        ImageError: it has no frame, no end, or more scans than any encoder writes.
    """
    segments = list(_segments(data))
    frame = next(((m, body) for m, body in segments if m in FRAMES and len(body) >= 6), None)
    if frame is None:
        raise ImageError("the JPEG has no frame header; copy the file again")
    if data.find(END, 2 + sum(4 + len(body) for _, body in segments)) < 0:
        raise ImageError(f"the JPEG ends too early (no end mark in {len(data)} bytes); copy the file again")
    marker, body = frame
    _, height, width, channels = struct.unpack(">BHHB", body[:6])
    exif = next((b[len(EXIF) :] for m, b in segments if m == APP1 and b.startswith(EXIF)), b"")
    kept, damage = 0, ""
    if marker in PROGRESSIVE:
        kept = 2 * int(width * height * _samples_per_pixel(body))
        damage = _missing_scans(data, list(body[6 : 6 + 3 * channels : 3]))
    header = Header(width, height, 0, orientation(exif), 1, damage)
    return Jpeg(data, header, channels, kept)


def decode(jpeg: Jpeg, reduction: int = 1) -> tuple[U8, str]:
    """RGB [H, W, 3] as stored, at 1, 1/2, 1/4 or 1/8 of its size, and what the decoder says of damage; "" for nothing.

    Raises:
        ImageError: it cannot be decoded at all.
    """
    if jpeg.channels == 1:
        grey, damage = luma(jpeg, reduction)
        return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8), damage
    if jpeg.channels == 4:
        cmyk, damage = _decode(jpeg, "CMYK", reduction)
        return _from_cmyk(cmyk), damage
    return _decode(jpeg, "RGB", reduction)


def luma(jpeg: Jpeg, reduction: int) -> tuple[U8, str]:
    """The same in grey, [H, W], of a JPEG in grey or colour."""
    pixels, damage = _decode(jpeg, "GRAY", reduction)
    return pixels[..., 0], damage


def _decode(jpeg: Jpeg, colours: str, reduction: int) -> tuple[U8, str]:
    size: dict[str, Any] = {"min_height": -(-jpeg.header.height // reduction), "min_width": -(-jpeg.header.width // reduction)}
    if reduction == 1:
        size = {}
    try:
        return np.asarray(simplejpeg.decode_jpeg(jpeg.data, colours, **size), np.uint8), jpeg.header.damage
    except ValueError as e:  # also what the decoder warns of
        damage = _one_line(e)
    if UNUSUAL in damage:
        return _decode_unusual(jpeg, colours, reduction), jpeg.header.damage
    try:
        pixels = np.asarray(simplejpeg.decode_jpeg(jpeg.data, colours, strict=False, **size), np.uint8)
    except ValueError as e:
        raise ImageError(f"cannot be decoded ({_one_line(e)}); save it again as JPEG or PNG") from None
    return pixels, jpeg.header.damage if HARMLESS in damage else damage


def _decode_unusual(jpeg: Jpeg, colours: str, reduction: int) -> U8:
    """With OpenCV, which knows more ways of storing colours at a reduced size, but does not tell what was damaged."""
    flags = OPENCV_FLAGS[reduction] + (colours != "GRAY") | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        pixels = cv2.imdecode(np.frombuffer(jpeg.data, np.uint8), flags)
    except cv2.error as e:
        raise ImageError(f"cannot be decoded ({_one_line(e)}); save it again as JPEG or PNG") from None
    if pixels is None or colours == "CMYK":
        raise ImageError("cannot be decoded (its colours are stored in an unknown way); save it again as JPEG or PNG")
    return np.asarray(pixels[..., None] if colours == "GRAY" else cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB, dst=pixels), np.uint8)


def _one_line(e: Exception) -> str:
    return " ".join(str(e).split())[:120]


def _from_cmyk(cmyk: U8) -> U8:
    """RGB of CMYK as Adobe stores it: inverted, 255 is no ink."""
    out = np.empty((*cmyk.shape[:2], 3), np.uint8)
    for rows in bands(*cmyk.shape[:2]):
        part = cmyk[rows].astype(np.int32)
        black = part[..., 3:]
        out[rows] = black - ((255 - part[..., :3]) * black >> 8)
    return out


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(marker, body) of each segment before the compressed data."""
    place = 2
    while data[place : place + 1] == b"\xff" and place + 4 <= len(data) and data[place + 1] != SCAN:
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        yield data[place + 1], data[place + 4 : place + 2 + length]
        place += 2 + length


def _samples_per_pixel(frame: bytes) -> float:
    """How many coefficients a pixel has: 3 at full size of the colours, 1.5 at half."""
    factors = [(b >> 4, b & 15) for b in frame[7 : 6 + 3 * frame[5] : 3]]
    high, wide = max((v for _, v in factors), default=1) or 1, max((h for h, _ in factors), default=1) or 1
    return sum(h * v for h, v in factors) / (high * wide)


def _missing_scans(data: bytes, components: list[int]) -> str:
    """What a progressive JPEG lacks: each coefficient of each component must have come with all its bits."""
    bits = {(c, k): -1 for c in components for k in range(64)}
    for scans, start in enumerate(_scan_starts(data), 1):
        count = data[start + 4] if start + 4 < len(data) else 0
        if scans > MAX_SCANS:
            raise ImageError(f"the JPEG has more than {MAX_SCANS} scans; save it again as JPEG or PNG")
        if start + 8 + 2 * count > len(data):
            break
        first, last, low = data[start + 5 + 2 * count], data[start + 6 + 2 * count], data[start + 7 + 2 * count] & 15
        bits |= {(c, k): low for c in data[start + 5 : start + 5 + 2 * count : 2] for k in range(first, min(last, 63) + 1)}
    return "scans of the JPEG are missing" if any(bits.values()) else ""


def _scan_starts(data: bytes) -> Iterator[int]:
    """Where each scan's header begins, up to the end mark."""
    place = 2
    while (found := MARKER.search(data, place)) and found[0] != END:
        if found[0][1] == SCAN:
            yield found.start()
        place = found.start() + 2 + int.from_bytes(data[found.start() + 2 : found.start() + 4], "big")
