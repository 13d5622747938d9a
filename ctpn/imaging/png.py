"""PNG: its chunks with their checksums, and the file without all that a decoder does not need."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from ctpn.errors import ImageError
from ctpn.imaging.header import Header, decoded_bytes
from ctpn.imaging.tiff_structure import orientation

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Of the others, texts and profiles can be bombs of their own; without the animation's chunks the still picture is decoded.
NEEDED = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
CHANNELS = {0: 1, 2: 3, 3: 3, 4: 4, 6: 4}  # that OpenCV decodes to, by the colour type

Chunk = tuple[bytes, memoryview, bool]  # its type, its data, whether its checksum is right


def open_png(data: bytes) -> tuple[Header, bytes]:
    """The header of the still picture, which is the first page, and the file of it alone.

    Raises:
        ImageError: a chunk that is needed is missing, cut off, or has a wrong checksum.
    """
    chunks = list(_chunks(data))
    for kind, _, whole in chunks:
        if kind in NEEDED and not whole:
            raise ImageError(f"the checksum of the PNG's chunk {kind.decode()} is wrong; copy the file again")
    head = next((body for kind, body, _ in chunks if kind == b"IHDR" and len(body) == 13), None)
    if head is None or chunks[0][0] != b"IHDR":
        raise ImageError("the PNG does not begin with its header; copy the file again")
    width, height, depth, colours = struct.unpack(">IIBB", head[:10])
    kinds = [kind for kind, _, _ in chunks]
    channels = 4 if b"tRNS" in kinds and colours in (2, 3) else CHANNELS.get(colours, 4)
    exif = next((bytes(body) for kind, body, whole in chunks if kind == b"eXIf" and whole), b"")
    damage = "" if all(whole for _, _, whole in chunks) else "the checksum of a PNG chunk is wrong"
    size = depth // 8 if depth > 8 else 1
    still = SIGNATURE + b"".join(_chunk(kind, body) for kind, body, _ in chunks if kind in NEEDED)
    needed = decoded_bytes(width * height, channels, size) + len(still)
    return Header(width, height, needed, orientation(exif), _frames(kinds), damage), still


def _frames(kinds: list[bytes]) -> int:
    """The still picture, and the frames that are not it. Of an animation without its frames there is the still picture."""
    frames = kinds.count(b"fcTL")
    if not frames or b"acTL" not in kinds:
        return 1
    return frames if b"fcTL" in kinds[: kinds.index(b"IDAT")] else frames + 1


def _chunks(data: bytes) -> Iterator[Chunk]:
    """All chunks up to the end."""
    view, place = memoryview(data), len(SIGNATURE)
    while place + 12 <= len(data):
        length = int.from_bytes(view[place : place + 4], "big")
        if place + 12 + length > len(data):
            break
        kind, body = bytes(view[place + 4 : place + 8]), view[place + 8 : place + 8 + length]
        expected = int.from_bytes(view[place + 8 + length : place + 12 + length], "big")
        yield kind, body, zlib.crc32(view[place + 4 : place + 8 + length]) == expected
        if kind == b"IEND":
            return
        place += 12 + length
    raise ImageError(f"the PNG ends too early (no end in {len(data)} bytes); copy the file again")


def _chunk(kind: bytes, body: memoryview) -> bytes:
    return b"".join((struct.pack(">I", len(body)), kind, body, struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))))
