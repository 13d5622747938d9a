"""TIFFs with what common programs do not write."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMATS = {"u": 1, "i": 2, "f": 3}


def tiff(
    pages: Sequence[NDArray[Any]], *, orientation: int = 1, extra: int | None = None, deflate: bool = False, big: bool = False,
    tags: dict[int, int] | None = None,
) -> bytes:  # fmt: skip
    """A TIFF of pictures [H, W] or [H, W, C], each in one part.

    Args:
        extra: what the last channel is: 1 alpha that the colours are multiplied by, 2 alpha, None no alpha.
        deflate: compressed so.
        big: a BigTIFF.
        tags: further tags with one LONG each; they replace others.
    """
    place, head = ("Q", 16) if big else ("I", 8)
    out = bytearray(b"II+\0\x08\0\0\0" + bytes(8) if big else b"II*\0" + bytes(4))
    link = head - struct.calcsize("<" + place)
    for page in pages:
        body = np.ascontiguousarray(page).tobytes()
        body = zlib.compress(body) if deflate else body
        values = _tags(page, len(out), len(body), orientation, extra, deflate) | {t: (v,) for t, v in (tags or {}).items()}
        out += body + bytes(len(body) % 2)
        lists = {tag: len(out) for tag, v in values.items() if 4 * len(v) > struct.calcsize("<" + place)}
        for tag in lists:
            lists[tag] = len(out)
            out += struct.pack(f"<{len(values[tag])}I", *values[tag])
        struct.pack_into("<" + place, out, link, len(out))
        out += struct.pack("<Q" if big else "<H", len(values))
        for tag, v in sorted(values.items()):
            inside = struct.pack(f"<{len(v)}I", *v).ljust(struct.calcsize("<" + place), b"\0")
            out += struct.pack("<HH" + place, tag, 4, len(v)) + (struct.pack("<" + place, lists[tag]) if tag in lists else inside)
        link = len(out)
        out += bytes(struct.calcsize("<" + place))
    return bytes(out)


def _tags(page: NDArray[Any], start: int, size: int, orientation: int, extra: int | None, deflate: bool) -> dict[int, tuple[int, ...]]:
    channels = page.shape[2] if page.ndim == 3 else 1
    colour = channels >= 3
    found: dict[int, tuple[int, ...]] = {
        0x100: (page.shape[1],), 0x101: (page.shape[0],), 0x102: (8 * page.dtype.itemsize,) * channels,
        0x103: (8 if deflate else 1,), 0x106: (2 if colour else 1,), 0x111: (start,), 0x112: (orientation,), 0x115: (channels,),
        0x116: (page.shape[0],), 0x117: (size,), 0x153: (FORMATS[page.dtype.kind],) * channels,
    }  # fmt: skip
    return found | ({0x152: (extra,)} if extra is not None else {})
