"""Quads written down by hand, and the maps of a detector that knows them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctpn.contract.spec import DetectorSpec
from ctpn.training.targets import Targets

NO_QUADS = np.zeros((0, 4, 2), np.float32)


def box(x0: float, y0: float, x1: float, y1: float) -> NDArray[np.float32]:
    """An upright quad, float32 [4, 2], clockwise from the top left."""
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)


def maps_of(targets: Targets, spec: DetectorSpec) -> dict[str, NDArray[np.float32]]:
    """The maps that a detector without errors would give for these targets."""
    h, w, k = targets.labels.shape
    side = np.where(np.isnan(targets.side), np.array([-0.5, 0.5], np.float32), targets.side)
    return {
        "score": (targets.labels == 1).astype(np.float32),
        "vertical": targets.vertical.reshape(h, w, 2 * k),
        "side": side.reshape(h, w, 2 * k).astype(np.float32),
        "link": (targets.link == 1).astype(np.float32),
    }
