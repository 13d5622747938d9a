"""Reading with Core ML packages.

A package of one size takes pictures of that size alone, and a recogniser's functions line crops of their widths, one by one.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ctpn.contract.spec import DetectorSpec, RecognizerSpec
from ctpn.runtime.protocols import F32, U8
from export.coreml.execution import load
from export.coreml.fixed_size import cut_map, function_width, pad_picture, untiled
from export.mil.package import read_model
from export.parity import Run

MODEL = Path("Data", "com.apple.CoreML", "model.mlmodel")


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


def open_detector(package: Path, spec: DetectorSpec) -> FixedDetector:
    """A detector's package of one size."""
    image = read_model(package / MODEL).description.input[0].type.imageType
    return FixedDetector(load(package), (image.height, image.width), spec)


def open_recognizer(package: Path, spec: RecognizerSpec) -> FixedRecognizer:
    """A recogniser's package with a function for each width."""
    functions = [f.name for f in read_model(package / MODEL).description.functions]
    return FixedRecognizer({int(name.removeprefix("w")): load(package, name) for name in functions}, spec)
