"""Writes the Core ML packages of a net, and knows which there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctpn.contract.spec import RecognizerSpec
from ctpn.errors import CtpnError
from export.coreml.conversion import HEIGHTS, ON_A_MAC, compress_weights, convert, save
from export.coreml.execution import load
from export.exporter import ExportedFile, Function, Writer
from export.variants import ExportVariant, say

KINDS = {"float32": "", "float16": "-float16", "int8": "-int8", "6bit": "-6bit"}  # and what they add to a name
COMPRESSED = ("int8", "6bit")
APP = ("float16",)  # what an app takes
OLDEST = "iOS16"


@dataclass(frozen=True)
class Package:
    """A package to write.

    Attributes:
        name: of the file, without its kind and ending.
        variants: the variant behind each of its functions.
        free_height: it takes pictures of any height.
        target: the oldest system that it runs on; what is not compressed is converted for OLDEST and raised when it is saved.
    """

    name: str
    variants: dict[str, ExportVariant]
    free_height: bool = False
    target: str = OLDEST

    @property
    def recognizer(self) -> bool:
        """Whether it is a recogniser's."""
        return any(isinstance(variant.graph.spec, RecognizerSpec) for variant in self.variants.values())

    def can_be(self, kind: str) -> bool:
        """Whether its target has what the kind needs: a recogniser's palettes are iOS 18's."""
        return kind != "6bit" or not self.recognizer or self.target == "iOS18"


def writer(kinds: tuple[str, ...] = APP, *, fixed: bool = False) -> Writer:
    """The function that writes the packages of a net.

    Args:
        kinds: of KINDS.
        fixed: write all packages; otherwise the one that an app takes: the detector's of one size, because the Neural Engine computes a
            package of free height at one height alone (coremltools' issue 2370), and the recogniser's of all widths up to `max_width`.
    """

    def write_files(variants: Iterator[ExportVariant], folder: Path) -> Iterator[ExportedFile]:
        converted = _Conversions()
        for package in _packages([v for v in variants if v.fixed_width], fixed=fixed):
            yield from _written(package, folder, [kind for kind in kinds if package.can_be(kind)], converted)

    return write_files


def _packages(variants: list[ExportVariant], *, fixed: bool) -> Iterator[Package]:
    first = variants[0]
    spec, (height, width) = first.graph.spec, first.size
    if isinstance(spec, RecognizerSpec):
        functions = [*variants, *([first.of_width(spec.max_width)] if spec.max_width not in spec.widths else [])]
        yield Package(spec.name, {f"w{v.size[1]}": v for v in functions}, target="iOS18")
        yield from (Package(v.name, {"main": v}) for v in variants if fixed)
    else:
        if height > HEIGHTS[1]:
            raise CtpnError(f"--size {height}x{width}: Core ML packages take heights from {HEIGHTS[0]} to {HEIGHTS[1]}; give a lower one")
        if fixed:
            yield Package(first.name, {"main": first}, free_height=True)
        yield Package(f"{spec.name}-{height}x{width}", {"main": first.of_one_size()})


class _Conversions:
    """The models of packages, each converted once however many packages have it: a conversion takes most of the time."""

    def __init__(self) -> None:
        self._models: dict[tuple[str, bool, bool, str], Any] = {}

    def of(self, package: Package, *, float16: bool, target: str) -> dict[str, Any]:
        """By function of the package."""
        found = {}
        for function, variant in package.variants.items():
            key = (variant.name, package.free_height, float16, target)
            if key not in self._models:
                self._models[key] = convert(variant, free_height=package.free_height, float16=float16, target=target)
            found[function] = self._models[key]
        return found


def _written(package: Package, folder: Path, kinds: list[str], converted: _Conversions) -> Iterator[ExportedFile]:
    for kind in kinds:
        file = folder / f"{package.name}{KINDS[kind]}.mlpackage"
        if kind in COMPRESSED:
            say(f"{file.name}: compressing")
            models = _compressed(package, converted.of(package, float16=True, target=package.target), kind)
        else:
            say(f"{file.name}: converting")
            models = converted.of(package, float16=kind == "float16", target=OLDEST)
        save(models, file)
        yield _exported(package, file, quantized=kind != "float32")


def _compressed(package: Package, models: dict[str, Any], kind: str) -> dict[str, Any]:
    return {function: compress_weights(model, kind, recognizer=package.recognizer) for function, model in models.items()}


def _exported(package: Package, file: Path, *, quantized: bool) -> ExportedFile:
    functions = [Function(v, load(file, name), "" if name == "main" else name) for name, v in package.variants.items()]
    timed = functions[-1].variant.timed[:1] if ON_A_MAC else None
    return ExportedFile(file, functions, quantized, timed)
