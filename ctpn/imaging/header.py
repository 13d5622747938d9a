"""What a picture's file says before it is decoded: a JPEG's size and end, the EXIF orientation, the number of pages."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

JPEG_START, JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
GIF_STARTS = (b"GIF87a", b"GIF89a")
TIFF_STARTS = {b"II*\0": "<", b"MM\0*": ">"}
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # JPEG markers SOF0 to SOF15 (T.81, table B.1)
PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
EXIF, APP1, SCAN, RESTARTS = b"Exif\0\0", 0xE1, 0xDA, 0xDD
ORIENTATION, SUBFILE = 0x0112, 0x00FE  # tags of TIFF and EXIF


@dataclass(frozen=True)
class JpegHeader:
    """The frame of a JPEG.

    Attributes:
        width, height: as stored, before it is rotated by its EXIF orientation.
        channels: 1 grey, 3 colour, 4 CMYK.
        progressive: it comes in several scans.
        restarts: its compressed data has restart marks.
        end: where the end mark is; -1 where it is missing.
    """

    width: int
    height: int
    channels: int
    progressive: bool
    restarts: bool
    end: int


def jpeg_header(data: bytes) -> JpegHeader | None:
    """None for what is no JPEG, or a JPEG without a frame."""
    if not data.startswith(JPEG_START):
        return None
    segments = dict(_jpeg_segments(data))
    frame = next((marker for marker, body in segments.items() if marker in FRAMES and len(body) >= 6), None)
    if frame is None:
        return None
    _, height, width, channels = struct.unpack(">BHHB", segments[frame][:6])
    return JpegHeader(width, height, channels, frame in PROGRESSIVE, any(segments.get(RESTARTS, b"")), jpeg_end(data))


def jpeg_end(data: bytes) -> int:
    """Where the end mark follows the picture (T.81, B.1), -1 where it does not: not that of a thumbnail before it; a film may follow.

    Within the compressed data each 0xFF is followed by a 0, so that nothing in it looks like the mark.
    """
    place = 2
    for _, body in _jpeg_segments(data):
        place += 4 + len(body)
    return data.find(JPEG_END, place)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(marker, body) of each segment before the compressed data."""
    place = 2
    while data[place : place + 1] == b"\xff" and place + 4 <= len(data) and data[place + 1] != SCAN:
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        yield data[place + 1], data[place + 4 : place + 2 + length]
        place += 2 + length


def orientation(data: bytes) -> int:
    """The EXIF orientation of a JPEG, 1 to 8: 1 is upright, also where there is none; from 5 on width and height are swapped."""
    exif = next((body[len(EXIF) :] for marker, body in _jpeg_segments(data) if marker == APP1 and body.startswith(EXIF)), b"")
    order = TIFF_STARTS.get(exif[:4])
    first = next(_directories(exif, order), {}) if order else {}
    value = first.get(ORIENTATION, 1)
    return value if 1 <= value <= 8 else 1


def page_count(data: bytes) -> int:
    """The pages of a TIFF, without reduced copies of others, or the frames of a GIF; 1 for all other kinds."""
    order = TIFF_STARTS.get(data[:4])
    if order:
        return max(1, sum(not tags.get(SUBFILE, 0) & 1 for tags in _directories(data, order)))
    return max(1, _gif_frames(data)) if data[:6] in GIF_STARTS else 1


def _directories(tiff: bytes, order: str) -> Iterator[dict[int, int]]:
    """The directories of a TIFF structure: value by tag, of those that are one integer."""
    formats = {3: "H", 4: "I"}  # SHORT and LONG
    seen: set[int] = set()
    place = struct.unpack_from(order + "I", tiff, 4)[0] if len(tiff) >= 8 else 0
    while 8 <= place <= len(tiff) - 2 and place not in seen:
        seen.add(place)
        count = struct.unpack_from(order + "H", tiff, place)[0]
        after = place + 2 + 12 * count
        if after + 4 > len(tiff):
            return
        entries = [struct.unpack_from(order + "HHI4s", tiff, at) for at in range(place + 2, after, 12)]
        yield {tag: struct.unpack_from(order + formats[kind], v)[0] for tag, kind, n, v in entries if kind in formats and n == 1}
        place = struct.unpack_from(order + "I", tiff, after)[0]


def _gif_frames(data: bytes) -> int:
    """Pictures in a GIF: each begins with a comma; blocks before and after are passed over."""
    frames, place = 0, 13 + _colour_table(data, 10)
    while place < len(data):
        if data[place] == 0x2C:  # a picture
            frames += 1
            place += 11 + _colour_table(data, place + 9)
        elif data[place] == 0x21:  # an extension
            place += 2
        else:
            break
        while place < len(data) and data[place]:
            place += 1 + data[place]
        place += 1
    return frames


def _colour_table(data: bytes, flags: int) -> int:
    """Bytes of the colour table that the byte at `flags` announces."""
    packed = data[flags] if flags < len(data) else 0
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0
