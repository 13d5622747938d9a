"""The recurrence: the unrolled form against PyTorch's own cells, and the variants that PyTorch lacks by hand."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from ctpn.nn.recurrent import GATES, Recurrence, RowRecurrence


def _picture(channels: int = 3, *, b: int = 2, h: int = 3, w: int = 5) -> torch.Tensor:
    return torch.randn(b, channels, h, w, generator=torch.Generator().manual_seed(5))


def _net(**options: object) -> RowRecurrence:
    torch.manual_seed(1)
    return RowRecurrence(3, 4, Recurrence(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_unrolled_equals_torch(cell: str) -> None:
    net, x = _net(cell=cell), _picture()
    quick = net(x)
    net.unrolled = True
    assert quick.shape == (2, 8, 3, 5)
    torch.testing.assert_close(net(x), quick, atol=1e-5, rtol=0)


def test_both_forms_have_the_same_gradients() -> None:
    net, x = _net(), _picture()
    net(x).square().sum().backward()
    quick = [p.grad.clone() for p in net.parameters() if p.grad is not None]
    net.zero_grad()
    net.unrolled = True
    net(x).square().sum().backward()
    for ours, theirs in zip(net.parameters(), quick, strict=True):
        torch.testing.assert_close(ours.grad, theirs, atol=1e-4, rtol=1e-4)


def test_rows_and_pictures_do_not_mix() -> None:
    net, x = _net(), _picture()
    other = x.clone()
    other[1, :, 2] += 1
    changed = (net(x) != net(other)).any(1).any(-1)
    assert changed.tolist() == [[False] * 3, [False, False, True]]


def test_forward_channels_see_the_left_and_backward_ones_the_right() -> None:
    net, x = _net(), _picture()
    other = x.clone()
    other[..., 2] += 1
    changed = (net(x) != net(other)).any(0).any(1)
    assert changed[:4].any(0).tolist() == [False, False, True, True, True]
    assert changed[4:].any(0).tolist() == [True, True, True, False, False]


def _by_hand(net: RowRecurrence, row: np.ndarray, suffix: str, reset_after: bool, gate: str) -> np.ndarray:
    """One direction over row [w, C], written as Cho et al. 2014 (or cuDNN) print it: [w, hidden]."""
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    w, u, b, c = (getattr(net.rnn, f"{n}_l0{suffix}").detach().numpy() for n in names)
    sigmoid = {
        "logistic": lambda v: 1 / (1 + np.exp(-v)),
        "hard_sigmoid_keras2": lambda v: np.clip(0.2 * v + 0.5, 0, 1),
        "hard_sigmoid_keras3": lambda v: np.clip(v / 6 + 0.5, 0, 1),
    }[gate]
    r_, z_, n_ = np.split(np.arange(len(w)), 3)
    state, states = np.zeros(len(w) // 3, np.float32), []
    for x in row:
        r = sigmoid(w[r_] @ x + b[r_] + u[r_] @ state + c[r_])
        z = sigmoid(w[z_] @ x + b[z_] + u[z_] @ state + c[z_])
        product = r * (u[n_] @ state + c[n_]) if reset_after else u[n_] @ (r * state) + c[n_]
        state = z * state + (1 - z) * np.tanh(w[n_] @ x + b[n_] + product)
        states.append(state)
    return np.array(states)


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("reset_after", [False, True])
def test_every_variant_equals_the_naive_recurrence(reset_after: bool, gate: str) -> None:
    net, x = _net(reset_after=reset_after, gates=gate), 3 * _picture(b=1, h=1)
    row = x[0, :, 0].T.numpy()
    ahead = _by_hand(net, row, "", reset_after, gate)
    back = _by_hand(net, row[::-1], "_reverse", reset_after, gate)[::-1]
    got = net(x)[0, :, 0].T.detach().numpy()
    np.testing.assert_allclose(got, np.concatenate([ahead, back], 1), atol=1e-5)


def test_reset_before_and_after_differ() -> None:
    before, after = _net(reset_after=False), _net(reset_after=True)
    after.load_state_dict(before.state_dict())
    assert (before(_picture()) - after(_picture())).abs().max() > 1e-3


def test_hard_sigmoids_by_hand() -> None:
    x = torch.tensor([-9.0, -2.75, -1.0, 0.0, 1.5, 2.75, 9.0])
    keras2, keras3 = GATES["hard_sigmoid_keras2"](x), GATES["hard_sigmoid_keras3"](x)
    torch.testing.assert_close(keras2, torch.tensor([0, 0, 0.3, 0.5, 0.8, 1, 1]))
    torch.testing.assert_close(keras3, torch.tensor([0, 1 / 24, 1 / 3, 0.5, 0.75, 23 / 24, 1]))


def test_no_recurrence_is_a_convolution_of_the_same_size() -> None:
    assert _net(cell="none")(_picture()).shape == (2, 8, 3, 5)


def test_weights_of_a_bare_gru_load() -> None:
    bare = torch.nn.GRU(3, 4, batch_first=True, bidirectional=True)
    net, x = copy.deepcopy(_net()), _picture(b=1, h=1)
    net.load_state_dict(bare.state_dict())
    torch.testing.assert_close(net(x)[0, :, 0].T, bare(x[:, :, 0].transpose(1, 2))[0][0])
