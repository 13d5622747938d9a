"""The mobile net, fresh weights, and damaged ones."""

import pytest

torch = pytest.importorskip("torch")

from ctpn.contract.spec import MOBILE, VGG16  # noqa: E402
from ctpn.errors import ModelError  # noqa: E402
from ctpn.nn.detector import build, load_detector, with_direction, without_direction  # noqa: E402


def count(net):
    return sum(p.numel() for p in net.parameters())


def test_mobile_is_small_and_its_maps_fit_the_grid():
    net = build(MOBILE).eval()
    assert count(net) <= 400_000
    maps = net(torch.zeros(1, 3, 64, 96))
    assert {n: tuple(m.shape) for n, m in maps.items()} == {
        "score": (1, 8, 6, 20), "vertical": (1, 8, 6, 20), "side": (1, 8, 6, 20), "link": (1, 8, 6, 10), "direction": (1, 4, 6, 3),
    }  # fmt: skip


def test_the_head_for_directions_leaves_the_other_maps_as_they_are():
    torch.manual_seed(0)
    net, pixels = build(MOBILE).eval(), torch.rand(1, 3, 64, 96)
    without = without_direction(net).eval()
    again = with_direction(without).eval()
    maps, fewer, more = (n(pixels) for n in (net, without, again))
    assert without.spec.outputs == MOBILE.outputs[:4] and without.spec.direction is None and again.spec == MOBILE
    assert list(fewer) == list(MOBILE.outputs[:4]) and all(torch.equal(fewer[n], maps[n]) and torch.equal(fewer[n], more[n]) for n in fewer)
    assert torch.equal(net.directions(pixels), maps["direction"]) and not torch.equal(more["direction"], maps["direction"])
    assert with_direction(net) is net and without_direction(without) is without
    with pytest.raises(ModelError, match="expected the output direction"):
        without.directions(pixels)
    with pytest.raises(ModelError, match="has no map of directions"):
        with_direction(build(VGG16))


def test_biases_begin_at_zero():
    assert all(b.detach().abs().max().item() == 0 for n, b in build(VGG16).named_parameters() if n.endswith("conv.bias"))


@pytest.mark.parametrize("content", [None, b"", b"x" * 100])
def test_damaged_weights_are_refused(tmp_path, content):
    file = tmp_path / "w.safetensors"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ModelError, match=r"w\.safetensors"):
        load_detector(file)
