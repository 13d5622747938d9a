"""WebP: its header."""

from __future__ import annotations

from collections.abc import Iterator

from ctpn.errors import ImageError
from ctpn.imaging.header import Header
from ctpn.imaging.tiff_structure import orientation

EXIF = b"Exif\0\0"  # which some writers put before it
NEEDED = 8  # bytes per pixel, measured: twice the picture with alpha, or once and the decoder's own copy
NEEDED_ANIMATED = 24  # with the canvases of an animation


def open_webp(data: bytes) -> Header:
    """What the file says.

    Raises:
        ImageError: it has no picture.
    """
    chunks = list(_chunks(data))
    size = next((s for s in (_size(kind, body) for kind, body in chunks) if s), None)
    if size is None:
        raise ImageError("the WebP has no picture; copy the file again")
    frames = sum(kind == b"ANMF" for kind, _ in chunks)
    exif = next((bytes(body) for kind, body in chunks if kind == b"EXIF"), b"").removeprefix(EXIF)
    needed = size[0] * size[1] * (NEEDED_ANIMATED if frames else NEEDED)
    return Header(*size, needed, orientation(exif), max(1, frames))


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    view, place = memoryview(data), 12
    while place + 8 <= len(data):
        length = int.from_bytes(view[place + 4 : place + 8], "little")
        yield bytes(view[place : place + 4]), view[place + 8 : place + 8 + length]
        place += 8 + length + length % 2


def _size(kind: bytes, body: memoryview) -> tuple[int, int] | None:
    """(width, height) from the chunk that has it: the canvas, or the only picture."""
    if kind == b"VP8X" and len(body) >= 10:
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8 " and len(body) >= 10:
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    if kind == b"VP8L" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return None
