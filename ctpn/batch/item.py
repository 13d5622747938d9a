"""One photo of many: what is to be read, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ctpn.batch.bulk import ReadOptions, read_page
from ctpn.batch.fetch import fetch
from ctpn.errors import CtpnError
from ctpn.imaging.decode import MAX_FULL_PIXELS, open_photo, reduced
from ctpn.imaging.limits import Limits
from ctpn.imaging.source import read_source
from ctpn.output.overlay import write_overlay
from ctpn.page import PageResult


@dataclass(frozen=True)
class Item:
    """A photo to be read.

    Attributes:
        name: what results and errors call it.
        source: its path, the bytes of its file, or its URL.
        overlay: where to write a picture of its lines; None: nowhere.
        error: why there is nothing to read; "" where there is.
        page: of a file of several pages, from 1; None: the first, and a warning of the others.
    """

    name: str
    source: Path | bytes | str
    overlay: Path | None = None
    error: str = ""
    page: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a photo.

    Attributes:
        name: of its item.
        page: what was read; None: it could not be read.
        error: why there is no page, or beside a page, why there is no overlay; "" where all is well.
    """

    name: str
    page: PageResult | None = None
    error: str = ""


def read_item(item: Item, options: ReadOptions) -> Outcome:
    """Read a photo and write its overlay. Whatever fails is in the outcome: one photo does not stop the others."""
    page = None
    try:
        if item.error:
            raise CtpnError(item.error)
        data = _bytes(item.source, options)
        page = _read(data, item, options)
        if item.overlay:
            _draw(data, page, item.overlay, item.page, options)
    except (CtpnError, OSError) as e:
        return Outcome(item.name, page, str(e))
    except Exception as e:
        return Outcome(item.name, page, f"{item.name}: failed by an error of the program ({type(e).__name__}: {e}); please report it")
    return Outcome(item.name, page)


def _read(data: bytes, item: Item, options: ReadOptions) -> PageResult:
    try:
        return read_page(data, options, item.name, item.page)
    except CtpnError as e:  # of a region, or of a model: it may not say at which photo
        raise e if str(e).startswith(item.name) else CtpnError(f"{item.name}: {e}") from None


def _bytes(source: Path | bytes | str, options: ReadOptions) -> bytes:
    if isinstance(source, bytes):
        return source
    return fetch(source) if isinstance(source, str) else read_source(source, Limits(options.max_pixels))[1]


def _draw(data: bytes, page: PageResult, file: Path, number: int | None, options: ReadOptions) -> None:
    photo = reduced(open_photo(data, page=number, max_pixels=options.max_pixels), MAX_FULL_PIXELS)
    write_overlay(photo.pixels, [replace(line, quad=photo.to_pixels(line.quad)) for line in page], file)
