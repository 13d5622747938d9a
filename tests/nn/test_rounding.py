"""Training with the rounding of int8."""

import torch

from ctpn.contract.spec import CRNN, MOBILE
from ctpn.nn.detector import build
from ctpn.nn.recognizer import build_recognizer
from ctpn.nn.rounding import rounded_matrix, simulate_int8, stays_float
from export.onnx.quantization import module_name


def test_rounding_is_small_and_changes_no_name():
    torch.manual_seed(0)
    net, x = build_recognizer(CRNN), torch.randn(2, 3, 32, 64)
    plain, names = net.eval()(x), set(net.state_dict())
    simulate_int8(net)
    rounded = net(x)
    assert 0 < (rounded - plain).abs().max() < 0.2 * plain.abs().max() and set(net.state_dict()) == names


def test_gradients_pass():
    net = build_recognizer(CRNN).train()
    simulate_int8(net)
    net(torch.randn(2, 3, 32, 64)).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for n, p in net.named_parameters() if n.endswith("weight"))


def test_a_layer_takes_256_values_and_channels_255():
    layer = torch.nn.Linear(64, 3, bias=False)
    simulate_int8(torch.nn.Sequential(layer))
    eye = torch.eye(64) * torch.linspace(0, 1, 64)[:, None]
    out = layer(eye)
    steps = layer.weight.detach().abs().amax(1) / 127
    exact = torch.round(eye * 255) / 255 @ (torch.round(layer.weight / steps[:, None]) * steps[:, None]).T
    torch.testing.assert_close(out, exact)


def test_parts_that_stay_float_are_named_by_module():
    assert module_name("/net/rows8/rows8.1/look/look.0/Conv") == "rows8.1.look.0"
    assert module_name("/net/characters/MatMul") == "characters"
    for net in (build(MOBILE), build_recognizer(CRNN)):
        kept = {n for n, m in net.named_modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear) and stays_float(n)}
        assert len(kept) >= 2 and any(n.startswith("stem") for n in kept)
    assert not stays_float("rows8.0.0") and not stays_float("rows2.1.look.0") and stays_float("rows.rnn")


def test_a_rounded_matrix_is_near_and_lets_gradients_through():
    torch.manual_seed(0)
    matrix = torch.randn(40, 8, requires_grad=True)
    near = rounded_matrix(matrix)
    assert 0 < float((near - matrix).detach().abs().max()) < 0.02 * float(matrix.detach().abs().max())
    near.sum().backward()
    assert torch.equal(matrix.grad, torch.ones(40, 8))
