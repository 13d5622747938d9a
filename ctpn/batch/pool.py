"""Many photos, in this process or in a pool of several."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2

from ctpn.batch.bulk import ReadOptions, read_page, reader_for
from ctpn.batch.fetch import fetch
from ctpn.errors import CtpnError
from ctpn.imaging.decode import open_photo
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
    """

    name: str
    source: Path | bytes | str
    overlay: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a photo: its page, or the error that says why there is none."""

    name: str
    page: PageResult | None = None
    error: str = ""


def outcomes(items: Sequence[Item], options: ReadOptions, jobs: int) -> Iterator[Outcome]:
    """The outcomes of all photos, in their order, read by this process or by `jobs` others.

    Raises:
        ModelError: a model cannot be loaded; before the first photo. CtpnError: a process has died.
    """
    reader_for(options.bundle, options.detector, options.threads, options.trust)  # a bad model is reported once, and here
    if jobs == 1 or len(items) == 1:
        yield from (read_item(item, options) for item in items)
        return
    spawn = multiprocessing.get_context("spawn")  # a forked runtime has lost its threads
    with ProcessPoolExecutor(min(jobs, len(items)), spawn, cv2.setNumThreads, (1,)) as pool:
        try:
            yield from pool.map(partial(read_item, options=options), items)
        except BrokenProcessPool:
            raise CtpnError(
                "a process has died, perhaps for lack of memory; the photos that are missing were not read: give fewer --jobs"
            ) from None


def read_item(item: Item, options: ReadOptions) -> Outcome:
    """Read a photo and write its overlay."""
    try:
        data = _bytes(item.source)
        page = read_page(data, options, item.name)
        if item.overlay:
            _draw(data, page, item.overlay)
    except (CtpnError, OSError) as e:
        return Outcome(item.name, error=str(e))
    return Outcome(item.name, page)


def _bytes(source: Path | bytes | str) -> bytes:
    if isinstance(source, bytes):
        return source
    return fetch(source) if isinstance(source, str) else read_source(source)[1]


def _draw(data: bytes, page: PageResult, file: Path) -> None:
    photo = open_photo(data)
    write_overlay(photo.pixels, [replace(line, quad=photo.to_pixels(line.quad)) for line in page], file)
