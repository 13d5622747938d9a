"""BMP: its header."""

from __future__ import annotations

import struct

from ctpn.errors import ImageError
from ctpn.imaging.header import Header

NEEDED = 8  # bytes per pixel: twice the picture


def open_bmp(data: bytes) -> Header:
    """What the file says.

    Raises:
        ImageError: it is shorter than its header.
    """
    if len(data) < 30:
        raise ImageError(f"the BMP ends too early ({len(data)} bytes); copy the file again")
    size = struct.unpack_from("<I", data, 14)[0]
    width, height = struct.unpack_from("<HH" if size == 12 else "<ii", data, 18)
    return Header(abs(width), abs(height), abs(width) * abs(height) * NEEDED)
