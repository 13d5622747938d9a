"""The models of a bundle, in each format that an app may ask for: all are the shipped ones of ctpn/weights."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ctpn.errors import ModelError
from ctpn.files import sha256
from ctpn.reader import WEIGHTS
from export.staging import move_into_place

if TYPE_CHECKING:
    from export.exporter import ExportedFile
    from export.variants import ExportVariant

MODELS = {"detector": "mobile", "recognizer": "crnn"}
ORT_CONFIG = "ort.config"
Size = tuple[int, int]
# A format's function takes the variants of a net and an empty folder; it writes into the folder and gives each file that an app
# takes, not yet compared with PyTorch.
FormatWriter = Callable[["list[ExportVariant]", Path], "Iterator[ExportedFile]"]


def write_models(folder: Path, formats: list[str], size: Size) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, float]]]:
    """Put the models into `folder`: the shipped ONNX files, and those of the other formats.

    Args:
        formats: keys of FORMATS; ONNX is always written.
        size: (H, W) of a detector of fixed size.

    Returns:
        File names by part and format, where a format's name has what tells its files apart: "onnx", "executorch-320"; and how
        far each file is from PyTorch, by file name.

    Raises:
        ModelError: a shipped model is missing or not the one whose parity is known. ParityError: a file differs.
    """
    names: dict[str, dict[str, str]] = {part: {} for part in MODELS}
    parity: dict[str, dict[str, float]] = {}
    known = {name: _known_parity(name) for name in MODELS.values()}  # before anything that takes long
    others = [name for name in formats if name != "onnx"]
    for part, name in MODELS.items():
        names[part]["onnx"], parity[f"{part}.onnx"] = f"{part}.onnx", known[name]
        with TemporaryDirectory(prefix=".models-", dir=folder) as place:
            copied = shutil.copyfile(shipped(name), Path(place, f"{name}.onnx"))
            move_into_place(copied, folder / f"{part}.onnx")
            for model_format, exported in _verified(name, others, Path(place), size) if others else ():
                file = exported.path
                target = f"{part}{file.name.removeprefix(name)}"
                names[part][model_format + file.stem.removeprefix(name)] = target
                parity[target] = exported.agreement.as_json()
                move_into_place(file, folder / target)
    if "ort" in formats:
        from export.onnx.ort import required_operators

        required_operators(folder.glob("*.ort"), folder / ORT_CONFIG)
    return names, parity


def shipped(name: str) -> Path:
    """The shipped int8 file of a net.

    Raises:
        ModelError: there is none.
    """
    file = WEIGHTS / f"{name}-int8.onnx"
    if not file.is_file():
        raise ModelError(f"{file}: no such shipped model; make it with make weights and make ship")
    return file


def _known_parity(name: str) -> dict[str, float]:
    """How far the shipped file is from PyTorch, as found when it was exported; torch is not needed."""
    source, known = shipped(name), WEIGHTS / f"{name}.onnx.json"
    found: dict[str, Any] = json.loads(known.read_text(encoding="utf-8")).get(source.name, {}) if known.is_file() else {}
    if found.pop("sha256", None) != sha256(source):
        raise ModelError(f"{known}: expected the parity of {source.name} with its sha256; make both again with make ship")
    return found


def _verified(name: str, formats: list[str], folder: Path, size: Size) -> list[tuple[str, ExportedFile]]:
    """The files of a net in these formats. All are compared together, so that PyTorch computes each sample once for all formats."""
    from export.exporter import load, verified
    from export.variants import variants

    chosen, written = list(variants(load(name), size)), []
    for model_format in formats:
        place = folder / model_format
        place.mkdir()
        written += [(model_format, exported) for exported in WRITERS[model_format](chosen, place)]
    verified(exported for _, exported in written)
    return written


def _ort(variants: list[ExportVariant], folder: Path) -> Iterator[ExportedFile]:
    """The shipped ONNX file as .ort."""
    from export.exporter import ExportedFile, Function
    from export.onnx.ort import convert
    from export.onnx.session import Session

    any_width = variants[0]
    source, file = folder / f"{any_width.name}.onnx", folder / f"{any_width.name}.ort"
    shutil.copyfile(shipped(any_width.name), source)
    convert(source, file, accelerated=False)
    yield ExportedFile(file, [Function(any_width, Session(file))], quantized=True)


def _torchscript(variants: list[ExportVariant], folder: Path) -> Iterator[ExportedFile]:
    """The file of any width for the lite interpreter; the other, which LibTorch loads, is of no use to an app."""
    from export.torchscript import write_files

    return (exported for exported in write_files(iter(variants[:1]), folder) if exported.path.suffix == ".ptl")


def _executorch(variants: list[ExportVariant], folder: Path) -> Iterator[ExportedFile]:
    from export.executorch import write_files

    return write_files(iter(variants), folder)


def _coreml(variants: list[ExportVariant], folder: Path) -> Iterator[ExportedFile]:
    from export.coreml.writer import writer

    return writer()(iter(variants), folder)


WRITERS: dict[str, FormatWriter] = {"ort": _ort, "torchscript": _torchscript, "executorch": _executorch, "coreml": _coreml}
FORMATS = ("onnx", *WRITERS)
