"""What a picture's file says of it before it is decoded."""

from __future__ import annotations

from dataclasses import dataclass

from ctpn.errors import ImageError
from ctpn.page import PageWarning

GOES_ON = ", the rest was read"  # of a damaged file, unless that is an error
DAMAGED, MORE_PAGES, ROTATED, TEXT_LAYER = "damaged", "more_pages", "rotated", "text_layer"


@dataclass(frozen=True)
class Header:
    """Of one page of a file.

    Attributes:
        width, height: as stored, before it is turned by its EXIF orientation.
        needed: bytes of memory that its decoding takes at once, without those of the file.
        orientation: of EXIF, 1 to 8: 1 is upright; from 5 on width and height are swapped.
        pages: how many pages or frames the file has.
        damage: what is wrong with the file; "" for nothing.
    """

    width: int
    height: int
    needed: int
    orientation: int = 1
    pages: int = 1
    damage: str = ""

    @property
    def upright(self) -> tuple[int, int]:
        """(width, height) of the upright picture."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


def decoded_bytes(pixels: int, channels: int, size: int) -> int:
    """Memory that a picture takes which OpenCV decodes: for a moment twice; then beside its RGB; then RGB twice, to be turned or resized.

    Args:
        channels, size: of the decoded picture, and the bytes of each; only RGB of 8 bits becomes RGB in its place.
    """
    beside = 0 if (channels, size) == (3, 1) else max(3, channels)
    return pixels * max(2 * channels * size, channels * size + beside, 6)


def check_page(page: int | None, pages: int) -> int:
    """The page to read, from 1; None is the first.

    Raises:
        ImageError: the file has fewer pages.
    """
    if page is not None and not 1 <= page <= pages:
        raise ImageError(f"page {page} was asked for; it has {pages}")
    return page or 1


def warnings(page: int | None, pages: int, *, damage: str = "", rotated: bool = False, text_layer: bool = False) -> tuple[PageWarning, ...]:
    """What a user should know of a page; further pages only where none was asked for."""
    found = []
    if damage:
        found.append(PageWarning(DAMAGED, f"is damaged ({damage}){GOES_ON}; copy the file again"))
    if pages > 1 and page is None:
        others = "1 of them was" if pages == 2 else f"{pages - 1} of them were"
        found.append(PageWarning(MORE_PAGES, f"has {pages} pages or frames, {others} not read; --pages all reads them"))
    if rotated:
        found.append(PageWarning(ROTATED, "was rotated by its EXIF orientation; coordinates are those of the upright photo"))
    if text_layer:
        found.append(PageWarning(TEXT_LAYER, "this PDF page has a text layer, which was not used; a PDF program reads it without errors"))
    return tuple(found)
