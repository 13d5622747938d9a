"""The original network: its size, its names, its maps."""

from __future__ import annotations

import pytest
import torch

from ctpn.nn.vgg16 import Vgg16Ctpn


@pytest.fixture(scope="module")
def net() -> Vgg16Ctpn:
    torch.manual_seed(0)
    return Vgg16Ctpn().eval()


def test_size_is_the_originals(net: Vgg16Ctpn) -> None:
    count = sum(p.numel() for p in net.parameters())
    assert round(count / 1e6, 1) == 17.7
    assert round(4 * count / 2**20, 1) == 67.6


def test_checkpoint_names_of_the_original_load(net: Vgg16Ctpn) -> None:
    convolutions = [f"base_layers.{n}" for n in (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)]
    convolutions += [f"{n}.conv" for n in ("rpn", "lstm_fc", "rpn_class", "rpn_regress")]
    names = {f"{c}.{kind}" for c in convolutions for kind in ("weight", "bias")}
    for kind in ("weight", "bias"):
        names |= {f"brnn.{kind}_{of}_l0{way}" for of in ("ih", "hh") for way in ("", "_reverse")}
    state = {name.replace("brnn.rnn.", "brnn."): tensor for name, tensor in net.state_dict().items()}
    assert set(state) == names
    with torch.device("meta"):
        empty = Vgg16Ctpn()
    empty.load_state_dict(state, assign=True)
    assert torch.equal(empty.brnn.rnn.weight_hh_l0, net.brnn.rnn.weight_hh_l0)


def test_maps_have_a_cell_for_16_pixels(net: Vgg16Ctpn) -> None:
    with torch.no_grad():
        maps = net(torch.zeros(1, 3, 32, 64))
    assert {name: tuple(m.shape) for name, m in maps.items()} == {"score": (1, 2, 4, 20), "vertical": (1, 2, 4, 20)}
