"""A recurrence along the rows of a feature map, implemented twice with the same parameters.

`nn.GRU` or `nn.LSTM` is fast, for training and for ONNX's own GRU operator. The unrolled recurrence is one 4-D graph of
1x1 convolutions with two groups, one for each direction. Every runtime and accelerator has these; the width is fixed by
the picture that is traced. Only the unrolled recurrence has the older GRU (`reset_after=False`, Cho et al. 2014, as
Keras 2 builds it) and the hard sigmoid. `nn.GRU` can express neither.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ctpn.errors import ModelError

GATES: dict[str, Callable[[Tensor], Tensor]] = {
    "logistic": torch.sigmoid,
    "hard_sigmoid_keras2": lambda x: torch.clamp(0.2 * x + 0.5, 0, 1),
    "hard_sigmoid_keras3": lambda x: torch.clamp(x / 6 + 0.5, 0, 1),
}


CELLS = ("gru", "lstm", "none")


@dataclass(frozen=True)
class Recurrence:
    """Which recurrence a net has; it travels in the metadata of its weights, because no tensor shows it.

    Attributes:
        cell: "gru", "lstm", or "none" (a 1x1 convolution of the same output, for comparison).
        reset_after: GRU's reset gate after the recurrent product (PyTorch, cuDNN) or before it (Keras 2).
        gates: a key of GATES; the form of the sigmoid.
    """

    cell: str = "gru"
    reset_after: bool = True
    gates: str = "logistic"

    def __post_init__(self) -> None:
        if self.cell not in CELLS or self.gates not in GATES or not isinstance(self.reset_after, bool):
            raise ModelError(
                f"recurrence: expected a cell of {list(CELLS)} and gates of {list(GATES)}, got {self}; import the weights again"
            )

    def to_json(self) -> str:
        """One line of JSON; `from_json` of it is equal."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Recurrence:
        """Read `to_json`'s text.

        Raises:
            ModelError: no JSON, an unknown field or a bad value.
        """
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError, RecursionError) as e:
            raise ModelError(f"recurrence: {e}; the file is damaged, import the weights again") from None


TORCH = Recurrence()
RECURRENCES = {
    "gru": TORCH,
    "gru-keras2": Recurrence("gru", False, "hard_sigmoid_keras2"),
    "lstm": Recurrence("lstm"),
    "none": Recurrence("none"),
}


class RowRecurrence(nn.Module):
    """Read each row of [B, C, h, w] from both sides: [B, 2 * hidden, h, w], forward channels first.

    Args:
        kind: the variant.
        unrolled: which form `forward` takes; a variant that `nn.GRU` cannot express always takes the unrolled one.
    """

    def __init__(self, channels: int, hidden: int, kind: Recurrence = TORCH) -> None:
        super().__init__()
        self.hidden, self.kind = hidden, kind
        self.cell, self.reset_after, self.gate = kind.cell, kind.reset_after, GATES[kind.gates]
        self.unrolled = kind.cell != "none" and (not kind.reset_after or kind.gates != "logistic")
        self.rnn: nn.Module
        if kind.cell == "none":
            self.rnn = nn.Conv2d(channels, 2 * hidden, 1)
        else:
            self.rnn = {"gru": nn.GRU, "lstm": nn.LSTM}[kind.cell](channels, hidden, batch_first=True, bidirectional=True)
        self.register_load_state_dict_pre_hook(_accept_bare)  # type: ignore[no-untyped-call]

    def forward(self, x: Tensor) -> Tensor:
        """float32 [B, C, h, w] to [B, 2 * hidden, h, w]."""
        if self.cell == "none":
            out: Tensor = self.rnn(x)
            return out
        return self._unrolled(x) if self.unrolled else self._rows(x)

    def _rows(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        out, _ = self.rnn(x.permute(0, 2, 3, 1).reshape(b * h, w, c))
        result: Tensor = out.reshape(b, h, w, 2 * self.hidden).permute(0, 3, 1, 2)
        return result

    def _both(self, name: str) -> Tensor:
        """A parameter of both directions, one after the other along its first axis."""
        return torch.cat([getattr(self.rnn, name), getattr(self.rnn, name + "_reverse")])

    def _unrolled(self, x: Tensor) -> Tensor:
        """One step reads column t for the forward direction and column w - 1 - t for the backward one."""
        w = x.shape[3]
        projection, shift = self._both("weight_ih_l0")[:, :, None, None], self._both("bias_ih_l0")
        forward, backward = F.conv2d(x, projection, shift).chunk(2, 1)
        state = torch.zeros_like(forward[:, : self.hidden, :, :1]).repeat(1, 2, 1, 1)
        memory = state
        weight, bias = self._both("weight_hh_l0")[:, :, None, None], self._both("bias_hh_l0")
        states = []
        for t in range(w):
            inputs = (forward[..., t : t + 1], backward[..., w - 1 - t : w - t])
            if self.cell == "lstm":
                state, memory = self._lstm(inputs, state, memory, weight, bias)
            else:
                state = self._gru(inputs, state, weight, bias)
            states.append(state)
        ahead = torch.cat([s[:, : self.hidden] for s in states], 3)
        back = torch.cat([s[:, self.hidden :] for s in reversed(states)], 3)
        return torch.cat([ahead, back], 1)

    def _gru(self, inputs: tuple[Tensor, Tensor], state: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Gates in PyTorch's order r, z, n; each a block of `hidden` channels a direction."""
        xr, xz, xn = _gates(inputs, 3)
        if self.reset_after:
            hr, hz, hn = _gates(F.conv2d(state, weight, bias, groups=2).chunk(2, 1), 3)
            r, z = self.gate(xr + hr), self.gate(xz + hz)
            n = torch.tanh(xn + r * hn)
        else:
            w_gates, w_new, b_gates, b_new = self._split(weight, bias)
            hr, hz = _gates(F.conv2d(state, w_gates, b_gates, groups=2).chunk(2, 1), 2)
            r, z = self.gate(xr + hr), self.gate(xz + hz)
            n = torch.tanh(xn + F.conv2d(r * state, w_new, b_new, groups=2))
        return n + z * (state - n)

    def _split(self, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Weights and biases of the two gates and of the new state, both directions in each."""
        cut = 2 * self.hidden
        sides_w, sides_b = weight.chunk(2), bias.chunk(2)
        return (
            torch.cat([s[:cut] for s in sides_w]),
            torch.cat([s[cut:] for s in sides_w]),
            torch.cat([s[:cut] for s in sides_b]),
            torch.cat([s[cut:] for s in sides_b]),
        )

    def _lstm(self, inputs: tuple[Tensor, Tensor], state: Tensor, memory: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """Gates in PyTorch's order i, f, g, o."""
        xs = _gates(inputs, 4)
        hs = _gates(F.conv2d(state, weight, bias, groups=2).chunk(2, 1), 4)
        i, f, g, o = (a + b for a, b in zip(xs, hs, strict=True))
        memory = self.gate(f) * memory + self.gate(i) * torch.tanh(g)
        return self.gate(o) * torch.tanh(memory), memory


def _gates(sides: tuple[Tensor, ...] | list[Tensor], count: int) -> list[Tensor]:
    """[B, count * hidden, h, 1] of each direction to one [B, 2 * hidden, h, 1] for each gate."""
    parts = [side.chunk(count, 1) for side in sides]
    return [torch.cat(pair, 1) for pair in zip(*parts, strict=True)]


def _accept_bare(module: nn.Module, state: dict[str, Tensor], prefix: str, *_: object) -> None:
    """Let the weights of a bare nn.GRU or nn.LSTM in our place load too: the original's checkpoints have them so."""
    for name in list(state):
        if name.startswith((f"{prefix}weight_", f"{prefix}bias_")):
            state[f"{prefix}rnn.{name.removeprefix(prefix)}"] = state.pop(name)
