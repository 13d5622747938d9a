"""From a detector's maps to text lines: decode, suppress, connect."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ctpn.contract.spec import DetectorSpec
from ctpn.detection.anchors import decode
from ctpn.detection.lines import text_lines
from ctpn.detection.nms import suppress

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


def reached_limits(maps: dict[str, NDArray[np.float32]], lines: int, spec: DetectorSpec) -> list[Limit]:
    """Which of `spec.limits` a picture reached, so that there may be more text than the `lines` that `postprocess` gave."""
    proposals = int((maps["score"] >= spec.score_threshold).sum())
    found: list[tuple[Limit, int, int]] = [
        ("max_proposals", proposals, spec.limits.max_proposals), ("max_lines", lines, spec.limits.max_lines)
    ]  # fmt: skip
    return [name for name, count, most in found if count >= most]
