"""How a graph of one size is used: pictures and line crops are padded for it, maps are cut.

An app does the same: ios-demo/Sources/ReaderCore/Runtime/FixedSize.swift, which is tested against these functions.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ctpn.contract.spec import DetectorSpec
from ctpn.errors import ModelError
from ctpn.runtime.protocols import F32, U8


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
