"""Any file to upright RGB; of a very large JPEG as much as is needed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.errors import ImageError
from ctpn.imaging.header import JPEG_END, JPEG_START, JpegHeader, jpeg_end, jpeg_header, orientation, page_count
from ctpn.imaging.resample import resize
from ctpn.page import PageWarning

U8 = NDArray[np.uint8]
Source = str | os.PathLike[str] | bytes | BinaryIO
Box = tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels of the upright photo
Focus = Callable[[int, int], Box]  # from a photo's width and height to the part of it that is needed

# What bounds memory; docs/output.md explains the rule. OpenCV needs each decoded picture twice for a moment.
MAX_PIXELS = 32 << 20  # a JPEG with more is decoded at 1/2, 1/4 or 1/8 of its size: the first that has no more
MAX_LUMA_PIXELS = 52_000_000  # of such a JPEG where a small part is needed: 1 byte each, for the colours come at half that size
MAX_PART_PIXELS = 8 << 20  # of that part

UPRIGHT = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH  # these and all below are rotated by EXIF
SMALLEST = cv2.IMREAD_REDUCED_GRAYSCALE_8
COLOUR = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4, 8: cv2.IMREAD_REDUCED_COLOR_8}
LUMA = {1: cv2.IMREAD_GRAYSCALE, 2: cv2.IMREAD_REDUCED_GRAYSCALE_2, 4: cv2.IMREAD_REDUCED_GRAYSCALE_4}

FILLER = bytes(range(1, 255)) * 8  # compressed data of a JPEG that changes the picture, if the decoder needs it
FILLER_WITH_RESTARTS = b"".join(FILLER + bytes([0xFF, 0xD0 + i]) for i in range(8))
GREY = 128  # of what is missing at the end of a JPEG


@dataclass(frozen=True)
class Photo:
    """Pixels, and where they lie in the upright photo: x_photo = x_pixels * reduction + left, likewise y.

    Attributes:
        pixels: RGB [H, W, 3].
        width, height: of the whole photo at its full size.
        left, top: where the pixels begin, in pixels of the photo; not 0 where only a part was decoded.
        reduction: 1, or 2, 4, 8 for a very large JPEG.
        warnings: what was noticed.
    """

    pixels: U8
    width: int
    height: int
    left: int = 0
    top: int = 0
    reduction: int = 1
    warnings: tuple[PageWarning, ...] = ()

    def to_pixels(self, points_photo: NDArray[np.float32]) -> NDArray[np.float32]:
        """Points [..., 2] of the photo as places in the pixels."""
        return (points_photo - np.array([self.left, self.top], np.float32)) / np.float32(self.reduction)

    def to_photo(self, points_pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Places in the pixels [..., 2] as points of the photo, inside it."""
        points = points_pixels * np.float32(self.reduction) + np.array([self.left, self.top], np.float32)
        return points if self.reduction == 1 else np.clip(points, 0, np.array([self.width, self.height], np.float32))


def open_image(source: Source) -> U8:
    """The picture of a file as RGB [H, W, 3] at its full size, upright by its EXIF orientation.

    16-bit pictures are scaled to 8 bits, transparent ones are laid on white, grey and CMYK ones become RGB.

    Args:
        source: a path, the bytes of a file, or a file object.

    Raises:
        ImageError: no such file, no permission, no picture, or one that is cut off.
    """
    name, data = read_source(source)
    return _full_size(data, jpeg_header(data), name)


def open_photo(source: Source, focus: Focus | None = None) -> Photo:
    """The picture as a `Photo`. Of a very large JPEG it is at a reduced size, or only the part that is needed.

    Args:
        focus: returns the part that is needed; None: the whole photo. It may raise errors of its own.

    Raises:
        ImageError: as above.
    """
    name, data = read_source(source)
    header = jpeg_header(data)
    if header and header.width * header.height > MAX_PIXELS:
        return _reduced(data, header, name, focus)
    pixels = _full_size(data, header, name)
    return Photo(pixels, pixels.shape[1], pixels.shape[0], warnings=_warnings(data, header, pixels, UPRIGHT))


def read_source(source: Source) -> tuple[str, bytes]:
    """The name of a source in messages, and its bytes.

    Raises:
        ImageError: no such file, a folder, no permission, empty, a file object that gives no bytes, or none of these.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        name, data = "image", bytes(source)
    elif isinstance(source, (str, os.PathLike)):
        name, data = str(source), _read(Path(source))
    else:
        name, data = _read_object(source)
    if not data:
        raise ImageError(f"{name}: the file is empty; copy it again")
    return name, data


def _read(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise ImageError(f"{path}: is a folder; expected a picture, give the files in it")
        return path.read_bytes()
    except FileNotFoundError:
        raise ImageError(f"{path}: no such file; check the path") from None
    except ValueError as e:  # a NUL character
        raise ImageError(f"{str(path)!r}: cannot be the name of a file ({e}); check the path") from None
    except OSError as e:
        raise ImageError(f"{path}: cannot be read ({e.strerror or e}); check its permissions") from None


def _read_object(source: BinaryIO) -> tuple[str, bytes]:
    """The name of a file object, and the rest of its bytes."""
    expected = "expected a path, the bytes of a file, a file object opened with 'rb', or RGB uint8 [H, W, 3]"
    if not hasattr(source, "read"):
        raise ImageError(f"image: {expected}, got {type(source).__name__}")
    name = str(getattr(source, "name", "image"))
    try:
        data: Any = source.read()
    except (OSError, ValueError) as e:  # ValueError: it is closed, or text that is no UTF-8
        raise ImageError(f"{name}: the file object cannot be read ({e}); {expected}") from None
    if data is not None and not isinstance(data, bytes):
        raise ImageError(f"{name}: {expected}, got one whose read() gives {type(data).__name__}")
    return name, data or b""


def _full_size(data: bytes, header: JpegHeader | None, name: str) -> U8:
    if data.startswith(JPEG_START):
        _check_end(data, header, name)
    else:
        picture = _decode(data, cv2.IMREAD_UNCHANGED, name)
        if picture.ndim == 3 and picture.shape[2] == 4:
            return _on_white(_eight_bits(picture, name))
    return _colours(data, UPRIGHT, name)


def _check_end(data: bytes, header: JpegHeader | None, name: str) -> None:
    if (header.end if header else jpeg_end(data)) < 0:
        raise ImageError(f"{name}: the JPEG ends too early (no end mark in {len(data)} bytes); copy the file again")


def _colours(data: bytes, flags: int, name: str) -> U8:
    """RGB from pictures without transparency."""
    picture = _eight_bits(_decode(data, flags, name), name)
    if picture.ndim == 2:
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB), np.uint8)
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB, dst=picture), np.uint8)


def _decode(data: bytes, flags: int, name: str) -> Any:
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as e:
        raise ImageError(f"{name}: cannot be decoded ({_reason(e)}); save it again as JPEG or PNG") from None
    if picture is None:
        raise ImageError(f"{name}: not a picture that can be decoded; expected a complete JPEG, PNG, WebP, TIFF or BMP")
    return picture


def _reason(e: cv2.error) -> str:
    text = " ".join(str(getattr(e, "err", "") or e).split())
    return "more pixels than OpenCV accepts" if "pixels" in text.lower() else text[:120]


def _eight_bits(picture: Any, name: str) -> U8:
    """OpenCV's 8, 16 or 32 bits a channel to 8."""
    if picture.dtype == np.uint16:
        picture = ((picture.astype(np.uint32) + 128) // 257).astype(np.uint8)
    elif picture.dtype in (np.float32, np.float64):
        picture = np.floor(np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
    elif picture.dtype != np.uint8:
        raise ImageError(f"{name}: expected 8 or 16 bits a channel, got {picture.dtype}; save it as JPEG or PNG")
    return np.asarray(picture, np.uint8)


def _on_white(bgra: U8) -> U8:
    alpha = bgra[:, :, 3:].astype(np.uint16)
    colour = bgra[:, :, 2::-1].astype(np.uint16)
    return ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def _reduced(data: bytes, header: JpegHeader, name: str, focus: Focus | None) -> Photo:
    """A JPEG of more than MAX_PIXELS at a reduced size, or a part of it with more detail."""
    _check_end(data, header, name)
    width, height = header.width, header.height
    if orientation(data) >= 5:
        width, height = height, width
    box = focus(width, height) if focus else None
    fine = next((r for r in LUMA if width * height <= MAX_LUMA_PIXELS * r * r), None)
    if box and fine and header.channels in (1, 3) and (box[2] - box[0]) * (box[3] - box[1]) <= MAX_PART_PIXELS * fine * fine:
        small = _colours(data, SMALLEST, name)
        part, left, top = _part(data, box, fine, name)
        return Photo(part, width, height, left, top, fine, _warnings(data, header, small, SMALLEST))
    reduction = next((r for r in COLOUR if width * height <= MAX_PIXELS * r * r), max(COLOUR))
    pixels = _colours(data, COLOUR[reduction], name)
    return Photo(pixels, width, height, reduction=reduction, warnings=_warnings(data, header, pixels, COLOUR[reduction]))


def _part(data: bytes, box: Box, reduction: int, name: str) -> tuple[U8, int, int]:
    """A part of a JPEG at a reduced size, its colours from half that size: RGB, and where it begins in the photo, (x, y).

    The luma of a whole photo takes a third of the memory of its colours, which most JPEGs store at half the size anyway (4:2:0).
    """
    step = 2 * reduction
    x0, y0, x1, y1 = box[0] // step, box[1] // step, -(-box[2] // step), -(-box[3] // step)  # in pixels of the colours
    luma = _decode(data, LUMA[reduction], name)[2 * y0 : 2 * y1, 2 * x0 : 2 * x1].copy()
    half = _colours(data, COLOUR[step], name)[y0:y1, x0:x1].copy()
    colour = resize(half, 2 * half.shape[0], 2 * half.shape[1])[: luma.shape[0], : luma.shape[1]]
    ycc = cv2.cvtColor(colour, cv2.COLOR_RGB2YCrCb)
    ycc[..., 0] = luma
    return np.asarray(cv2.cvtColor(ycc, cv2.COLOR_YCrCb2RGB), np.uint8), x0 * step, y0 * step


def _warnings(data: bytes, header: JpegHeader | None, pixels: U8, flags: int) -> tuple[PageWarning, ...]:
    """The warnings about a picture; `pixels` were decoded with `flags`."""
    found = []
    if header and _is_cut(data, header, pixels, flags):
        found.append(PageWarning("damaged", "the end of the JPEG is missing or damaged, the rest was read; copy the file again"))
    pages = page_count(data)
    if pages > 1:
        found.append(PageWarning("more_pages", f"has {pages} pages or frames, only the first was read; save the others apart"))
    if header and orientation(data) > 1:
        found.append(PageWarning("rotated", "was rotated by its EXIF orientation; coordinates are those of the upright photo"))
    return tuple(found)


def _is_cut(data: bytes, header: JpegHeader, pixels: U8, flags: int) -> bool:
    """Whether compressed data is missing before the end mark: then what the decoder is given there changes the picture.

    It is decoded once more, but only where that may be: a sequential JPEG that is cut has a grey corner.
    """
    corners = pixels[:: max(1, len(pixels) - 1), :: max(1, pixels.shape[1] - 1)]
    if not header.progressive and not (corners == GREY).all(2).any():
        return False
    longer = data[: header.end].rstrip(b"\xff") + (FILLER_WITH_RESTARTS if header.restarts else FILLER) + JPEG_END
    return not np.array_equal(_colours(longer, flags, "image"), pixels)
