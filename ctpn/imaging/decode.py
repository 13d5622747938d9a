"""Any file to upright RGB."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.errors import ImageError

U8 = NDArray[np.uint8]

JPEG, JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"


def open_image(path: str | os.PathLike[str]) -> U8:
    """The picture of a file as uint8 RGB [H, W, 3], upright by its EXIF orientation.

    16-bit pictures are scaled to 8 bits, transparent ones lie on white, grey and CMYK ones become RGB.

    Raises:
        ImageError: no such file, no permission, no picture, or only a part of one.
    """
    path = Path(path)
    data = _read(path)
    if data[:3].tobytes() == JPEG and not _ends(data.tobytes()):
        raise ImageError(f"{path}: the JPEG ends too early (no end mark in {len(data)} bytes); copy the file again")
    try:
        picture = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
        if picture is not None and (picture.ndim == 2 or picture.shape[2] == 3):
            picture = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)  # this one turns by EXIF
    except cv2.error as e:
        raise ImageError(f"{path}: cannot be decoded ({_reason(e)}); save it again as JPEG or PNG") from None
    if picture is None:
        raise ImageError(f"{path}: not a picture that can be decoded; expected JPEG, PNG, WebP, TIFF or BMP, whole")
    return _rgb(picture, path)


def _read(path: Path) -> U8:
    if path.is_dir():
        raise ImageError(f"{path}: is a folder; expected a picture, give the files in it")
    try:
        data = np.fromfile(path, np.uint8)
    except FileNotFoundError:
        raise ImageError(f"{path}: no such file; check the path") from None
    except OSError as e:
        raise ImageError(f"{path}: cannot be read ({e.strerror or e}); check its permissions") from None
    if not len(data):
        raise ImageError(f"{path}: the file is empty; copy it again")
    return data


def _ends(jpeg: bytes) -> bool:
    """Whether the end mark follows the picture (T.81, B.1): not that of a thumbnail before it, and a film may follow. Within
    the compressed data each 0xFF is followed by a 0, so that nothing there looks like the mark."""
    place = 2
    while jpeg[place : place + 1] == b"\xff" and jpeg[place + 1 : place + 2] != b"\xda":
        place += 2 + int.from_bytes(jpeg[place + 2 : place + 4], "big")
    return JPEG_END in jpeg[place:]


def _reason(e: cv2.error) -> str:
    text = " ".join(str(getattr(e, "err", "") or e).split())
    return "more pixels than OpenCV accepts" if "pixels" in text.lower() else text[:120]


def _rgb(picture: Any, path: Path) -> U8:
    """OpenCV's BGR(A) of 8, 16 or 32 bits to uint8 RGB."""
    if picture.dtype == np.uint16:
        picture = ((picture.astype(np.uint32) + 128) // 257).astype(np.uint8)
    elif picture.dtype in (np.float32, np.float64):
        picture = np.floor(np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
    elif picture.dtype != np.uint8:
        raise ImageError(f"{path}: expected 8 or 16 bits a channel, got {picture.dtype}; save it as JPEG or PNG")
    if picture.ndim == 2:
        return cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)
    if picture.shape[2] == 4:
        return _on_white(picture)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def _on_white(bgra: U8) -> U8:
    alpha = bgra[:, :, 3:].astype(np.uint16)
    colour = bgra[:, :, 2::-1].astype(np.uint16)
    return ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
