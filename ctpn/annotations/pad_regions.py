"""Tight annotations expanded to the padding that people leave."""

from __future__ import annotations

from ctpn.annotations.formats import TextAnnotation
from ctpn.detection.lines import expand

PADDING = (0.06, 0.11)  # of a line's height, at each end, and above and below: about what people leave around its ink


def pad_regions(annotations: list[TextAnnotation]) -> list[TextAnnotation]:
    """Quads that hug the ink, as synthetic ones do, expanded by PADDING; polygons stay as they are."""
    return [TextAnnotation(expand(r.quad[None], PADDING)[0], r.text) if len(r.quad) == 4 else r for r in annotations]
