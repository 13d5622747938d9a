"""What kind of picture a file is, by its first bytes; whether it can be read is not said."""

from __future__ import annotations

import re

HEAD_BYTES = 128  # as many as are looked at

KINDS = {
    "JPEG": rb"\xff\xd8\xff",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "GIF": rb"GIF8[79]a",
    "TIFF": rb"II[*+]\0|MM\0[*+]",  # + is BigTIFF
    "WebP": rb"RIFF....WEBP",
    "BMP": rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0",  # the size of the header that follows
    "HEIC": rb"....ftyp(hei[cxms]|hev[cxms]|mif1|msf1)",
    "AVIF": rb"....ftypavi[fs]",
    "JPEG 2000": rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51",
    "JPEG XL": rb"\0\0\0\x0cJXL |\xff\x0a",
    "PDF": rb"%PDF-",
    "PNM": rb"P[1-6F]\s+(#[^\n]*\n\s*)*[0-9]+\s+[0-9]",
    "Radiance HDR": rb"#\?(RADIANCE|RGBE)",
    "OpenEXR": rb"\x76\x2f\x31\x01",
    "Sun raster": rb"\x59\xa6\x6a\x95",
    "Photoshop": rb"8BPS\0[\x01\x02]",
}
PATTERNS = {kind: re.compile(pattern, re.DOTALL) for kind, pattern in KINDS.items()}


def picture_kind(head: bytes) -> str | None:
    """A key of KINDS.

    Args:
        head: the first HEAD_BYTES of a file, or all of a shorter one.

    Returns:
        None for what is no picture.
    """
    return next((kind for kind, pattern in PATTERNS.items() if pattern.match(head)), None)
