"""Synthetic pages with the quads of their text lines: `page(seed)`.

A line is a run of ink without a gap wider than about its height, as SROIE annotates it. The same seed and kind give the
same bytes if the same fonts and versions are installed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctpn.annotations.formats import TextAnnotation
from ctpn.synthesis.fonts import Fonts, fonts
from ctpn.synthesis.pages.copier import add_clutter, photocopy
from ctpn.synthesis.pages.documents import document
from ctpn.synthesis.pages.edges import edges
from ctpn.synthesis.pages.forms import form
from ctpn.synthesis.pages.labels import label
from ctpn.synthesis.pages.overprint import overprint
from ctpn.synthesis.pages.photo import photograph, simulate_camera
from ctpn.synthesis.pages.receipts import receipt
from ctpn.synthesis.pages.ruled_tables import ruled_table
from ctpn.synthesis.pages.signs import sign, street
from ctpn.synthesis.pages.symbols import symbols
from ctpn.synthesis.pages.text_blocks import text_block
from ctpn.synthesis.pages.types import Pixels
from ctpn.synthesis.pages.vertical import vertical
from ctpn.synthesis.pages.waybills import waybill

GENERATORS = {
    "document": document, "receipt": receipt, "form": form, "label": label, "sign": sign, "waybill": waybill,
    "text_block": text_block, "ruled_table": ruled_table, "symbols": symbols, "vertical": vertical, "overprint": overprint,
    "edges": edges,
}  # fmt: skip
KINDS = tuple(GENERATORS)  # append new kinds: a kind's index enters its pages' seeds
MIXED = KINDS[:6]  # what a set holds that names no kinds: the first stages' pages stay as they are
SIGNS_ON_PHOTO = 6  # in place of the index of a kind


def choose_kind(seed: int, kinds: Sequence[str] = MIXED) -> str:
    """The kind of page `seed` in a set of these kinds."""
    return kinds[int(np.random.default_rng(seed).integers(len(kinds)))]


def page(seed: int, kind: str | None = None, *, heldout: bool = False, faces: Fonts | None = None) -> tuple[Pixels, list[TextAnnotation]]:
    """Make one page.

    Args:
        seed: determines the page.
        kind: one of `KINDS`; None: the seed chooses one of `MIXED`.
        heldout: of pages for evaluation; it enters the seed.
        faces: the fonts to use; None: the machine's, held out ones if `heldout`.

    Returns:
        The picture, uint8 RGB [H, W, 3], long side 640 to 1280, and its text lines, quads in its pixels; signatures
        are annotated as "###".
    """
    kind = kind or choose_kind(seed)
    rng = np.random.default_rng([seed, KINDS.index(kind), int(heldout)])
    canvas = GENERATORS[kind](rng, faces or fonts(heldout=heldout))
    is_copy = kind == "form" and rng.random() < 0.4
    if is_copy:
        add_clutter(canvas)
    rgb, annotations = canvas.rgb, canvas.annotations
    if is_copy:
        rgb = photocopy(rgb, rng)
    elif kind != "sign" and rng.random() < 0.6:
        rgb, annotations = photograph(rgb, annotations, rng)
    return simulate_camera(rgb, rng), annotations


def signs_on_photo(
    seed: int, rgb: Pixels, annotations: list[TextAnnotation], *, heldout: bool = False, faces: Fonts | None = None
) -> tuple[Pixels, list[TextAnnotation]]:
    """A part of a real photo, uint8 RGB, with synthetic signs in it: backgrounds that no generator can make. The photo's
    own lines are kept. Returns the same as `page`."""
    rng = np.random.default_rng([seed, SIGNS_ON_PHOTO, int(heldout)])
    canvas = street(rgb, annotations, rng, faces or fonts(heldout=heldout))
    return simulate_camera(canvas.rgb, rng, strength=0.5), canvas.annotations
