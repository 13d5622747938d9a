"""The models of a bundle, in each format that an app may ask for; all are made from what ships in ctpn/weights."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ctpn.errors import ModelError
from ctpn.reader import WEIGHTS
from export.files import put, sha256

MODELS = {"detector": "mobile", "recognizer": "crnn"}
MADE = {"torchscript": ".ptl", "executorch": ".pte", "coreml": ".mlpackage"}  # by export.FORMAT: what an app takes of its files
CONFIG = "ort.config"
Size = tuple[int, int]
Maker = Callable[[str, Path, Size], Iterator[tuple[Path, dict[str, float]]]]


def models(folder: Path, formats: list[str], size: Size) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, float]]]:
    """Put the models into `folder`.

    Args:
        size: (H, W) of a detector of fixed size.

    Returns:
        File names by part and form, where a form is a format and what its file's name says besides, "onnx", "executorch-320";
        and how far each file is from PyTorch, by file name.

    Raises:
        ModelError: a shipped model is missing or not the one whose parity is known. ParityError: a file differs.
    """
    named: dict[str, dict[str, str]] = {part: {} for part in MODELS}
    parity: dict[str, dict[str, float]] = {}
    for form in formats:
        for part, name in MODELS.items():
            with TemporaryDirectory(prefix=".parts-", dir=folder) as place:
                for file, apart in MAKERS[form](name, Path(place), size):
                    target = f"{part}{file.name.removeprefix(name)}"
                    named[part][form + file.stem.removeprefix(name)] = target
                    parity[target] = apart
                    put(file, folder / target)
    if "ort" in formats:
        from export.ort import required_operators

        required_operators(folder.glob("*.ort"), folder / CONFIG)
    return named, parity


def _onnx(name: str, folder: Path, size: Size) -> Iterator[tuple[Path, dict[str, float]]]:
    """The shipped file, proven when it was exported; torch is not needed."""
    source, file = shipped(name), folder / f"{name}.onnx"
    known = WEIGHTS / f"{name}.onnx.json"
    found = json.loads(known.read_text(encoding="utf-8")).get(source.name, {}) if known.is_file() else {}
    if found.pop("sha256", None) != sha256(source):
        raise ModelError(f"{known}: does not vouch for {source.name}; make both again with make ship")
    shutil.copyfile(source, file)
    yield file, found


def _ort(name: str, folder: Path, size: Size) -> Iterator[tuple[Path, dict[str, float]]]:
    from export.command import load
    from export.forms import forms
    from export.onnx_file import Session
    from export.ort import convert

    source, file = folder / f"{name}.onnx", folder / f"{name}.ort"
    shutil.copyfile(shipped(name), source)
    convert(source, file, accelerated=False)
    yield file, next(forms(load(name), size)).prove(file.name, Session(file), rounded=True).as_json()


def _made(form: str) -> Maker:
    def make(name: str, folder: Path, size: Size) -> Iterator[tuple[Path, dict[str, float]]]:
        from export.command import load
        from export.forms import forms

        exporter: Any = import_module(f"export.{form}")
        wanted = (f for f in forms(load(name), size) if form != "torchscript" or not f.fixed_width)
        for made in exporter.files(wanted, folder):
            if made.file.suffix == MADE[form]:
                yield made.file, made.agreement.as_json()

    return make


def shipped(name: str) -> Path:
    """The shipped int8 file of a net.

    Raises:
        ModelError: there is none.
    """
    file = WEIGHTS / f"{name}-int8.onnx"
    if not file.is_file():
        raise ModelError(f"{file}: no such shipped model; make it with make weights and make ship")
    return file


MAKERS: dict[str, Maker] = {"onnx": _onnx, "ort": _ort, **{form: _made(form) for form in MADE}}
FORMATS = [form for form in MAKERS if form == "onnx" or Path(__file__).with_name(f"{form}.py").exists()]
