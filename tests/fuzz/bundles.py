"""Bundles: files that are damaged, missing, linked or added, with a manifest that says so or was signed again."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto

from ctpn.contract.manifest import MANIFEST
from ctpn.reader import TextReader
from tests.fuzz import tables
from tests.fuzz.models import damaged, rewire
from tests.helpers import tiny_onnx

ODD: tuple[Any, ...] = (None, True, "", "../x", "detector.onnx", 0, -1, 3.0, 2**63, [], {}, {"bytes": 1}, "a" * 300)


def check(rng: np.random.Generator, folder: Path) -> None:
    """Open a bundle and read a photo with it."""
    place = folder / "bundle"
    manifest = tiny_onnx.bundle(place)
    names = sorted(manifest["files"])
    file = place / names[int(rng.integers(len(names)))]
    way = int(rng.integers(0, 7))
    if way == 0:
        file.write_bytes(damaged(rng, file.read_bytes()))
    elif way == 1:
        _rewire(rng, place)
    elif way == 2:
        _replace(rng, file)
    if way <= 2 and rng.random() < 0.8 and all((place / name).is_file() for name in names):
        tiny_onnx.sign(place, manifest, names)
    if way == 3:
        (place / MANIFEST).write_bytes(damaged(rng, (place / MANIFEST).read_bytes()))
    elif way == 4:
        _change(rng, manifest)
        (place / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    elif way == 5:
        _change(rng, data := json.loads((place / "golden.json").read_text(encoding="utf-8")))
        (place / "golden.json").write_text(json.dumps(data), encoding="utf-8")
        tiny_onnx.sign(place, manifest, names)
    with TextReader(place, threads=1) as reader:
        reader.read(tables.page(rng)[0])


def _rewire(rng: np.random.Generator, place: Path) -> None:
    file = place / ("detector.onnx" if rng.random() < 0.5 else "recognizer.onnx")
    model = ModelProto()
    model.ParseFromString(file.read_bytes())
    rewire(rng, model)
    tiny_onnx.save(model, file)


def _replace(rng: np.random.Generator, file: Path) -> None:
    """A link, a folder, a pipe, nothing, or an empty file in a file's place; or one more."""
    way = int(rng.integers(0, 6))
    if way == 5:
        shutil.copy(file, file.with_name("more.bin"))
        return
    data = file.read_bytes()
    file.unlink()
    if way == 0:
        (file.parent.parent / "elsewhere").write_bytes(data)
        file.symlink_to("../elsewhere")
    elif way == 1:
        file.mkdir()
    elif way == 2:
        os.mkfifo(file)
    elif way == 3:
        file.write_bytes(b"")


def _change(rng: np.random.Generator, data: dict[str, Any]) -> None:
    """Another value somewhere in an object."""
    keys = sorted(data)
    if not keys or rng.random() < 0.1:
        data["more"] = ODD[int(rng.integers(len(ODD)))]
        return
    key = keys[int(rng.integers(len(keys)))]
    if isinstance(data[key], dict) and rng.random() < 0.7:
        _change(rng, data[key])
    elif rng.random() < 0.2:
        del data[key]
    else:
        data[key] = ODD[int(rng.integers(len(ODD)))]
