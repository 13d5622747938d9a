"""A smaller net's weights answer the same in the larger one, whose new parts can learn."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from ctpn.contract.spec import CRNN
from ctpn.errors import ModelError
from ctpn.nn.checkpoint import load_weights, save_weights
from ctpn.nn.recognizer import Crnn, build_recognizer, load_recognizer
from ctpn.training.enlarge import enlarge


def smaller(net: Crnn) -> dict[str, torch.Tensor]:
    """The weights of a net without its last residual block, and with 96 of 128 numbers of the neck, which sees the recurrence alone."""
    state = {name: value for name, value in net.state_dict().items() if not name.startswith("rows2.4.")}
    return state | {
        "neck.weight": state["neck.weight"][:96, :160].clone(), "neck.bias": state["neck.bias"][:96].clone(),
        "characters.weight": state["characters.weight"][:, :96].clone(),
    }  # fmt: skip


@pytest.fixture
def small_file(tmp_path: Path) -> Path:
    torch.manual_seed(3)
    save_weights(tmp_path / "small.safetensors", smaller(build_recognizer(CRNN)), {"spec": CRNN.to_json()})
    return tmp_path / "small.safetensors"


def test_an_enlarged_net_answers_as_the_smaller_one(small_file: Path, tmp_path: Path) -> None:
    small, _ = load_weights(small_file)
    net = load_recognizer(enlarge(small_file, tmp_path / "enlarged.safetensors"))
    pixels = torch.randn(2, 3, 32, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        seen = net.flat(net.rows2[:4](net.rows4(net.rows8(net.stem(pixels)))))
        neck = torch.nn.functional.conv2d(net.rows(seen), small["neck.weight"], small["neck.bias"])
        expected = torch.relu(neck.flatten(2).transpose(1, 2)) @ small["characters.weight"].T
        assert torch.allclose(net(pixels), expected, atol=1e-5)


def test_what_is_new_learns(small_file: Path, tmp_path: Path) -> None:
    net = load_recognizer(enlarge(small_file, tmp_path / "enlarged.safetensors")).train()
    net(torch.randn(2, 3, 32, 64)).square().sum().backward()
    assert net.rows2[4].narrow[1].weight.grad.abs().max() > 0
    assert net.neck.weight.grad[:96, 160:].abs().max() > 0 and net.characters.weight.grad[:, 96:].abs().max() > 0


def test_a_net_of_today_stays_as_it_is(tmp_path: Path) -> None:
    net = build_recognizer(CRNN)
    save_weights(tmp_path / "now.safetensors", net.state_dict(), {"spec": CRNN.to_json()})
    again, _ = load_weights(enlarge(tmp_path / "now.safetensors", tmp_path / "enlarged.safetensors"))
    assert all(torch.equal(value, again[name]) for name, value in net.state_dict().items())


def test_a_larger_net_is_refused(tmp_path: Path) -> None:
    save_weights(tmp_path / "large.safetensors", Crnn(CRNN, neck=136).state_dict(), {"spec": CRNN.to_json()})
    with pytest.raises(ModelError, match=r"neck.weight: expected at most \[128, 304, 1, 1\], got \[136"):
        enlarge(tmp_path / "large.safetensors", tmp_path / "enlarged.safetensors")
    save_weights(
        tmp_path / "other.safetensors", build_recognizer(CRNN).state_dict() | {"head.weight": torch.ones(2)}, {"spec": CRNN.to_json()}
    )
    with pytest.raises(ModelError, match=r"got also head\.weight"):
        enlarge(tmp_path / "other.safetensors", tmp_path / "enlarged.safetensors")
