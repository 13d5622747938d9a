"""Files of real Keras (tests/fixtures/keras/make.py wrote them) and what Keras computes with them, for tests of the import."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import h5py
import numpy as np
import torch
from numpy.typing import NDArray

from ctpn.contract.spec import CLASSIC
from ctpn.nn import load_detector
from ctpn.nn.keras_import import main

ARCHIVE = Path(__file__).parents[1] / "fixtures" / "keras" / "fixtures.tar.xz"
OLD = "keras2-gru-before-hard"
with tarfile.open(ARCHIVE) as tar:
    INDEX = json.load(tar.extractfile("index.json"))["files"]  # type: ignore[arg-type]


def unpacked(out: Path) -> Path:
    """The folder, filled with the files and what Keras computes with each."""
    with tarfile.open(ARCHIVE) as tar:
        tar.extractall(out, filter="data")
    return out


def options(name: str) -> list[str]:
    """What the command must be told: nothing of a whole model."""
    told = ["--recurrent-activation", INDEX[name]["gates"]] if "weights" in name else []
    return told + (["--keras-version", "2"] if name.startswith("keras2") and name.endswith(".weights.h5") else [])


def imported(folder: Path, name: str, out: Path, *more: str) -> torch.nn.Module:
    told = options(name) if name in INDEX else []
    assert main([str(folder / name), str(out / "net.safetensors"), *told, *more]) == 0
    return load_detector(out / "net.safetensors")


def difference(net: torch.nn.Module, golden: dict[str, NDArray[np.float32]]) -> float:
    """The largest difference of any logit or regression from Keras's."""
    x = (golden["image"][:, :, ::-1] - np.array(CLASSIC.mean, np.float32)).astype(np.float32)
    with torch.no_grad():
        raw = net(torch.from_numpy(x).permute(2, 0, 1)[None])
    return max(float(np.abs(raw[n][0].numpy() - golden[g]).max()) for n, g in (("score", "logits"), ("vertical", "vertical")))


def attribute(key: str, value: object) -> object:
    """A change to a file of Keras 2: an attribute, wherever it stands, gets another value."""

    def change(h5: h5py.File) -> None:
        for at in (h5, h5["model_weights"]):
            if key in at.attrs:
                at.attrs[key] = value

    return change
