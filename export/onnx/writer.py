"""Writes the ONNX files of a net: each variant as float32, and if asked for as float16, int8 and .ort."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ctpn.contract.spec import DetectorSpec
from export.exporter import ExportedFile, Function, Writer
from export.onnx.mobile_compatibility import accelerators
from export.onnx.model import write_model
from export.onnx.ort import convert, required_operators
from export.onnx.quantization import quantize, quantize_weights, to_float16
from export.onnx.session import Session
from export.samples import calibration_line_crops, calibration_pages
from export.variants import ExportVariant, say


def writer(*, int8: bool = False, float16: bool = False, ort: bool = False) -> Writer:
    """The function that writes the ONNX files of a net."""

    def write_files(variants: Iterator[ExportVariant], folder: Path) -> Iterator[ExportedFile]:
        for variant in variants:
            for file, quantized in _models(variant, folder, int8=int8, float16=float16):
                yield _exported(variant, file, quantized=quantized, details=accelerators(file, variant.timed.shape))
                if ort and "float16" not in file.stem:  # on this machine's CPU it would be optimised back to float32
                    convert(file, file.with_suffix(".ort"), accelerated=variant.fixed_width)
                    yield _exported(variant, file.with_suffix(".ort"), quantized=quantized)
        if ort:
            required_operators(folder.glob("*.ort"), folder / f"{variant.graph.spec.name}.ort.config")

    return write_files


def _models(variant: ExportVariant, folder: Path, *, int8: bool, float16: bool) -> Iterator[tuple[Path, bool]]:
    """Each file as soon as it is there, and whether it computes with fewer bits."""
    file, small, narrow = (folder / f"{variant.name}{suffix}.onnx" for suffix in ("", "-int8", "-float16"))
    say(f"{file.name}: tracing")
    write_model(variant.graph, file, variant.size, fixed_width=variant.fixed_width)
    yield file, False
    if int8:
        say(f"{small.name}: quantizing")
        _quantize(variant, file, small)
        yield small, True
    if float16:
        say(f"{narrow.name}: converting to float16")
        to_float16(file, narrow)
        yield narrow, True


def _quantize(variant: ExportVariant, file: Path, small: Path) -> None:
    spec = variant.graph.spec
    if isinstance(spec, DetectorSpec):
        quantize(file, small, [page[None] for page in calibration_pages(spec, variant.size)])
    else:
        quantize_weights(file, small, variant.fitting(calibration_line_crops(spec)))


def _exported(variant: ExportVariant, file: Path, *, quantized: bool, details: dict[str, str] | None = None) -> ExportedFile:
    return ExportedFile(file, [Function(variant, Session(file))], quantized, variant.timed, details or {})
