"""How much damage is noticed: python -m tests.fuzz.damage [--count 1000]

Of each kind, so many files are made by changing one to four bits of a photo behind its header. Prints how many were refused, how many were
decoded to other pixels, and how many of these have no warning.
"""

from __future__ import annotations

import argparse
import sys
import zlib

import cv2
import numpy as np
from PIL import Image

from ctpn.errors import ImageError
from ctpn.imaging.decode import open_photo
from tests.fuzz.pictures import PHOTO, flip_bit, saved

HEADER = 0.02  # of a file; what is there is another question


def files() -> dict[str, bytes]:
    """A photo in each kind."""
    picture = Image.open(PHOTO)
    return {
        "JPEG": saved(picture, "JPEG", quality=85),
        "JPEG, progressive": saved(picture, "JPEG", quality=85, progressive=True),
        "JPEG, with restart marks": cv2.imencode(".jpg", cv2.imread(str(PHOTO)), [cv2.IMWRITE_JPEG_RST_INTERVAL, 4])[1].tobytes(),
        "PNG": saved(picture, "PNG"),
        "WebP": saved(picture, "WEBP", quality=80),
        "WebP, lossless": saved(picture, "WEBP", lossless=True),
        "TIFF": saved(picture, "TIFF"),
        "TIFF, LZW": saved(picture, "TIFF", compression="tiff_lzw"),
        "TIFF, Deflate": saved(picture, "TIFF", compression="tiff_adobe_deflate"),
        "BMP": saved(picture, "BMP"),
    }


def counts(name: str, data: bytes, count: int) -> tuple[int, int, int]:
    """(refused, decoded to other pixels, of these without a warning)."""
    original, start = open_photo(data).pixels, int(HEADER * len(data))
    refused = other = silent = 0
    for seed in range(count):
        rng, body = np.random.default_rng([seed, zlib.crc32(name.encode())]), bytearray(data[start:])
        for _ in range(int(rng.integers(1, 5))):
            flip_bit(rng, body)
        try:
            photo = open_photo(data[:start] + bytes(body))
        except ImageError:
            refused += 1
            continue
        if not np.array_equal(photo.pixels, original):
            other += 1
            silent += not photo.warnings
    return refused, other, silent


def main(argv: list[str] | None = None) -> int:
    """Prints a table."""
    parser = argparse.ArgumentParser("python -m tests.fuzz.damage", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="files of each kind (default: %(default)s)")
    count = parser.parse_args(argv).count
    print(f"| of {count} | refused | other pixels | of these without a warning |\n|---|---|---|---|", flush=True)
    for name, data in files().items():
        print(f"| {name} | {' | '.join(map(str, counts(name, data, count)))} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
