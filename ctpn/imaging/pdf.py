"""Pages of a PDF as pictures."""

from __future__ import annotations

import re
import threading
import zlib
from collections import deque
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctpn.errors import ImageError
from ctpn.imaging.header import check_page
from ctpn.imaging.limits import Limits

DPI = 200
NEEDED = 8  # bytes per pixel of the page, and of the largest picture in it
MAX_OBJECTS = 10_000  # of a page that are looked at for pictures
IMAGE = 3  # FPDF_PAGEOBJ_IMAGE
PDFIUM = threading.Lock()  # PDFium is not made for several threads
STREAM = re.compile(rb"stream\r?\n")
CHUNK = 1 << 20  # bytes that are decompressed at once
MAX_DEPTH = 3  # of streams that are compressed several times
HARMLESS: deque[tuple[bytes, int]] = deque(maxlen=64)  # files whose streams were checked


def render_page(data: bytes, page: int | None, limits: Limits) -> tuple[NDArray[np.uint8], int, bool]:
    """RGB [H, W, 3] of a page at 200 dpi, how many pages there are, and whether this one has a text layer.

    Raises:
        ImageError: no such page, or larger than the limits. What pypdfium2 raises, for a damaged file.
    """
    import pypdfium2

    with PDFIUM:
        _check_streams(data, limits.max_bytes // 2)
        file = pypdfium2.PdfDocument(data)
        try:
            pages = len(file)
            one = file[check_page(page, pages) - 1]
            width, height = (int(np.ceil(points * DPI / 72)) for points in one.get_size())
            limits.check(width, height, len(data) + NEEDED * (width * height + _largest_picture(one)))
            pixels = np.array(one.render(scale=DPI / 72, rev_byteorder=True).to_numpy()[..., :3])
            return pixels, pages, one.get_textpage().count_chars() > 0
        finally:
            file.close()


def _largest_picture(page: Any) -> int:
    """Pixels of the largest picture in a page."""
    sizes = [image.get_px_size() for image, _ in zip(page.get_objects(filter=[IMAGE]), range(MAX_OBJECTS), strict=False)]
    return max((width * height for width, height in sizes), default=0)


def _check_streams(data: bytes, limit: int) -> None:
    """Check that no Deflate stream has more bytes than the limit; once for a file, for its pages are read one after another.

    Raises:
        ImageError: one has.
    """
    key = (sha256(data).digest(), limit)
    if key in HARMLESS:
        return
    starts = [found.end() for found in STREAM.finditer(data)]
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        if _exceeds(data[start:end], limit, MAX_DEPTH):
            raise ImageError(f"a stream of the PDF has more than {limit >> 20} MB when it is decompressed; print it to a new PDF")
    HARMLESS.append(key)


def _exceeds(part: bytes, limit: int, depth: int) -> bool:
    """Whether it, or what is compressed in it once more, has more bytes than the limit; what is not Deflate has none."""
    stream, rest, found, size = zlib.decompressobj(), part, list[bytes](), 0
    try:
        while not stream.eof:
            out = stream.decompress(rest, CHUNK)
            rest, size = stream.unconsumed_tail, size + len(out)
            if size > limit:
                return True
            if depth and (found or _is_deflate(out)):
                found.append(out)
            if not out and not rest:
                break
    except zlib.error:
        pass  # a damaged stream ends here, as it does for PDFium
    return bool(found) and _exceeds(b"".join(found), limit, depth - 1)


def _is_deflate(data: bytes) -> bool:
    """Whether data begin as Deflate does: its method, and a head that 31 divides."""
    return len(data) > 1 and data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0
