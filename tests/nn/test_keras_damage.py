"""Files of Keras that are damaged, unknown or hostile: refused, in one line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from ctpn.errors import CtpnError, ModelError
from ctpn.nn import keras_file
from ctpn.nn.keras_import import main
from tests.helpers.keras_case import OLD, attribute, unpacked


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(tmp_path_factory.mktemp("keras"))


# What is changed in the whole model of Keras 2, and the command's message.
def _drop(h5: h5py.File) -> None:
    del h5["model_weights/block3_conv2/block3_conv2/bias:0"]


def _add(h5: h5py.File) -> None:
    h5["model_weights/rpn_conv1/extra"] = np.zeros(3, np.float32)


def _lose(h5: h5py.File) -> None:
    names = h5["model_weights"].attrs["layer_names"]
    h5["model_weights"].attrs["layer_names"] = [n for n in names if n != "lstm_fc"]
    del h5["model_weights/lstm_fc"]


def _nan(h5: h5py.File) -> None:
    h5["model_weights/lstm_fc/lstm_fc/bias:0"][1] = np.nan


def _widen(h5: h5py.File) -> None:
    del h5["model_weights/lstm_fc/lstm_fc/bias:0"]
    h5["model_weights/lstm_fc/lstm_fc/bias:0"] = np.zeros(9, np.float32)


def _bomb(h5: h5py.File) -> None:
    del h5["model_weights/lstm_fc/lstm_fc/kernel:0"]
    h5.create_dataset("model_weights/lstm_fc/lstm_fc/kernel:0", (1, 1, 1 << 20, 1 << 20), "f4", chunks=(1, 1, 64, 64), compression="gzip")


def _outside(h5: h5py.File) -> None:
    del h5["model_weights/lstm_fc/lstm_fc/bias:0"]
    h5.create_dataset("model_weights/lstm_fc/lstm_fc/bias:0", (6,), "f4", external=[("secret", 0, 24)])


def _link(h5: h5py.File) -> None:
    h5["model_weights/away"] = h5py.ExternalLink("other.h5", "/x")


def _circle(h5: h5py.File) -> None:
    h5["model_weights/lstm_fc/again"] = h5["model_weights"]


def _configure(**changes: object) -> object:
    def change(h5: h5py.File) -> None:
        config = json.loads(h5.attrs["model_config"])
        layers = {x["config"]["name"]: x["config"] for x in config["config"]["layers"]}
        for path, value in changes.items():
            name, key = path.split("__")
            (layers[name]["layer"]["config"] if name == "blstm" and key != "merge_mode" else layers[name])[key] = value
        h5.attrs["model_config"] = json.dumps(config)

    return change


DAMAGES = {
    "dropped": (_drop, "block3_conv2"),
    "unknown": (_add, "not used: model_weights/rpn_conv1/extra"),
    "lost": (_lose, "missing: lstm_fc"),
    "nan": (_nan, "bias:0: NaN"),
    "wide": (_widen, "do not fit"),
    "bomb": (_bomb, "expected a float tensor"),
    "outside": (_outside, "expected a float tensor"),
    "link": (_link, "is a link"),
    "circle": (_circle, "is twice"),
    "valid padding": (_configure(lstm_fc__padding="valid"), "lstm_fc: expected padding 'same', got 'valid'"),
    "sum": (_configure(blstm__merge_mode="sum"), "merge_mode 'concat', got 'sum'"),
    "relu": (_configure(blstm__activation="relu"), "activation 'tanh', got 'relu'"),
    "elu gates": (_configure(blstm__recurrent_activation="elu"), "got 'elu'"),
    "reset": (_configure(blstm__reset_after=True), "reset_after False, got True"),
    "no json": (attribute("model_config", "{"), "not a whole HDF5"),
    "deep json": (attribute("model_config", "[" * 60000), "not a whole HDF5"),
    "no list": (attribute("model_config", "[1]"), "not a whole HDF5"),
    "keras 1": (attribute("keras_version", "1.2.2"), "from Keras 1"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_unknown_or_hostile_file_is_refused_in_one_line(
    damage: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, message = DAMAGES[damage]
    bad = tmp_path / "bad.h5"
    shutil.copy(folder / f"{OLD}-model.h5", bad)
    with h5py.File(bad, "r+") as h5:
        change(h5)  # type: ignore[operator]
    assert main([str(bad), str(tmp_path / "net.safetensors")]) == 1
    out, err = capsys.readouterr()
    assert message in err and str(bad) in err and len(err.splitlines()) == 1 and out == ""
    assert not (tmp_path / "net.safetensors").exists()


@pytest.mark.parametrize("name", [f"{OLD}-model.h5", f"{OLD}.keras"])
@pytest.mark.parametrize("keep", [0, 3, 100, 5000, 60000])
def test_a_file_that_was_cut_off_is_refused(name: str, keep: int, folder: Path, tmp_path: Path) -> None:
    bad = tmp_path / name
    bad.write_bytes((folder / name).read_bytes()[:keep])
    with pytest.raises(ModelError):
        keras_file.read_keras(bad, ())


def test_noise_in_a_file_never_raises_another_error(folder: Path, tmp_path: Path) -> None:
    rng, original, bad = np.random.default_rng(0), (folder / f"{OLD}-model.h5").read_bytes(), tmp_path / "bad.h5"
    refused = 0
    for _ in range(60):
        data = bytearray(original)
        for at in rng.integers(0, len(data), 40):
            data[at] = rng.integers(0, 256)
        bad.write_bytes(data)
        try:
            keras_file.read_keras(bad, ())
        except CtpnError:
            refused += 1
    assert refused > 10


def test_a_part_of_a_keras_file_that_is_too_large_is_refused(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras_file, "MAX_TEXT", 1_000)
    with pytest.raises(ModelError, match=r"config\.json: expected at most 1000 bytes in a file of this size, got"):
        keras_file.read_keras(folder / f"{OLD}.keras", ())
