"""The directories of a TIFF structure, which EXIF has too: tags, and where their values are. Damaged ones end early."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

ORIENTATION = 0x0112
ORDERS = {b"II": "<", b"MM": ">"}
TYPES = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q"}  # BYTE, SHORT, LONG, IFD, LONG8: whole numbers; the others are not asked for


@dataclass(frozen=True)
class Layout:
    """How a structure is written: byte order, format of places, bytes of an entry's value, where the first directory's place is."""

    order: str
    place: str
    count: str
    value: int
    first: int


@dataclass(frozen=True)
class Directory:
    """One directory: where it begins, and each tag's type, count and place of its values."""

    data: bytes
    layout: Layout
    place: int
    entries: dict[int, tuple[int, int, int]]

    def values(self, tag: int) -> tuple[int, ...]:
        """The whole numbers of a tag; empty where it is missing, has another type, or lies outside of the file."""
        kind, count, place = self.entries.get(tag, (0, 0, 0))
        if kind not in TYPES:
            return ()
        size = count * struct.calcsize("=" + TYPES[kind])
        if place + size > len(self.data):
            return ()
        return struct.unpack_from(f"{self.layout.order}{count}{TYPES[kind]}", self.data, place)

    def value(self, tag: int, default: int) -> int:
        """The first of them, or the default."""
        return (*self.values(tag), default)[0]


def layout(data: bytes) -> Layout | None:
    """That of TIFF or of BigTIFF; None for anything else."""
    order = ORDERS.get(data[:2])
    if order is None or len(data) < 8:
        return None
    version = struct.unpack_from(order + "H", data, 2)[0]
    if version == 42:
        return Layout(order, "I", "H", 4, 4)
    return Layout(order, "Q", "Q", 8, 8) if version == 43 and len(data) >= 16 else None


def directories(data: bytes) -> Iterator[Directory]:
    """All directories in their order, each once, until one does not fit into the data."""
    how = layout(data)
    if how is None:
        return
    head, width = struct.calcsize("=" + how.count), struct.calcsize("=" + how.place)
    size = 4 + 2 * how.value  # of an entry
    place = struct.unpack_from(how.order + how.place, data, how.first)[0]
    seen: set[int] = set()
    while 8 <= place <= len(data) - head and place not in seen:
        seen.add(place)
        count = struct.unpack_from(how.order + how.count, data, place)[0]
        after = place + head + size * count
        if after + width > len(data):
            return
        entries = {tag: (kind, n, at) for tag, kind, n, at in (_entry(data, how, at) for at in range(place + head, after, size))}
        yield Directory(data, how, place, entries)
        place = struct.unpack_from(how.order + how.place, data, after)[0]


def _entry(data: bytes, how: Layout, at: int) -> tuple[int, int, int, int]:
    """(tag, type, count, place of the values) of the entry at a place: short values are in the entry itself."""
    tag, kind, count = struct.unpack_from(f"{how.order}HH{how.place}", data, at)
    inside = at + 4 + how.value
    if kind in TYPES and count * struct.calcsize("=" + TYPES[kind]) <= how.value:
        return tag, kind, count, inside
    return tag, kind, count, struct.unpack_from(how.order + how.place, data, inside)[0]


def orientation(exif: bytes) -> int:
    """The orientation in EXIF data, 1 to 8: 1 is upright, also where there is none; from 5 on width and height are swapped."""
    first = next(directories(exif), None)
    value = first.value(ORIENTATION, 1) if first else 1
    return value if 1 <= value <= 8 else 1
