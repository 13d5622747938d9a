"""The inputs on which exported files are compared: the project's examples, real pages and synthetic pages."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.pages import DATA, pages
from ctpn.contract.spec import DetectorSpec, RecognizerSpec
from ctpn.imaging.decode import open_image
from ctpn.imaging.tiling import fit
from ctpn.reader import TextReader
from ctpn.recognition.line_crop import batches, padded, rectify
from ctpn.synthesis.pages import KINDS, page
from export.samples import EXAMPLES, PARITY_SEED, place

U8 = NDArray[np.uint8]
REAL = ("sroie", "icdar2015", "funsd", "td500")


@dataclass(frozen=True)
class Photo:
    """A page with its name in results; rgb uint8 [H, W, 3]."""

    name: str
    rgb: U8


@dataclass(frozen=True)
class Sample:
    """An input of a model.

    Attributes:
        names: of its N images.
        pixels: uint8 RGB [N, H, W, 3].
        photo: that the page comes from, None for line crops.
        scale: (x, y) pixels of the input per pixel of the photo.
    """

    names: list[str]
    pixels: U8
    photo: U8 | None = None
    scale: tuple[float, float] = (1.0, 1.0)


def examples() -> list[Photo]:
    """The project's own photos; the waybill first."""
    files = sorted(EXAMPLES.glob("*.jpg"), key=lambda f: (f.stem != "waybill", f.name))
    return [Photo(f"examples/{f.name}", open_image(f)) for f in files]


def real(count: int) -> list[Photo]:
    """The first `count` validation pages of each real set; missing sets are reported on stderr."""
    found = []
    for name in REAL:
        if not (DATA / name).is_dir():
            print(f"{DATA / name}: no such set, omitted", file=sys.stderr)
            continue
        for one in pages(name, count, reduced=False):
            found.append(Photo(str(one.file.relative_to(DATA)), open_image(one.file)))
    return found


def synthetic(count: int) -> list[Photo]:
    """Synthetic pages from seeds that training never uses, of each kind in turn."""
    kinds = [KINDS[i % len(KINDS)] for i in range(count)]
    return [Photo(f"synthetic {kind} {PARITY_SEED + i}", page(PARITY_SEED + i, kind)[0]) for i, kind in enumerate(kinds)]


def page_inputs(photos: Sequence[Photo], spec: DetectorSpec, size: tuple[int | None, int | None] = (None, None)) -> list[Sample]:
    """Photos as a detector takes them: fitted, then padded to `size` (H, W) where it is given."""
    found = []
    for photo in photos:
        fitted = fit(photo.rgb, spec)
        height, width = fitted.pixels.shape[:2]
        pixels = place(fitted.pixels, (size[0] or height, size[1] or width), spec)
        found.append(Sample([photo.name], pixels[None], photo.rgb, (fitted.scale_x, fitted.scale_y)))
    return found


def line_crops(photos: Sequence[Photo], spec: RecognizerSpec, limit: int) -> list[tuple[str, U8]]:
    """Crops of the lines that the shipped detector finds: name and uint8 RGB [height, W, 3].

    At most `limit` of each photo, evenly spaced from top to bottom.
    """
    reader, found = TextReader(threads=1), []
    for photo in photos:
        lines = reader.detect(photo.rgb)
        for i in np.unique(np.linspace(0, len(lines) - 1, min(limit, len(lines))).astype(int)):
            found.append((f"{photo.name}, line {i + 1}", rectify(photo.rgb, lines[i].quad, spec)))
    return found


def line_crop_inputs(crops: Sequence[tuple[str, U8]], spec: RecognizerSpec, width: int | None = None) -> list[Sample]:
    """Line crops as a recogniser takes them: batches of similar width, or all padded to `width`; wider ones are omitted."""
    fitting = [(name, s) for name, s in crops if s.shape[1] <= (width or spec.max_width)]
    found = []
    for group in batches([s.shape[1] for _, s in fitting], spec):
        pixels = padded([fitting[i][1] for i in group], spec)
        missing = 0 if width is None else width - pixels.shape[2]
        pixels = np.pad(pixels, ((0, 0), (0, 0), (0, missing), (0, 0)), constant_values=spec.pad)
        found.append(Sample([fitting[i][0] for i in group], pixels))
    return found
