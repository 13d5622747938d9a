"""The bytes of a file by its path or its URL."""

from __future__ import annotations

import re
from pathlib import Path

from ctpn.errors import ImageError

URL = re.compile(r"[a-z][a-z0-9+.-]*://|.*::")  # also fsspec's chains, such as zip://x.jpg::s3://bucket/y.zip


def fetch(name: str) -> bytes:
    """The bytes of a file by its path or URL.

    Raises:
        ImageError: they cannot be had.
    """
    try:
        if not URL.match(name):
            return Path(name).read_bytes()
        import fsspec

        with fsspec.open(name, "rb") as file:
            data: bytes = file.read()
        return data
    except (OSError, ValueError, ImportError) as e:
        raise ImageError(f"{name}: cannot be read ({' '.join(str(e).split())[:160]}); check the path and the access to it") from None
