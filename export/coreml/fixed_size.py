"""How a graph of one size is used: pictures and line crops are padded for it, maps are cut.

An app does the same: ios-demo/Sources/ReaderCore/Runtime/FixedSize.swift, which is tested against these functions.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ctpn.contract.spec import DetectorSpec, RecognizerSpec
from ctpn.errors import ModelError
from ctpn.runtime.protocols import F32, U8

if TYPE_CHECKING:
    from export.parity import Run


def untiled(spec: DetectorSpec) -> DetectorSpec:
    """The spec for a graph of one size: long images are read in tiles of at most `long_side`, whatever `max_untiled` says."""
    return replace(spec, tiling=replace(spec.tiling, max_untiled=1.0))


def pad_picture(pixels: U8, size: tuple[int, int], grey: int) -> U8:
    """A picture uint8 [h, w, 3] in the top left of one of `size` (H, W), the rest grey.

    Raises:
        ModelError: it is larger than that.
    """
    height, width = pixels.shape[:2]
    if height > size[0] or width > size[1]:
        raise ModelError(f"the graph takes {size[0]} x {size[1]} pixels, got {height} x {width}; export a larger --size")
    return np.pad(pixels, ((0, size[0] - height), (0, size[1] - width), (0, 0)), constant_values=grey)


def cut_map(values: F32, height: int, width: int, name: str, spec: DetectorSpec) -> F32:
    """The cells of a padded picture's map `name` float32 [rows, columns, channels] that lie in the picture of `height` x `width` pixels."""
    rows, columns = spec.stride_y, spec.stride_x
    if name == "direction" and spec.direction:
        rows = columns = spec.direction.stride
    return values[: height // rows, : width // columns]


def function_width(width: int, widths: list[int]) -> int:
    """The least of ascending widths that holds a line crop.

    Raises:
        ModelError: none does.
    """
    fitting = [w for w in widths if w >= width]
    if not fitting:
        raise ModelError(f"the recogniser's functions take up to {widths[-1]} columns, got a line crop of {width}; export a wider one")
    return fitting[0]


class FixedDetector:
    """A detector's graph of one size; `size` is (H, W)."""

    def __init__(self, run: Run, size: tuple[int, int], spec: DetectorSpec) -> None:
        self.run, self.size, self.spec = run, size, untiled(spec)

    def maps(self, pixels_net: U8, /) -> dict[str, F32]:
        """See `protocols.Detector`."""
        found = self.run(pad_picture(pixels_net, self.size, self.spec.pad)[None])
        height, width = pixels_net.shape[:2]
        return {name: cut_map(found[name][0], height, width, name, self.spec) for name in self.spec.outputs}


class FixedRecognizer:
    """A recogniser's graphs of one width each, by their width; each line crop goes into the narrowest that holds it."""

    def __init__(self, runs: dict[int, Run], spec: RecognizerSpec) -> None:
        self.runs, self.spec = dict(sorted(runs.items())), spec

    def logits(self, line_crops: U8, /) -> F32:
        """See `protocols.Recognizer`."""
        width = line_crops.shape[2]
        wide = function_width(width, list(self.runs))
        size, steps = (self.spec.height, wide), width // self.spec.stride
        rows = [self.runs[wide](pad_picture(crop, size, self.spec.pad)[None])["logits"][:, :steps] for crop in line_crops]
        return np.concatenate(rows)
