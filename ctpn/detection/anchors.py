"""The anchor grid: maps to proposals (Tian et al. 2016, section 3.1); `ctpn.training.targets` is the inverse.

A cell is `stride_x` wide and `stride_y` high; its anchors share the cell's centre and differ in height alone.
Regression: dy = (cy - cy_anchor) / h_anchor, dh = log(h / h_anchor); side: (x_end - cx_anchor) / stride_x.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctpn.contract.spec import DetectorSpec
from ctpn.detection.proposals import Proposals
from ctpn.errors import ModelError

F32 = NDArray[np.float32]


def decode(maps: dict[str, NDArray[np.float32]], spec: DetectorSpec) -> Proposals:
    """Turn a detector's maps into the proposals that reach `spec.score_threshold`, the best `limits.max_proposals` of them.

    Args:
        maps: `score` float32 [h, w, k] in [0, 1], `vertical` [h, w, 2k] and, where `spec.outputs` has them,
            `side` [h, w, 2k] and `link` [h, w, k] in [0, 1]; without them a line ends at the column's border
            and links are 1.

    Returns:
        Proposals in network-input pixels; empty when there is no text.

    Raises:
        ModelError: maps of a shape that does not fit the spec.
    """
    score = maps["score"]
    if score.ndim != 3 or score.shape[2] != spec.anchors:
        raise ModelError(f"score map: expected [h, w, {spec.anchors}], got {list(score.shape)}; model and spec differ")
    w, k = score.shape[1:]
    at = _best(score.reshape(-1), np.flatnonzero(score.reshape(-1) >= spec.score_threshold), spec.limits.max_proposals)
    rows, columns, kinds = at // (w * k), at // k % w, at % k
    vertical = maps["vertical"].reshape(-1, 2).take(at, 0)
    heights = np.asarray(spec.anchor_heights, np.float32)[kinds]
    cy = (rows.astype(np.float32) + np.float32(0.5)) * spec.stride_y + vertical[:, 0] * heights
    growth = np.exp(np.clip(vertical[:, 1], -4, 4).astype(np.float64)).astype(np.float32)  # float32's exp differs between machines
    half = growth * heights * np.float32(0.5)
    x0 = (columns * spec.stride_x).astype(np.float32)
    boxes = np.stack([x0, cy - half, x0 + spec.stride_x, cy + half], 1)
    ends = boxes[:, [0, 2]]
    if "side" in spec.outputs:
        ends = x0[:, None] + (maps["side"].reshape(-1, 2).take(at, 0) + np.float32(0.5)) * spec.stride_x
    links = maps["link"].reshape(-1)[at] if "link" in spec.outputs else np.ones(len(at), np.float32)
    return Proposals(boxes, score.reshape(-1)[at], columns, ends.astype(np.float32), links)


def _best(scores: F32, at: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The first `count` of the cells `at` by (-score, index), in the cells' order."""
    if len(at) <= count:
        return at
    return np.sort(at[np.argsort(-scores[at], kind="stable")[:count]])
