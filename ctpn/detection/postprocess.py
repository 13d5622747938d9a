"""From a detector's maps to text lines: decode, suppress, connect."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ctpn.contract.spec import DetectorSpec
from ctpn.detection.anchors import decode
from ctpn.detection.lines import text_lines
from ctpn.detection.nms import suppress
from ctpn.layout.geometry import overlap_fraction, quad_size

Limit = Literal["max_proposals", "max_lines"]


def postprocess(maps: dict[str, NDArray[np.float32]], spec: DetectorSpec) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Text lines of one picture.

    Args:
        maps: as in `anchors.decode`.

    Returns:
        quads_net float32 [M, 4, 2], clockwise from the text's top left, in network-input pixels, and
        scores float32 [M]; M is 0 when there is no text.
    """
    proposals = decode(maps, spec)
    kept = suppress(proposals.boxes_net, proposals.scores, proposals.columns, spec.nms_threshold)
    return text_lines(proposals.take(kept), spec)


def huge_lines(quads_far: NDArray[np.float32], quads_net: NDArray[np.float32], spec: DetectorSpec) -> NDArray[np.int64]:
    """Which lines of a picture's far view are added to its own: those higher than the highest anchor, where nothing was found.

    Args:
        quads_far: float32 [M, 4, 2], the lines of the far view, in pixels of the network input; M may be 0.
        quads_net: float32 [N, 4, 2], the lines that were found in the network input itself; N may be 0.

    Returns:
        Their indices int64 [K], ascending.
    """
    high = [i for i, quad in enumerate(quads_far) if quad_size(quad)[1] > spec.anchor_heights[-1]]
    return np.array([i for i in high if not any(_share(quads_far[i], quad) for quad in quads_net)], np.int64)


def _share(a: NDArray[np.float32], b: NDArray[np.float32]) -> bool:
    """Whether two lines share more than half of one's middle."""
    return max(overlap_fraction(a, b), overlap_fraction(b, a)) > 0.5


def reached_limits(maps: dict[str, NDArray[np.float32]], lines: int, spec: DetectorSpec) -> list[Limit]:
    """Which of `spec.limits` a picture reached, so that there may be more text than the `lines` that `postprocess` gave."""
    proposals = int((maps["score"] >= spec.score_threshold).sum())
    found: list[tuple[Limit, int, int]] = [
        ("max_proposals", proposals, spec.limits.max_proposals), ("max_lines", lines, spec.limits.max_lines)
    ]  # fmt: skip
    return [name for name, count, most in found if count >= most]
