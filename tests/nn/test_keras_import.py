"""Weights from real Keras (tests/fixtures/keras/make.py wrote the files): logits and regressions as Keras computes them."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from ctpn.contract.spec import CLASSIC, DetectorSpec
from ctpn.errors import ImageError
from ctpn.nn import load_detector
from ctpn.nn.checkpoint import load_weights
from ctpn.nn.keras_import import main
from ctpn.nn.recurrent import GATES, Recurrence, RowRecurrence
from tests.helpers.keras_case import INDEX, OLD, attribute, difference, imported, unpacked


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(tmp_path_factory.mktemp("keras"))


@pytest.mark.parametrize("name", INDEX)
def test_every_file_of_keras_computes_what_keras_computes(name: str, folder: Path, tmp_path: Path) -> None:
    net, golden = imported(folder, name, tmp_path), np.load(folder / INDEX[name]["golden"])
    assert golden["logits"].shape == (3, 5, 20) and golden["logits"].std() > 0.3
    assert difference(net, golden) < 1e-5


def test_the_files_hold_every_variant() -> None:
    seen = {(n[:6], v["cell"], v["reset_after"], v["gates"]) for n, v in INDEX.items()}
    recurrences = {("gru", False), ("gru", True), ("lstm", None)}
    assert seen == {(k, c, r, g) for k in ("keras2", "keras3") for c, r in recurrences for g in ("sigmoid", "hard_sigmoid")}
    for part in ("keras2-", "keras3-", "-nested", "-first"):
        for form in ("-model.h5", ".keras", ".weights.h5"):
            assert any(part in n and n.endswith(form) for n in INDEX)


def test_a_neighbouring_variant_is_far_off(folder: Path, tmp_path: Path) -> None:
    """So that the equality above says something about the variant."""
    net, golden = imported(folder, f"{OLD}-model.h5", tmp_path), np.load(folder / f"{OLD}.npz")
    for kind in [Recurrence("gru", False, g) for g in GATES] + [Recurrence("gru", True, "hard_sigmoid_keras2")]:
        other = RowRecurrence(7, 5, kind)
        other.load_state_dict(net.brnn.state_dict())
        net.brnn = other
        assert (difference(net, golden) < 1e-5) == (kind == Recurrence("gru", False, "hard_sigmoid_keras2")), kind


def test_no_gru_of_torch_computes_the_old_recurrence(folder: Path, tmp_path: Path) -> None:
    """`nn.GRU` with Keras's weights differs, and trained to agree with the old recurrence it still does."""
    old = imported(folder, f"{OLD}-model.h5", tmp_path).brnn.requires_grad_(False)
    old.rnn.load_state_dict({n: 2 * t for n, t in old.rnn.state_dict().items()})  # as strong as trained gates are
    x = torch.randn(64, 7, 1, 6, generator=torch.Generator().manual_seed(0))
    expected = old(x)
    new = RowRecurrence(7, 5)
    new.load_state_dict(old.state_dict())
    assert isinstance(new.rnn, torch.nn.GRU) and (new(x) - expected).abs().max() > 0.1
    optimizer = torch.optim.LBFGS(new.parameters(), max_iter=150, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        error: torch.Tensor = (new(x) - expected).square().mean()
        error.backward()
        return error

    optimizer.step(loss)
    assert (new(x) - expected).abs().max() > 0.05


def test_maps_are_what_the_stages_take(folder: Path, tmp_path: Path) -> None:
    net, golden = imported(folder, f"{OLD}.keras", tmp_path), np.load(folder / f"{OLD}.npz")
    maps = net.maps(golden["image"])
    assert {n: (m.shape, m.dtype) for n, m in maps.items()} == {
        "scores": ((3, 5, 10), np.float32), "vertical": ((3, 5, 10, 2), np.float32),
    }  # fmt: skip
    background, text = golden["logits"].reshape(3, 5, 10, 2).transpose(3, 0, 1, 2)
    np.testing.assert_allclose(maps["scores"], 1 / (1 + np.exp(background - text)), atol=1e-5)
    np.testing.assert_allclose(maps["vertical"], golden["vertical"].reshape(3, 5, 10, 2), atol=1e-5)
    for bad in (golden["image"][:15], golden["image"].astype(np.float32), golden["image"][None]):
        with pytest.raises(ImageError, match="expected"):
            net.maps(bad)


def test_channels_and_mean_are_recorded_and_used(folder: Path, tmp_path: Path) -> None:
    golden = np.load(folder / f"{OLD}.npz")
    usual = imported(folder, f"{OLD}.keras", tmp_path)
    assert usual.spec == CLASSIC and usual.spec.channels == "BGR" and usual.spec.mean == (123.68, 116.779, 103.939)
    swapped_channels = imported(folder, f"{OLD}.keras", tmp_path, "--channels", "RGB", "--mean", "123.68,116.779,103.939")
    spec = DetectorSpec.from_json(load_weights(tmp_path / "net.safetensors")[1]["spec"])
    assert (spec.channels, spec.mean) == ("RGB", (123.68, 116.779, 103.939))
    image = golden["image"]
    np.testing.assert_array_equal(usual.maps(image)["scores"], swapped_channels.maps(image[:, :, ::-1])["scores"])
    shifted = imported(folder, f"{OLD}.keras", tmp_path, "--mean", "0,0,0")
    assert np.abs(shifted.maps(image)["scores"] - usual.maps(image)["scores"]).max() > 1e-2


@pytest.mark.parametrize("name", [n for n in INDEX if (OLD in n and "weights" in n) or "lstm-hard.w" in n])
def test_weights_alone_ask_for_the_activation(name: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder / name), str(tmp_path / "net.safetensors")]) == 1
    err = capsys.readouterr().err
    assert "--recurrent-activation" in err and len(err.splitlines()) == 1 and not (tmp_path / "net.safetensors").exists()


def test_an_option_that_contradicts_the_file_is_refused(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(folder / f"{OLD}-model.h5"), str(tmp_path / "n.safetensors")]
    assert main([*files, "--recurrent-activation", "sigmoid"]) == 1
    assert "says recurrent_activation 'hard_sigmoid'" in capsys.readouterr().err
    assert main([*files, "--keras-version", "3"]) == 1
    assert "is of Keras 2." in capsys.readouterr().err


def test_a_file_that_could_be_of_keras_2_or_3_asks_which(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first Keras 3 wrote no names of layers and kept the layer inside a Bidirectional, as Keras 2 does."""
    name, early = "keras3-gru-before-hard", tmp_path / "early.weights.h5"
    shutil.copy(folder / f"{name}.weights.h5", early)
    with h5py.File(early, "r+") as h5:
        h5.visititems(lambda _, o: o.attrs.__delitem__("name") if "name" in o.attrs else None)
        h5.create_group("layers/bidirectional/layer/cell/vars")
    alone = [str(early), str(tmp_path / "net.safetensors"), "--recurrent-activation", "hard_sigmoid"]
    assert main(alone) == 1
    assert "--keras-version 2 or 3" in capsys.readouterr().err
    golden = np.load(folder / f"{name}.npz")
    assert main([*alone, "--keras-version", "3"]) == 0 and difference(load_detector(tmp_path / "net.safetensors"), golden) < 1e-5
    assert main([*alone, "--keras-version", "2"]) == 0 and difference(load_detector(tmp_path / "net.safetensors"), golden) > 0.1


def test_the_command_says_what_it_assumed(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(folder, f"{OLD}.weights.h5", tmp_path)
    out, err = capsys.readouterr()
    assert "names no layers" in err and "parameters from Keras 2" in out and len(out.splitlines()) == 1


def test_weights_of_theano_have_their_kernels_flipped(folder: Path, tmp_path: Path) -> None:
    theano, golden = tmp_path / "theano.h5", np.load(folder / f"{OLD}.npz")
    shutil.copy(folder / f"{OLD}-model.h5", theano)
    with h5py.File(theano, "r+") as h5:
        attribute("backend", "theano")(h5)  # type: ignore[operator]
        h5.visititems(lambda n, o: o.write_direct(np.ascontiguousarray(o[...][::-1, ::-1])) if getattr(o, "ndim", 0) == 4 else None)
    assert difference(imported(tmp_path, "theano.h5", tmp_path), golden) < 1e-5


def test_an_old_file_without_reset_after_in_its_configuration(folder: Path, tmp_path: Path) -> None:
    """Keras before 2.1.3 knew one GRU alone; its weight names were kernel and kernel_1, by their order."""
    old, golden = tmp_path / "old.h5", np.load(folder / f"{OLD}.npz")
    shutil.copy(folder / f"{OLD}-model.h5", old)
    with h5py.File(old, "r+") as h5:
        config = json.loads(h5.attrs["model_config"])
        blstm = next(x["config"] for x in config["config"]["layers"] if x["config"]["name"] == "blstm")
        del blstm["layer"]["config"]["reset_after"]
        h5.attrs["model_config"] = np.bytes_(json.dumps(config))
        group, plain = h5["model_weights/blstm"], []
        for name in group.attrs["weight_names"]:
            new = "blstm/" + name.split("/")[-1].replace(":", "_1:" if "backward" in name else ":")
            group.move(name, new)
            plain.append(np.bytes_(new))
        del group["blstm/forward_gru"], group["blstm/backward_gru"]
        group.attrs["weight_names"] = plain
    assert difference(imported(tmp_path, "old.h5", tmp_path), golden) < 1e-5


def test_training_state_is_skipped_and_reported(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trained = tmp_path / "trained.h5"
    shutil.copy(folder / f"{OLD}-model.h5", trained)
    with h5py.File(trained, "r+") as h5:
        h5["optimizer_weights/SGD/iterations:0"] = np.int64(7)
    imported(tmp_path, "trained.h5", tmp_path)
    assert "1 tensors of the optimiser's" in capsys.readouterr().err


def test_names_of_the_layers_that_numbers_stand_for_come_from_the_configuration(folder: Path, tmp_path: Path) -> None:
    """Heads in another order in a .keras file of Keras 2, whose weights have no names."""
    swapped, golden = tmp_path / "swapped.keras", np.load(folder / f"{OLD}.npz")
    with zipfile.ZipFile(folder / f"{OLD}.keras") as z, zipfile.ZipFile(swapped, "w") as out:
        config = json.loads(z.read("config.json"))
        config["config"]["layers"][-2:] = config["config"]["layers"][:-3:-1]
        weights = io.BytesIO(z.read("model.weights.h5"))
        with h5py.File(weights, "r+") as h5:
            for a, b in (("conv2d_15", "x"), ("conv2d_16", "conv2d_15"), ("x", "conv2d_16")):
                h5["layers"].move(a, b)
        out.writestr("config.json", json.dumps(config))
        out.writestr("metadata.json", z.read("metadata.json"))
        out.writestr("model.weights.h5", weights.getvalue())
    assert difference(imported(tmp_path, "swapped.keras", tmp_path), golden) < 1e-5


USAGE = (["a.h5"], ["a.h5", "b.pt"], ["a.h5", "b.safetensors", "--mean", "1,2"], ["a.h5", "b.safetensors", "--channels", "XYZ"])


@pytest.mark.parametrize("arguments", USAGE)
def test_usage_errors(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2


def test_a_missing_file_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.h5"), str(tmp_path / "o.safetensors")]) == 1
    assert "no such file" in capsys.readouterr().err
