"""PNGs taken apart and put together."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

Chunk = tuple[bytes, bytes]  # its type and its data


def chunks(png: bytes) -> list[Chunk]:
    """All chunks."""
    found, place = [], 8
    while place < len(png):
        size = int.from_bytes(png[place : place + 4], "big")
        found.append((png[place + 4 : place + 8], png[place + 8 : place + 8 + size]))
        place += 12 + size
    return found


def png(parts: Iterable[Chunk]) -> bytes:
    """The file of some chunks, with right checksums."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )


def exif(orientation: int) -> Chunk:
    """A chunk with nothing but the orientation."""
    return b"eXIf", b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0" + bytes([orientation]) + bytes(6)


def header(width: int, height: int, depth: int = 8, colours: int = 2) -> Chunk:
    """The first chunk."""
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)


def with_chunks(data: bytes, *more: Chunk) -> bytes:
    """The file with further chunks behind its header."""
    first, *rest = chunks(data)
    return png([first, *more, *rest])
