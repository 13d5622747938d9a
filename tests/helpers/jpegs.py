"""JPEGs with what OpenCV does not write."""

from __future__ import annotations


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    """The same with an EXIF segment that has nothing but the orientation, 1 to 8."""
    tiff = b"MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + bytes([orientation]) + b"\x00\x00\x00\x00\x00\x00"
    body = b"Exif\x00\x00" + tiff
    return jpeg[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + jpeg[2:]
