"""Synthetic pages with the quads of their text lines: `page(seed)`.

A line is a run of ink without a gap wider than about its height, as SROIE marks it. The same seed and kind give the
same bytes wherever the same fonts and versions are installed.
"""

from __future__ import annotations

import numpy as np

from ctpn.annotations.formats import Region
from ctpn.synthesis.fonts import Fonts, fonts
from ctpn.synthesis.pages.copier import copied, furnish
from ctpn.synthesis.pages.documents import document
from ctpn.synthesis.pages.forms import form
from ctpn.synthesis.pages.labels import label
from ctpn.synthesis.pages.photo import develop, photograph
from ctpn.synthesis.pages.receipts import receipt
from ctpn.synthesis.pages.signs import sign, street
from ctpn.synthesis.pages.types import Pixels
from ctpn.synthesis.pages.waybills import waybill

MAKERS = {"document": document, "receipt": receipt, "form": form, "label": label, "sign": sign, "waybill": waybill}
KINDS = tuple(MAKERS)


def page(seed: int, kind: str | None = None, *, heldout: bool = False, faces: Fonts | None = None) -> tuple[Pixels, list[Region]]:
    """Make one page.

    Args:
        seed: chooses everything.
        kind: one of `KINDS`; None lets the seed choose.
        heldout: draw with the fonts that training never sees, and with them only.
        faces: draw with these instead of the machine's.

    Returns:
        The picture, uint8 RGB [H, W, 3], long side 640 to 1280, and its text lines, quads in its pixels; what nobody
        could read (signatures) is marked "###".
    """
    kind = kind or KINDS[int(np.random.default_rng(seed).integers(len(KINDS)))]
    rng = np.random.default_rng([seed, KINDS.index(kind), int(heldout)])
    made = MAKERS[kind](rng, faces or fonts(heldout=heldout))
    copy = kind == "form" and rng.random() < 0.4
    if copy:
        furnish(made)
    rgb, regions = made.rgb, made.regions
    if copy:
        rgb = copied(rgb, rng)
    elif kind != "sign" and rng.random() < 0.6:
        rgb, regions = photograph(rgb, regions, rng)
    return develop(rgb, rng), regions


def lettered_photo(seed: int, rgb: Pixels, regions: list[Region], *, heldout: bool = False) -> tuple[Pixels, list[Region]]:
    """A part of a real photo, uint8 RGB, with signs drawn into it: grounds that no generator makes. The photo's own
    lines are kept; returns as `page` does."""
    rng = np.random.default_rng([seed, len(KINDS), int(heldout)])
    made = street(rgb, regions, rng, fonts(heldout=heldout))
    return develop(made.rgb, rng, rough=0.5), made.regions
