"""What optional packages read: Pillow GIF, AVIF, JPEG 2000, PNM and the frames of animations; pillow-heif HEIC; pypdfium2 PDF."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctpn.errors import ImageError
from ctpn.imaging.header import check_page
from ctpn.imaging.limits import Limits
from ctpn.imaging.pdf import render_page
from ctpn.imaging.transparency import lay_on_background
from ctpn.imaging.upright import TURNS, upright

U8 = NDArray[np.uint8]

PILLOW = {"GIF": "GIF", "AVIF": "AVIF", "JPEG 2000": "JPEG2000", "PNM": "PPM", "PNG": "PNG", "WebP": "WEBP", "TIFF": "TIFF"}
NEEDED = {"GIF": 16, "AVIF": 20, "JPEG 2000": 26, "HEIC": 10}  # bytes per pixel, measured
NEEDED_OTHERS = 24
TURN = re.compile(rb"\x00\x00\x00\x09(?:irot[\x01-\x03]|imir)")  # properties of HEIC and AVIF that turn the picture
ORIENTATION = 0x0112


@dataclass(frozen=True)
class Page:
    """One page: RGB pixels [H, W, 3], upright; how many the file has; whether it was rotated, and whether it has its text in it."""

    pixels: U8
    pages: int
    rotated: bool = False
    text_layer: bool = False


def require_extra(kind: str, module: str) -> None:
    """Check that an optional package is installed.

    Raises:
        ImageError: it is not; the message names the extra that has it.
    """
    if find_spec(module) is None:
        raise ImageError(f"reading {kind} needs {module}, which is not installed; install it with: pip install 'ctpn[formats]'")


def read_other(data: bytes, kind: str, page: int | None, limits: Limits) -> Page:
    """A page of a file of one of these kinds.

    Raises:
        ImageError: the package is missing, the file is damaged, too large or has no such page.
    """
    read, module = {"PDF": (_pdf, "pypdfium2"), "HEIC": (_heic, "pillow_heif")}.get(kind, (_pillow, "PIL"))
    require_extra(kind, module)
    try:
        return read(data, kind, page, limits)
    except ImageError:
        raise
    except Exception as e:  # packages raise whatever they like on damaged files
        reason = " ".join(str(e).split())[:120] or type(e).__name__
        raise ImageError(f"the {kind} cannot be decoded ({reason}); copy the file again, or save it as JPEG or PNG") from None


def _pillow(data: bytes, kind: str, page: int | None, limits: Limits) -> Page:
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=[PILLOW[kind]]) as image:
        width, height = image.size
        limits.check(width, height, len(data) + width * height * NEEDED.get(kind, NEEDED_OTHERS))
        pages = int(getattr(image, "n_frames", 1))
        image.seek(check_page(page, pages) - 1)
        turned = image.getexif().get(ORIENTATION, 1)
        image.load()  # which turns a TIFF, and takes the orientation away
        return Page(upright(_rgb(image), image.getexif().get(ORIENTATION, 1)), pages, rotated=turned in TURNS)


def _rgb(image: Any) -> U8:
    """RGB of a Pillow image; only what has transparency takes the memory that it needs."""
    if image.mode.startswith("I;16"):
        return np.repeat(((np.asarray(image).astype(np.uint32) + 128) // 257).astype(np.uint8)[..., None], 3, 2)
    if "A" in image.mode or "transparency" in image.info:
        rgba = np.asarray(image.convert("RGBA"))
        return lay_on_background(np.ascontiguousarray(rgba[..., [2, 1, 0, 3]]))
    return np.array(image.convert("RGB"))


def _heic(data: bytes, kind: str, page: int | None, limits: Limits) -> Page:
    """libheif turns the picture itself, so the EXIF orientation, which says the same once more, is left alone."""
    import pillow_heif

    file = pillow_heif.open_heif(io.BytesIO(data))
    pages = len(file)
    image = file[check_page(page, pages) - 1]
    width, height = image.size
    limits.check(width, height, len(data) + width * height * NEEDED[kind])
    return Page(_rgb(image.to_pillow()), pages, rotated=bool(TURN.search(data)))


def _pdf(data: bytes, kind: str, page: int | None, limits: Limits) -> Page:
    pixels, pages, has_text = render_page(data, page, limits)
    return Page(pixels, pages, text_layer=has_text)
