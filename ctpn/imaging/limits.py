"""How large a picture may be, checked on its header before anything is decoded; docs/inputs.md states the numbers."""

from __future__ import annotations

from dataclasses import dataclass

from ctpn.errors import CtpnError, ImageError

MAX_PIXELS = 1 << 28  # 268 megapixels: phones make photos of 200
MAX_BYTES = 720 << 20  # with models and all, reading then stays below 1 GB
HIGHEST = 1 << 40
HINT = "make it smaller, or raise the limit: --max-pixels, max_pixels"


@dataclass(frozen=True)
class Limits:
    """What one picture may take.

    Attributes:
        max_pixels: width times height; the memory that its decoding may need rises with it.

    Raises:
        CtpnError: max_pixels is no number from 1 to HIGHEST.
    """

    max_pixels: int = MAX_PIXELS

    def __post_init__(self) -> None:
        if isinstance(self.max_pixels, bool) or not isinstance(self.max_pixels, int) or not 1 <= self.max_pixels <= HIGHEST:
            raise CtpnError(f"max_pixels: expected a whole number from 1 to {HIGHEST}, got {self.max_pixels!r}")

    @property
    def max_bytes(self) -> int:
        """Of memory, for the file and all that its decoding needs at once."""
        return MAX_BYTES * max(self.max_pixels, MAX_PIXELS) // MAX_PIXELS

    def check(self, width: int, height: int, needed: int) -> None:
        """Check a picture of width x height pixels that needs so many bytes.

        Raises:
            ImageError: it has no pixels, or more of either than is allowed.
        """
        if width < 1 or height < 1:
            raise ImageError(f"its header says {width} x {height} pixels; copy the file again")
        if width * height > self.max_pixels:
            raise ImageError(f"{width} x {height} pixels are more than the limit of {self.max_pixels}; {HINT}")
        self.check_bytes(needed, f"to decode its {width} x {height} pixels")

    def check_bytes(self, needed: int, what: str) -> None:
        """Check the memory for `what`.

        Raises:
            ImageError: it is more than is allowed.
        """
        if needed > self.max_bytes:
            raise ImageError(f"{what} takes {_megabytes(needed)} MB of memory, the limit is {_megabytes(self.max_bytes)}; {HINT}")


def _megabytes(size: int) -> int:
    return -(-size // (1 << 20))
