"""Reading with Core ML packages.

A package of one size takes pictures of that size alone, and a recogniser's functions line crops of their widths, one by one.
"""

from __future__ import annotations

from pathlib import Path

from ctpn.contract.spec import DetectorSpec, RecognizerSpec
from export.coreml.execution import load
from export.coreml.fixed_size import FixedDetector, FixedRecognizer
from export.mil.package import read_model

MODEL = Path("Data", "com.apple.CoreML", "model.mlmodel")


def open_detector(package: Path, spec: DetectorSpec) -> FixedDetector:
    """A detector's package of one size."""
    image = read_model(package / MODEL).description.input[0].type.imageType
    return FixedDetector(load(package), (image.height, image.width), spec)


def open_recognizer(package: Path, spec: RecognizerSpec) -> FixedRecognizer:
    """A recogniser's package with a function for each width."""
    functions = [f.name for f in read_model(package / MODEL).description.functions]
    return FixedRecognizer({int(name.removeprefix("w")): load(package, name) for name in functions}, spec)
