"""The models of a bundle, in each format that an app may ask for: all are the shipped ones of ctpn/weights."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ctpn.errors import ModelError
from ctpn.files import sha256
from ctpn.reader import WEIGHTS
from export.staging import move_into_place

if TYPE_CHECKING:
    from export.exporter import Writer

MODELS = {"detector": "mobile", "recognizer": "crnn"}
ORT_CONFIG = "ort.config"
Size = tuple[int, int]
# A format's function takes a net's name, an empty folder and the size of a detector of fixed size; it writes into the folder
# and gives each file that an app takes, with how far it is from PyTorch.
FormatWriter = Callable[[str, Path, Size], Iterator[tuple[Path, dict[str, float]]]]


def write_models(folder: Path, formats: list[str], size: Size) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, float]]]:
    """Put the models into `folder`.

    Args:
        size: (H, W) of a detector of fixed size.

    Returns:
        File names by part and format, where a format's name has what tells its files apart: "onnx", "executorch-320"; and how
        far each file is from PyTorch, by file name.

    Raises:
        ModelError: a shipped model is missing or not the one whose parity is known. ParityError: a file differs.
    """
    names: dict[str, dict[str, str]] = {part: {} for part in MODELS}
    parity: dict[str, dict[str, float]] = {}
    for model_format in formats:
        for part, name in MODELS.items():
            with TemporaryDirectory(prefix=".models-", dir=folder) as place:
                for file, agreement in FORMATS[model_format](name, Path(place), size):
                    target = f"{part}{file.name.removeprefix(name)}"
                    names[part][model_format + file.stem.removeprefix(name)] = target
                    parity[target] = agreement
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


def _onnx(name: str, folder: Path, size: Size) -> Iterator[tuple[Path, dict[str, float]]]:
    """The shipped file, verified when it was exported; torch is not needed."""
    source, file = shipped(name), folder / f"{name}.onnx"
    known = WEIGHTS / f"{name}.onnx.json"
    found = json.loads(known.read_text(encoding="utf-8")).get(source.name, {}) if known.is_file() else {}
    if found.pop("sha256", None) != sha256(source):
        raise ModelError(f"{known}: expected the parity of {source.name} with its sha256; make both again with make ship")
    shutil.copyfile(source, file)
    yield file, found


def _ort(name: str, folder: Path, size: Size) -> Iterator[tuple[Path, dict[str, float]]]:
    """The shipped file as .ort, verified now."""
    from export.exporter import load
    from export.onnx.ort import convert
    from export.onnx.session import Session
    from export.variants import Candidate, variants

    source, file = folder / f"{name}.onnx", folder / f"{name}.ort"
    shutil.copyfile(shipped(name), source)
    convert(source, file, accelerated=False)
    any_size = next(variants(load(name), size))
    (agreement,) = any_size.verify([Candidate(file.name, Session(file), quantized=True)])
    yield file, agreement.as_json()


def _torchscript(name: str, folder: Path, size: Size) -> Iterator[tuple[Path, dict[str, float]]]:
    from export.torchscript import write_files

    return _exported(name, folder, size, write_files, ".ptl", any_width=True)


def _executorch(name: str, folder: Path, size: Size) -> Iterator[tuple[Path, dict[str, float]]]:
    from export.executorch import write_files

    return _exported(name, folder, size, write_files, ".pte")


def _coreml(name: str, folder: Path, size: Size) -> Iterator[tuple[Path, dict[str, float]]]:
    from export.coreml.writer import writer

    return _exported(name, folder, size, writer(), ".mlpackage")


def _exported(
    name: str, folder: Path, size: Size, write: Writer, suffix: str, *, any_width: bool = False
) -> Iterator[tuple[Path, dict[str, float]]]:
    """The files with this suffix that an exporter writes of the net, verified; of its variants those of `any_width` or all."""
    from export.exporter import load, verified
    from export.variants import variants

    chosen = (v for v in variants(load(name), size) if not (any_width and v.fixed_width))
    for exported in verified(write(chosen, folder)):
        if exported.path.suffix == suffix:
            yield exported.path, exported.agreement.as_json()


FORMATS: dict[str, FormatWriter] = {"onnx": _onnx, "ort": _ort, "torchscript": _torchscript, "executorch": _executorch, "coreml": _coreml}
