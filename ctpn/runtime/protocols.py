"""The protocols of a detector and a recogniser: what the reader calls, whichever runtime runs the graphs."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ctpn.contract.spec import DetectorSpec, RecognizerSpec

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]


class Detector(Protocol):
    """Pixels to maps. For a reader that threads share, it must be safe to call from several threads.

    Attributes:
        spec: what the graph takes, and how its maps are meant.
    """

    spec: DetectorSpec

    def maps(self, pixels_net: U8, /) -> dict[str, F32]:
        """The maps of a fitted picture.

        Args:
            pixels_net: RGB [H, W, 3], both sides multiples of `spec.size_multiple`.

        Returns:
            For each of `spec.outputs` float32 [H / stride_y, W / stride_x, channels]; `direction` has cells of its own
            (`DetectorSpec`).
        """


class Recognizer(Protocol):
    """Line crops to logits. For a reader that threads share, it must be safe to call from several threads.

    Attributes:
        spec: what the graph takes, and which characters its classes are.
    """

    spec: RecognizerSpec

    def logits(self, line_crops: U8, /) -> F32:
        """The logits of a batch.

        Args:
            line_crops: RGB [N, height, W, 3], W a multiple of `spec.width_multiple`.

        Returns:
            float32 [N, W / stride, classes].
        """
