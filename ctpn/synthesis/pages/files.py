"""Synthetic pages on disk: images/NAME.jpg and gt/gt_NAME.txt, as `annotations.formats.read_set` reads them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from ctpn.annotations.formats import TextAnnotation, read_icdar, read_set
from ctpn.annotations.merge_words import merge_words
from ctpn.annotations.split import is_validation
from ctpn.files import write
from ctpn.synthesis.fonts import Fonts
from ctpn.synthesis.pages import choose_kind, page, signs_on_photo
from ctpn.synthesis.pages.types import Pixels


@dataclass(frozen=True)
class PageSet:
    """How the pages of a folder are made.

    Attributes:
        kinds: of `pages.KINDS`; a page's seed chooses among them.
        fonts: the fonts to use.
        photos: a set of real photos; instead of pages of `kinds`, signs are put into its training part.
        heldout: `fonts` are those held out from training; it enters the seed.
    """

    kinds: Sequence[str]
    fonts: Fonts
    photos: Path | None = None
    heldout: bool = False


def write_pages(folder: Path, pages: PageSet, seeds: Iterable[int]) -> None:
    """Write a page for each seed; existing files are kept, so that a killed command continues.

    Raises:
        CtpnError: the set of photos cannot be read.
    """
    photos = [p for p in read_set(pages.photos) if not is_validation(p[0].stem)] if pages.photos else []
    prefix = "photo" if photos else pages.kinds[0] if len(pages.kinds) == 1 else "page"
    for seed in tqdm(seeds, desc=f"{folder.name}: pages", file=sys.stderr, mininterval=5):
        name = f"{prefix}_{seed:07d}"
        image, gt = folder / "images" / f"{name}.jpg", folder / "gt" / f"gt_{name}.txt"
        if image.exists() and gt.exists():
            continue
        if photos:
            rgb, annotations = _on_photo(photos[seed % len(photos)], seed, pages)
        else:
            rgb, annotations = page(seed, choose_kind(seed, pages.kinds), heldout=pages.heldout, faces=pages.fonts)
        write(gt, "".join(f"{icdar(r)}\n" for r in annotations).encode())
        write(image, jpeg(rgb, 90))  # last, so that no picture is without its annotations


def _on_photo(photo: tuple[Path, Path], seed: int, pages: PageSet) -> tuple[Pixels, list[TextAnnotation]]:
    bgr = cv2.imread(str(photo[0]), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
    return signs_on_photo(seed, rgb, merge_words(read_icdar(photo[1])), heldout=pages.heldout, faces=pages.fonts)


def icdar(annotation: TextAnnotation) -> str:
    """The line x1,y1,...,x4,y4,transcript, corners in integer pixels, as in the public sets."""
    return ",".join([*(str(int(v)) for v in np.floor(annotation.quad + 0.5).ravel()), annotation.text])


def jpeg(rgb: Pixels, quality: int) -> bytes:
    """The file of a picture uint8 RGB [H, W, 3]."""
    _, data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()
