"""The original's PyTorch checkpoints (.pth.tar): loaded as tensors alone, computed as the original computes."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ctpn.contract.spec import CLASSIC
from ctpn.detection.postprocess import postprocess
from ctpn.errors import ModelError
from ctpn.nn import load_detector
from ctpn.nn.checkpoint import is_checkpoint, save_weights
from tests.helpers.published_checkpoint import small_state, write_checkpoint


class Block(nn.Module):
    """The original's convolution with its ReLU: the name `conv` is in its checkpoints."""

    def __init__(self, c_in: int, c_out: int, kernel: int, padding: int = 0, relu: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, kernel, padding=padding)
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.conv(x)) if self.relu else self.conv(x)


class Published(nn.Module):
    """The original's network written down anew from its description: its outputs are lists of anchors, [B, h * w * 10, 2]."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for width in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()] if width else [nn.MaxPool2d(2, 2)]
            channels = width or channels
        self.base_layers = nn.Sequential(*layers)
        self.rpn = Block(512, 512, 3, 1)
        self.brnn = nn.GRU(512, 128, bidirectional=True, batch_first=True)
        self.lstm_fc = Block(256, 512, 1)
        self.rpn_class = Block(512, 20, 1, relu=False)
        self.rpn_regress = Block(512, 20, 1, relu=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.rpn(self.base_layers(x)).permute(0, 2, 3, 1)
        b, h, w, c = x.shape
        rows, _ = self.brnn(x.reshape(b * h, w, c))
        x = self.lstm_fc(rows.reshape(b, h, w, 256).permute(0, 3, 1, 2))
        heads = (self.rpn_class(x), self.rpn_regress(x))
        return tuple(y.permute(0, 2, 3, 1).reshape(b, h * w * 10, 2) for y in heads)  # type: ignore[return-value]


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before PyTorch 1.6"])
def test_the_originals_checkpoint_computes_what_the_original_computes(zipped: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    published = Published().eval()
    file = write_checkpoint(tmp_path / "ctpn.pth.tar", published.state_dict(), _use_new_zipfile_serialization=zipped)
    net = load_detector(file)
    count = sum(p.numel() for p in net.parameters())
    assert count == 17_719_656 and round(count / 1e6, 1) == 17.7
    assert round(4 * count / 2**20, 1) == 67.6 and abs(file.stat().st_size / 2**20 - 67.6) < 0.1
    assert net.spec == CLASSIC and not net.training

    rgb = np.random.default_rng(0).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    bgr = rgb[:, :, ::-1].astype(np.float32) - np.array([123.68, 116.779, 103.939], np.float32)
    with torch.no_grad():
        classes, regressions = published(torch.from_numpy(bgr.transpose(2, 0, 1).copy())[None])
    maps = net.maps(rgb)
    np.testing.assert_allclose(maps["scores"].reshape(-1), classes[0].softmax(1)[:, 1], atol=1e-6)
    np.testing.assert_allclose(maps["vertical"].reshape(-1, 2), regressions[0], atol=1e-6)


def test_a_checkpoint_of_several_gpus_is_the_same_net(tmp_path: Path) -> None:
    """nn.DataParallel writes module. before each name; a name that has it alone is an unknown one."""
    state = small_state()
    plain = load_detector(write_checkpoint(tmp_path / "plain.pth.tar", state)).state_dict()
    parallel = load_detector(write_checkpoint(tmp_path / "parallel.pth.tar", {f"module.{n}": t for n, t in state.items()})).state_dict()
    assert plain.keys() == parallel.keys() and all(torch.equal(plain[n], parallel[n]) for n in plain)
    first = next(iter(state))
    with pytest.raises(ModelError, match=f"module.{first}|{first}"):
        load_detector(write_checkpoint(tmp_path / "mixed.pth.tar", {f"module.{n}" if n == first else n: t for n, t in state.items()}))


def test_lines_come_out_of_our_stages(tmp_path: Path) -> None:
    state = small_state()
    for name in ("rpn_class", "rpn_regress"):
        state[f"{name}.conv.weight"].zero_()
        state[f"{name}.conv.bias"].zero_()
    state["rpn_class.conv.bias"][0::2] = 5  # background everywhere ...
    state["rpn_class.conv.bias"][2:4] = torch.tensor([0.0, 5])  # ... but for the anchor that is 16 pixels high
    net = load_detector(write_checkpoint(tmp_path / "ctpn.pth.tar", state))
    maps = net.maps(np.zeros((48, 96, 3), np.uint8))
    quads, scores = postprocess({"score": maps["scores"], "vertical": maps["vertical"]}, net.spec)
    assert len(quads) == 3 and scores == pytest.approx(1 / (1 + np.exp(-5)))
    np.testing.assert_allclose(
        quads[np.argsort(quads[:, 0, 1])][:, [0, 2]], [[[0, 16 * i], [96, 16 * i + 16]] for i in range(3)], atol=1e-3
    )


class Code:
    """A pickle that would make a file when it is read."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.target),)


def test_code_in_a_checkpoint_is_refused_and_not_run(tmp_path: Path) -> None:
    for zipped in (True, False):
        file = tmp_path / f"bad-{zipped}.pth.tar"
        torch.save({"model_state_dict": small_state(), "x": Code(tmp_path / "ran")}, file, _use_new_zipfile_serialization=zipped)
        with pytest.raises(ModelError, match="holds code, which is never run"):
            load_detector(file)
    (tmp_path / "plain.pth.tar").write_bytes(pickle.dumps(Code(tmp_path / "ran")))
    with pytest.raises(ModelError, match=r"plain\.pth\.tar: not a checkpoint"):
        load_detector(tmp_path / "plain.pth.tar")
    assert not (tmp_path / "ran").exists()


def _without(name: str) -> dict[str, Tensor]:
    return {n: t for n, t in small_state().items() if n != name}


WRONG = {
    "no rpn": (_without("rpn.conv.bias"), "rpn.conv.bias"),
    "no base": (_without("base_layers.5.weight"), "base_layers.5.weight"),
    "no gru": (_without("brnn.weight_hh_l0"), "brnn.weight_hh_l0"),
    "one more": (small_state() | {"rpn_side.conv.weight": torch.zeros(2)}, "rpn_side.conv.weight"),
    "wide": (small_state() | {"lstm_fc.conv.weight": torch.zeros(6, 11, 1, 1)}, "do not fit"),
    "scalar": (small_state() | {"rpn.conv.weight": torch.tensor(1.0)}, "do not fit"),
    "no channels": (small_state() | {"base_layers.0.weight": torch.zeros(0, 3, 3, 3)}, "do not fit"),
    "numbers": (small_state() | {"rpn.conv.bias": torch.zeros(7, dtype=torch.int64)}, "dense float tensors"),
    "sparse": (small_state() | {"rpn.conv.bias": torch.zeros(7).to_sparse()}, "dense float tensors"),
    "no tensor": (small_state() | {"rpn.conv.bias": [1.0]}, "dense float tensors"),
    "nan": (small_state() | {"rpn.conv.bias": torch.full((7,), torch.nan)}, "rpn.conv.bias holds NaN"),
    "empty": ({}, "expected a checkpoint with model_state_dict"),
    "list": ([1], "expected a checkpoint with model_state_dict"),
}


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")  # torch's word on the net without channels
@pytest.mark.parametrize("what", WRONG)
def test_what_is_not_the_original_is_refused(what: str, tmp_path: Path) -> None:
    state, message = WRONG[what]
    with pytest.raises(ModelError, match=message):
        load_detector(write_checkpoint(tmp_path / "ctpn.pth.tar", state))


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("keep", [5, 200, 4000])
def test_a_checkpoint_that_was_cut_off_is_refused(zipped: bool, keep: int, tmp_path: Path) -> None:
    file = write_checkpoint(tmp_path / "ctpn.pth.tar", small_state(), _use_new_zipfile_serialization=zipped)
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(ModelError, match=r"ctpn\.pth\.tar: not a checkpoint"):
        load_detector(file)


def test_a_bare_state_dict_is_refused_by_name(tmp_path: Path) -> None:
    torch.save(small_state(), tmp_path / "bare.pth")
    with pytest.raises(ModelError, match=r"model_state_dict, got .*base_layers"):
        load_detector(tmp_path / "bare.pth")


def test_weights_are_no_checkpoint_whatever_the_length_of_their_header(tmp_path: Path) -> None:
    """The length comes first, little-endian: of 128, 384 ... bytes it begins as a pickle does."""
    for note in range(256):
        save_weights(tmp_path / "net.safetensors", {"x": torch.zeros(1)}, {"note": "n" * note})
        assert not is_checkpoint(tmp_path / "net.safetensors")
