"""Any file to upright RGB; of a very large JPEG as much as is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.errors import ImageError
from ctpn.imaging import jpeg as jpegs
from ctpn.imaging import tiff as tiffs
from ctpn.imaging.bmp import open_bmp
from ctpn.imaging.eight_bits import eight_bits
from ctpn.imaging.header import Header, check_page, warnings
from ctpn.imaging.kind import HEAD_BYTES, picture_kind
from ctpn.imaging.limits import MAX_PIXELS, Limits
from ctpn.imaging.other_formats import read_other
from ctpn.imaging.png import open_png
from ctpn.imaging.resample import halved, resize
from ctpn.imaging.source import Source, read_source
from ctpn.imaging.transparency import lay_on_background, straight
from ctpn.imaging.upright import upright
from ctpn.imaging.webp import open_webp
from ctpn.page import PageWarning

U8 = NDArray[np.uint8]
Box = tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels of the upright photo
Focus = Callable[[int, int], Box]  # from a photo's width and height to the part of it that is needed

# What bounds the memory of very large JPEGs; docs/inputs.md explains the rule.
MAX_FULL_PIXELS = 32 << 20  # a JPEG with more is decoded at 1/2, 1/4 or 1/8 of its size: the first that has no more
MAX_LUMA_PIXELS = 52_000_000  # of such a JPEG where a small part is needed: 1 byte each, for the colours come at half that size
MAX_PART_PIXELS = 8 << 20  # of that part
REDUCTIONS = (2, 4, 8)
LUMA_REDUCTIONS = (1, 2, 4)

OTHERS = {"GIF", "AVIF", "JPEG 2000", "PNM", "HEIC", "PDF"}  # which the packages of the extra `formats` read
EXPECTED = "expected JPEG, PNG, WebP, TIFF, BMP, GIF, HEIC, AVIF, JPEG 2000 or PDF"


@dataclass(frozen=True)
class Photo:
    """Pixels, and where they lie in the upright photo: x_photo = x_pixels * reduction + left, likewise y.

    Attributes:
        pixels: RGB [H, W, 3].
        width, height: of the whole photo at its full size.
        left, top: where the pixels begin, in pixels of the photo; not 0 where only a part was decoded.
        reduction: 1, or 2, 4, 8 for a very large JPEG.
        warnings: what was noticed.
        page, pages: which page or frame of the file this is, from 1, and how many it has.
    """

    pixels: U8
    width: int
    height: int
    left: int = 0
    top: int = 0
    reduction: int = 1
    warnings: tuple[PageWarning, ...] = ()
    page: int = 1
    pages: int = 1

    def to_pixels(self, points_photo: NDArray[np.float32]) -> NDArray[np.float32]:
        """Points [..., 2] of the photo as places in the pixels."""
        return (points_photo - np.array([self.left, self.top], np.float32)) / np.float32(self.reduction)

    def to_photo(self, points_pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Places in the pixels [..., 2] as points of the photo, inside it."""
        points = points_pixels * np.float32(self.reduction) + np.array([self.left, self.top], np.float32)
        return points if self.reduction == 1 else np.clip(points, 0, np.array([self.width, self.height], np.float32))


def open_image(source: Source, *, page: int | None = None, max_pixels: int = MAX_PIXELS) -> U8:
    """The picture of a file as RGB [H, W, 3] at its full size, upright by its EXIF orientation.

    16-bit and other numbers are scaled to 8 bits, transparent pictures are laid on the background that they need, grey and CMYK ones
    become RGB; docs/inputs.md has the rules.

    Args:
        source: a path, the bytes of a file, or a file object.
        page: of a file of several pages or frames, from 1; None: the first.
        max_pixels: the limit for width times height, checked before anything is decoded; the limit for memory rises with it.

    Raises:
        ImageError: no such file, no permission, no picture, no such page, one that is cut off, or larger than the limits.
    """
    limits = Limits(max_pixels)
    name, data = read_source(source, limits)
    return _named(name, lambda: _open(data, page, limits, _whole)).pixels


def open_photo(source: Source, focus: Focus | None = None, *, page: int | None = None, max_pixels: int = MAX_PIXELS) -> Photo:
    """The picture as a `Photo`. Of a very large JPEG it is at a reduced size, or only the part that is needed.

    Args:
        focus: returns the part that is needed; None: the whole photo. It may raise errors of its own.
        page, max_pixels: as above; with a page there is no warning that the file has others.

    Raises:
        ImageError: as above.
    """
    limits = Limits(max_pixels)
    name, data = read_source(source, limits)
    return _named(name, lambda: _open(data, page, limits, lambda jpeg, limits: _as_needed(jpeg, limits, focus)))


def reduced(photo: Photo, max_pixels: int) -> Photo:
    """The photo at the first of 1/1, 1/2, 1/4 … of the size of its pixels at which it has at most `max_pixels`; to be looked at."""
    times = 0
    while photo.pixels.shape[0] * photo.pixels.shape[1] > max_pixels << 2 * times:
        times += 1
    return replace(photo, pixels=halved(photo.pixels, times), reduction=photo.reduction << times) if times else photo


def page_count(source: Source, *, max_pixels: int = MAX_PIXELS) -> int:
    """How many pages or frames a file has.

    Raises:
        ImageError: as above. What only the optional packages know is decoded for it.
    """
    limits = Limits(max_pixels)
    name, data = read_source(source, limits)
    kind = picture_kind(data[:HEAD_BYTES])
    try:
        if kind in ("JPEG", "BMP"):
            return 1
        if kind == "PNG":
            return open_png(data)[0].pages
        if kind == "WebP":
            return open_webp(data).pages
        return tiffs.open_tiff(data, None)[0].pages if kind == "TIFF" else _open(data, None, limits, _whole).pages
    except ImageError as e:
        raise ImageError(f"{name}: {e}") from None


def silence_decoders() -> None:
    """Keep OpenCV's own lines off stderr, in this whole process: a program says what matters by itself, in one line."""
    set_level = cv2.setLogLevel if hasattr(cv2, "setLogLevel") else cv2.utils.logging.setLogLevel  # OpenCV 4 and 5
    set_level(0)


def _named(name: str, work: Callable[[], Photo]) -> Photo:
    try:
        return work()
    except ImageError as e:
        raise ImageError(f"{name}: {e}") from None


def _open(data: bytes, page: int | None, limits: Limits, decode_jpeg: Callable[[jpegs.Jpeg, Limits], Photo]) -> Photo:
    kind = picture_kind(data[:HEAD_BYTES])
    if kind == "JPEG":
        check_page(page, 1)
        return decode_jpeg(jpegs.open_jpeg(data), limits)
    if kind == "TIFF":
        return _tiff(data, page, limits)
    if kind in ("PNG", "WebP", "BMP"):
        return _still(data, kind, page, limits)
    if kind in OTHERS:
        return _other(data, kind, page, limits)
    raise ImageError(f"{f'is {kind}, which is not read' if kind else 'not a picture that can be decoded'}; {EXPECTED}")


def _still(data: bytes, kind: str, page: int | None, limits: Limits) -> Photo:
    """The first picture of a PNG, WebP or BMP; further frames are Pillow's."""
    opened = open_png(data) if kind == "PNG" else (open_webp(data) if kind == "WebP" else open_bmp(data), data)
    header, still = opened
    if check_page(page, header.pages) > 1:
        return _other(data, kind, page, limits)
    limits.check(header.width, header.height, header.needed + len(data))
    return _finished(_rgb(_decode(still)), header, page)


def _tiff(data: bytes, page: int | None, limits: Limits) -> Photo:
    header, only, directory = tiffs.open_tiff(data, page)
    limits.check(header.width, header.height, header.needed + len(data))
    if tiffs.is_grey_with_alpha(directory):
        return _other(data, "TIFF", page, limits)
    damage = tiffs.damage(directory)
    pixels = _decode(only)
    rgb = _rgb(pixels, multiplied=tiffs.is_multiplied(directory))
    return _finished(rgb, header, page, damage)


def _finished(rgb: U8, header: Header, page: int | None, damage: str = "") -> Photo:
    found = warnings(page, header.pages, damage=damage or header.damage, rotated=header.orientation > 1)
    width, height = header.upright
    return Photo(upright(rgb, header.orientation), width, height, warnings=found, page=page or 1, pages=header.pages)


def _other(data: bytes, kind: str, page: int | None, limits: Limits) -> Photo:
    one = read_other(data, kind, page, limits)
    found = warnings(page, one.pages, rotated=one.rotated, text_layer=one.text_layer)
    return Photo(one.pixels, one.pixels.shape[1], one.pixels.shape[0], warnings=found, page=page or 1, pages=one.pages)


def _decode(data: bytes) -> Any:
    """What OpenCV makes of a file, in its own order of colours, as stored."""
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as e:
        text = " ".join(str(getattr(e, "err", "") or e).split())
        raise ImageError(f"cannot be decoded ({text[:120]}); save it again as JPEG or PNG") from None
    if picture is None:
        raise ImageError("not a picture that can be decoded; expected a complete JPEG, PNG, WebP, TIFF or BMP")
    return picture


def _rgb(picture: Any, *, multiplied: bool = False) -> U8:
    """RGB of grey, BGR or BGRA of any number type."""
    pixels = eight_bits(picture)
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB), np.uint8)
    if pixels.shape[2] == 4:
        return lay_on_background(straight(pixels) if multiplied else pixels)
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB, dst=pixels), np.uint8)


def _whole(jpeg: jpegs.Jpeg, limits: Limits, reduction: int = 1) -> Photo:
    """A JPEG as a whole, at 1/reduction of its size."""
    header = jpeg.header
    limits.check(header.width, header.height, jpeg.needed(reduction) + len(jpeg.data))
    rgb, damage = jpegs.decode(jpeg, reduction)
    width, height = header.upright
    return Photo(upright(rgb, header.orientation), width, height, reduction=reduction, warnings=_jpeg_warnings(jpeg, damage))


def _as_needed(jpeg: jpegs.Jpeg, limits: Limits, focus: Focus | None) -> Photo:
    """A JPEG; one of more than MAX_FULL_PIXELS at a reduced size, or a part of it with more detail."""
    width, height = jpeg.header.upright
    if width * height <= MAX_FULL_PIXELS:
        return _whole(jpeg, limits)
    limits.check(width, height, jpeg.needed(max(REDUCTIONS)) + len(jpeg.data))
    box = focus(width, height) if focus else None
    fine = next((r for r in LUMA_REDUCTIONS if width * height <= MAX_LUMA_PIXELS * r * r), None)
    if box and fine and jpeg.channels in (1, 3) and (box[2] - box[0]) * (box[3] - box[1]) <= MAX_PART_PIXELS * fine * fine:
        part, left, top, damage = _part(jpeg, box, fine)
        return Photo(part, width, height, left, top, fine, _jpeg_warnings(jpeg, damage))
    return _whole(jpeg, limits, next((r for r in REDUCTIONS if width * height <= MAX_FULL_PIXELS * r * r), max(REDUCTIONS)))


def _part(jpeg: jpegs.Jpeg, box: Box, reduction: int) -> tuple[U8, int, int, str]:
    """A part of a JPEG at a reduced size, its colours from half that size: RGB, where it begins in the photo (x, y), the damage.

    The luma of a whole photo takes a third of the memory of its colours, which most JPEGs store at half the size anyway (4:2:0).
    """
    step, turned = 2 * reduction, jpeg.header.orientation
    x0, y0, x1, y1 = box[0] // step, box[1] // step, -(-box[2] // step), -(-box[3] // step)  # in pixels of the colours
    grey, damage = jpegs.luma(jpeg, reduction)
    luma = upright(grey, turned)[2 * y0 : 2 * y1, 2 * x0 : 2 * x1].copy()
    del grey
    half = upright(jpegs.decode(jpeg, step)[0], turned)[y0:y1, x0:x1].copy()
    colour = resize(half, 2 * half.shape[0], 2 * half.shape[1])[: luma.shape[0], : luma.shape[1]]
    ycc = cv2.cvtColor(colour, cv2.COLOR_RGB2YCrCb)
    ycc[..., 0] = luma
    return np.asarray(cv2.cvtColor(ycc, cv2.COLOR_YCrCb2RGB), np.uint8), x0 * step, y0 * step, damage


def _jpeg_warnings(jpeg: jpegs.Jpeg, damage: str) -> tuple[PageWarning, ...]:
    return warnings(None, 1, damage=damage, rotated=jpeg.header.orientation > 1)
