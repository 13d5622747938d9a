"""Reads one photo from its bytes: the function that process pools, services and distributed engines call."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ctpn.contract.signature import Trust
from ctpn.errors import ImageError, ModelWarning
from ctpn.imaging.header import DAMAGED, GOES_ON
from ctpn.imaging.limits import MAX_PIXELS
from ctpn.layout.regions import Region
from ctpn.page import PageResult
from ctpn.reader import TextReader


@dataclass(frozen=True)
class ReadOptions:
    """How photos are read; small, so that it can travel to other processes with each photo.

    Attributes:
        bundle, detector, threads, trust: as for `TextReader`.
        regions: as for `TextReader.read`.
        text: whether the lines are read, not only found.
        max_pixels: as for `TextReader`.
        strict: whether a picture that is damaged is an error.
    """

    bundle: Path | None = None
    detector: Path | None = None
    threads: int = 0
    regions: tuple[Region, ...] | None = None
    text: bool = True
    trust: Trust | None = None
    max_pixels: int = MAX_PIXELS
    strict: bool = False


def read_page(data: bytes, options: ReadOptions, name: str = "image", page: int | None = None) -> PageResult:
    """The result of a photo. The same bytes and options give the same result in any process, except for the times.

    Args:
        data: of the photo's file.
        name: what errors call the photo.
        page: of a file of several pages, as for `TextReader.read`.

    Raises:
        CtpnError: as by `TextReader` and its `read`; a damaged picture where the options are strict.
    """
    reader = reader_for(options.bundle, options.detector, options.threads, options.trust, options.max_pixels)
    result = (reader.read if options.text else reader.detect)(_Named(data, name), options.regions, page=page)
    damage = next((w.message for w in result.warnings if w.code == DAMAGED), "")
    if options.strict and damage:
        raise ImageError(f"{name}: {damage.replace(GOES_ON, '')}, or read what is left of it without --strict")
    return result


@lru_cache(maxsize=2)
def reader_for(bundle: Path | None, detector: Path | None, threads: int, trust: Trust | None, max_pixels: int = MAX_PIXELS) -> TextReader:
    """This process's reader of some models, which takes its time to load; the two that were used last are kept."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ModelWarning)  # the command says it, once
        return TextReader(bundle, detector=detector, trust=trust, threads=threads, max_pixels=max_pixels)


class _Named(io.BytesIO):
    """The bytes of a file as a file object that has a name."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name
