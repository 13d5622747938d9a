"""Pages of files: which were asked for, and an input for each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ctpn.batch.inputs import Input
from ctpn.errors import CtpnError
from ctpn.imaging.decode import page_count
from ctpn.imaging.limits import Limits
from ctpn.imaging.source import read_source

ALL = "all"
RANGE = re.compile(r"([1-9][0-9]{0,8})(?:-([1-9][0-9]{0,8}))?")


@dataclass(frozen=True)
class Pages:
    """Pages from `first` to `last`, both included; None: to the end of each file."""

    first: int = 1
    last: int | None = None

    @classmethod
    def parse(cls, text: str) -> Pages:
        """From "all", "N" or "N-M".

        Raises:
            CtpnError: it is none of these.
        """
        found = RANGE.fullmatch(text)
        if text == ALL:
            return cls()
        if not found or int(found[2] or found[1]) < int(found[1]):
            raise CtpnError(f"expected all, a page such as 3, or pages such as 2-5, got {text!r}")
        return cls(int(found[1]), int(found[2] or found[1]))

    def of(self, count: int) -> range:
        """Those that a file of so many pages has."""
        return range(self.first, min(count, self.last or count) + 1)


def with_pages(inputs: Sequence[Input], pages: Pages, limits: Limits) -> list[Input]:
    """An input for each page that was asked for; a file that has none of them has an error."""
    return [one for given in inputs for one in _pages(given, pages, limits)]


def _pages(given: Input, pages: Pages, limits: Limits) -> Iterator[Input]:
    if given.error:
        yield given
        return
    try:
        source = given.source
        if isinstance(source, Path) and not source.is_file():
            source = read_source(source, limits)[1]  # of a pipe, which can be read once
        count = page_count(source, max_pixels=limits.max_pixels)
    except (CtpnError, OSError) as e:
        yield replace(given, error=str(e).replace("image:", f"{given.name}:", 1))
        return
    if not pages.of(count):
        yield replace(given, error=f"{given.name}: page {pages.first} was asked for; it has {count}")
    for page in pages.of(count):
        place = given.place.with_name(f"{given.place.stem}-{page}{given.place.suffix}") if count > 1 else given.place
        yield replace(given, source=source, place=place, page=page)
