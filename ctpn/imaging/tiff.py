"""TIFF: the header of each page, the file that shows one page upright, and whether its data are whole."""

from __future__ import annotations

import struct
import zlib

from ctpn.errors import ImageError
from ctpn.imaging.header import Header, check_page, decoded_bytes
from ctpn.imaging.tiff_structure import ORIENTATION, TYPES, Directory, directories

SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 0x00FE, 0x0100, 0x0101, 0x0102, 0x0103, 0x0106
OFFSETS, SAMPLES, ROWS, SIZES, PLANES = 0x0111, 0x0115, 0x0116, 0x0117, 0x011C
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_SIZES, EXTRA = 0x0142, 0x0143, 0x0144, 0x0145, 0x0152
REDUCED_OR_MASK = 5  # bits of SUBFILE: no page of its own
MULTIPLIED = 1  # value of EXTRA: colours are multiplied by alpha
DEFLATE = (8, 32946)
GREY = (0, 1)  # values of PHOTOMETRIC
CHUNK = 1 << 20  # bytes that are decompressed at once


def open_tiff(data: bytes, page: int | None) -> tuple[Header, bytes, Directory]:
    """The header of a page, the file with that page as its first and not turned, and the page's directory.

    Raises:
        ImageError: there is no such page, or nothing in the file.
    """
    found = list(directories(data))
    if not found:
        raise ImageError("the TIFF has no page; copy the file again")
    pages = [d for d in found if not d.value(SUBFILE, 0) & REDUCED_OR_MASK] or found[:1]
    this = pages[check_page(page, len(pages)) - 1]
    turned = this.value(ORIENTATION, 1)
    width, height = this.value(WIDTH, 0), this.value(HEIGHT, 0)
    header = Header(width, height, _needed(this) + len(data), turned if 1 <= turned <= 8 else 1, len(pages))
    return header, _only(this), this


def is_grey_with_alpha(page: Directory) -> bool:
    """What OpenCV decodes without its alpha."""
    return page.value(PHOTOMETRIC, 1) in GREY and page.value(SAMPLES, 1) == 2


def is_multiplied(page: Directory) -> bool:
    """Whether the decoded colours are multiplied by alpha; those of 8 bits always are, by libtiff."""
    return page.value(EXTRA, 0) == MULTIPLIED or max(page.values(BITS), default=1) <= 8


def _only(page: Directory) -> bytes:
    """The file with a page as the first, and that page without its orientation, so that no decoder applies it."""
    out = bytearray(page.data)
    struct.pack_into(page.layout.order + page.layout.place, out, page.layout.first, page.place)
    if page.values(ORIENTATION):
        kind, _, place = page.entries[ORIENTATION]
        struct.pack_into(page.layout.order + TYPES[kind], out, place, 1)
    return bytes(out)


def _needed(page: Directory) -> int:
    """Bytes that decoding takes at once: the picture twice, and the part that is decoded at a time."""
    width, height, samples = page.value(WIDTH, 0), page.value(HEIGHT, 0), page.value(SAMPLES, 1)
    size = -(-max(page.values(BITS), default=1) // 8)
    channels = min(samples, 4) if page.value(PHOTOMETRIC, 1) in GREY else max(3, min(samples, 4))
    part = page.value(TILE_WIDTH, 0) * page.value(TILE_HEIGHT, 0) or width * min(page.value(ROWS, height), height)
    return decoded_bytes(width * height, channels, size) + part * max(4, samples * size)


def damage(page: Directory) -> str:
    """What is wrong with the compressed data: parts outside of the file, or a wrong checksum where there is one (Deflate)."""
    offsets = page.values(TILE_OFFSETS) or page.values(OFFSETS)
    sizes = page.values(TILE_SIZES) or page.values(SIZES)
    count, most = _parts(page)
    parts = list(zip(offsets, sizes, strict=False))[:count]
    if len(parts) < count or any(a + n > len(page.data) for a, n in parts):
        return "a part of the TIFF is missing"
    if page.value(COMPRESSION, 1) in DEFLATE and not all(_is_whole(page.data[a : a + n], most) for a, n in parts):
        return "the checksum of a part of the TIFF is wrong"
    return ""


def _parts(page: Directory) -> tuple[int, int]:
    """How many parts (tiles or groups of rows) a page has, and how many bytes each has at most when it is decompressed."""
    width, height, samples = page.value(WIDTH, 0), page.value(HEIGHT, 0), page.value(SAMPLES, 1)
    across, down = page.value(TILE_WIDTH, width) or 1, page.value(TILE_HEIGHT, 0) or min(page.value(ROWS, height), height) or 1
    planes = samples if page.value(PLANES, 1) == 2 else 1
    row = -(-across * (samples // planes) * max(page.values(BITS), default=1) // 8)
    return -(-width // across) * -(-height // down) * planes, row * down


def _is_whole(part: bytes, most: int) -> bool:
    """Whether the data of a part end with the right checksum."""
    stream, rest = zlib.decompressobj(), part
    try:
        while not stream.eof and most > -CHUNK:
            out = stream.decompress(rest, CHUNK)
            most, rest = most - len(out), stream.unconsumed_tail
            if not out and not rest:
                break
    except zlib.error:
        return False
    return stream.eof
