"""Damaged pictures of every kind."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

from ctpn.imaging.decode import open_photo
from ctpn.imaging.kind import HEAD_BYTES, picture_kind
from tests.helpers.pdfs import pages_pdf, stream
from tests.helpers.pngs import chunks, exif, png, with_chunks
from tests.helpers.tiffs import tiff

U8 = NDArray[np.uint8]
PHOTO = Path(__file__).parents[2] / "examples" / "sign.jpg"
EXTREMES = [b"\0" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\xff\xff", b"\xff\xff\0\0", b"\0\0\0\1", b"\1\0\0\0"]


@lru_cache(maxsize=1)
def originals() -> dict[str, bytes]:
    """A small file of each kind, by its name."""
    rgb = np.ascontiguousarray(cv2.imread(str(PHOTO))[100:196, 60:188, ::-1])
    picture, rgba = Image.fromarray(rgb), np.dstack([rgb, np.tile(np.arange(128, dtype=np.uint8) * 2, (96, 1))])
    see_through, frames = Image.fromarray(rgba), [Image.fromarray(np.roll(rgb, 9 * i, 1)) for i in range(1, 3)]
    files = {
        "JPEG": saved(picture, "JPEG", quality=85),
        "JPEG, progressive": saved(picture, "JPEG", quality=85, progressive=True, exif=_tags()),
        "JPEG, grey": saved(picture.convert("L"), "JPEG"),
        "JPEG, CMYK": saved(picture.convert("CMYK"), "JPEG"),
        "JPEG, restarts": cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_RST_INTERVAL, 3])[1].tobytes(),
        "PNG": with_chunks(saved(picture, "PNG"), exif(6)),
        "PNG, alpha": saved(see_through, "PNG"),
        "PNG, palette": saved(picture.quantize(40), "PNG", transparency=3),
        "PNG, 16 bits": cv2.imencode(".png", rgba.astype(np.uint16) * 257)[1].tobytes(),
        "PNG, animation": saved(picture, "PNG", save_all=True, append_images=frames),
        "WebP": saved(picture, "WEBP", quality=80, exif=_tags()),
        "WebP, lossless": saved(see_through, "WEBP", lossless=True),
        "WebP, animation": saved(picture, "WEBP", save_all=True, append_images=frames),
        "TIFF": tiff([rgb, rgb[:50]], orientation=8),
        "TIFF, big": tiff([rgba], extra=2, big=True),
        "TIFF, Deflate": tiff([rgb], deflate=True),
        "TIFF, float": tiff([rgb[..., 0].astype(np.float32)]),
        "TIFF, grey with alpha": saved(see_through.convert("LA"), "TIFF"),
        "BMP": saved(picture, "BMP"),
        "BMP, palette": saved(picture.quantize(9), "BMP"),
        "GIF": saved(picture, "GIF", save_all=True, append_images=frames),
        "AVIF": saved(see_through, "AVIF", speed=10),
        "JPEG 2000": saved(picture, "JPEG2000"),
        "PNM": saved(picture, "PPM"),
        "HEIC": saved(pillow_heif.from_pillow(picture), "HEIF", quality=50),
        "PDF": pages_pdf(
            [b"BT /F 24 Tf 20 60 Td (Hello 12345) Tj ET", b"q 90 0 0 90 9 9 cm /I Do Q"], size=(144, 108),
            more=[stream(rgb.tobytes(), b"/Subtype /Image /Width 128 /Height 96 /ColorSpace /DeviceRGB /BitsPerComponent 8")],
        ),
    }  # fmt: skip
    return files | {f"TIFF, {name}": saved(picture, "TIFF", compression=name) for name in ("tiff_lzw", "packbits", "jpeg")}


def saved(picture: Image.Image | pillow_heif.HeifFile, kind: str, **options: object) -> bytes:
    data = io.BytesIO()
    if isinstance(picture, pillow_heif.HeifFile):
        picture.save(data, **options)
    else:
        picture.save(data, kind, **options)
    return data.getvalue()


def _tags() -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = 5
    return tags


def check(rng: np.random.Generator, folder: Path) -> None:
    """Open a damaged picture, sometimes a page or a part of it."""
    names = sorted(originals())
    data = damaged(rng, originals()[names[int(rng.integers(len(names)))]])
    (folder / "picture").write_bytes(data)
    page = int(rng.integers(1, 4)) if rng.random() < 0.3 else None
    photo = open_photo(data, (lambda width, height: (0, 0, width // 2 + 1, height)) if rng.random() < 0.2 else None, page=page)
    assert photo.pixels.dtype == np.uint8 and photo.pixels.ndim == 3 and photo.pixels.shape[2] == 3 and photo.pixels.size
    assert 1 <= photo.page <= photo.pages and picture_kind(data[:HEAD_BYTES])
    assert all(w.message and "\n" not in w.message for w in photo.warnings)


def damaged(rng: np.random.Generator, data: bytes) -> bytes:
    """A file with one to four faults. Half of the PNGs have right checksums in spite of them, or their decoder would see nothing."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        if out:
            FAULTS[int(rng.integers(len(FAULTS)))](rng, out)
    if out.startswith(b"\x89PNG") and rng.random() < 0.5:
        return png([(kind, bytes(body)) for kind, body in chunks(bytes(out)) if len(kind) == 4])
    return bytes(out)


def flip_bit(rng: np.random.Generator, out: bytearray) -> None:
    """Change one bit."""
    out[int(rng.integers(len(out)))] ^= 1 << int(rng.integers(8))


def _set_extreme(rng: np.random.Generator, out: bytearray) -> None:
    """Put an extreme number near the beginning, where sizes are, or anywhere."""
    place = int(rng.integers(min(len(out), 400 if rng.random() < 0.7 else len(out))))
    value = EXTREMES[int(rng.integers(len(EXTREMES)))]
    out[place : place + len(value)] = value


def _cut(rng: np.random.Generator, out: bytearray) -> None:
    del out[int(rng.integers(len(out))) :]


def _remove(rng: np.random.Generator, out: bytearray) -> None:
    place = int(rng.integers(len(out)))
    del out[place : place + int(rng.integers(1, 60))]


def _repeat(rng: np.random.Generator, out: bytearray) -> None:
    place, size = int(rng.integers(len(out))), int(rng.integers(1, 200))
    out[place:place] = out[place : place + size] * int(rng.integers(1, 20))


def _overwrite(rng: np.random.Generator, out: bytearray) -> None:
    place, size = int(rng.integers(len(out))), int(rng.integers(1, 40))
    out[place : place + size] = rng.integers(0, 256, size, dtype=np.uint8).tobytes()


def _append(rng: np.random.Generator, out: bytearray) -> None:
    out += rng.integers(0, 256, int(rng.integers(1, 99)), dtype=np.uint8).tobytes() + b"\xff\xd9" * int(rng.integers(2))


FAULTS: list[Callable[[np.random.Generator, bytearray], None]] = [
    flip_bit, flip_bit, flip_bit, _set_extreme, _set_extreme, _cut, _remove, _repeat, _overwrite, _append,
]  # fmt: skip
