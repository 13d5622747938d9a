"""Quantisation-aware training (Jacob et al. 2018): the rounding of int8 is simulated while the net learns."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# Parts that stay float in int8 files, by module name. The stems see three channels, the recurrence is many small steps,
# and the first depthwise layer is bound by memory: quantised they cost more time than they save.
FLOAT_PARTS = (
    "stem", "scale8.1.look", "rows",  # mobile
    "base_layers.0", "brnn",  # vgg16
    "rows8.1.look",  # crnn
)  # fmt: skip
MEMORY = 0.98  # weight of the old range at each step


def stays_float(name: str) -> bool:
    """Whether the module of this name is not quantised."""
    return any(name == part or name.startswith(part + ".") for part in FLOAT_PARTS)


def simulate_int8(net: nn.Module) -> None:
    """Let every convolution and linear layer that int8 files quantise see its input and weights rounded to 8 bits.

    Activations are rounded to 256 steps between their running extremes, weights to 255 steps a channel of the output;
    gradients pass as if nothing was rounded. Names and values of the parameters stay as they are.
    """
    for name, module in net.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear) and not stays_float(name):
            module.forward = _Rounded(module)  # type: ignore[assignment]


class _Rounded:
    """The forward pass of a layer, with rounding."""

    def __init__(self, layer: nn.Conv2d | nn.Linear) -> None:
        self.layer = layer
        self.range: Tensor | None = None  # smallest and largest activation

    def __call__(self, x: Tensor) -> Tensor:
        if self.layer.training or self.range is None:
            now = torch.stack([x.detach().amin().clamp_max(0), x.detach().amax().clamp_min(1e-6)])
            self.range = now if self.range is None else torch.lerp(now, self.range, MEMORY)
        scale = (self.range[1] - self.range[0]) / 255
        zero = torch.round(-self.range[0] / scale).to(torch.int32)
        x = torch.fake_quantize_per_tensor_affine(x, scale, zero, 0, 255)
        if isinstance(self.layer, nn.Linear):
            return F.linear(x, _rounded(self.layer.weight), self.layer.bias)
        result: Tensor = self.layer._conv_forward(x, _rounded(self.layer.weight), self.layer.bias)
        return result


def _rounded(weight: Tensor) -> Tensor:
    scale = weight.detach().abs().flatten(1).amax(1).clamp_min(1e-8) / 127
    zeros = torch.zeros_like(scale, dtype=torch.int32)
    return torch.fake_quantize_per_channel_affine(weight, scale, zeros, 0, -127, 127)


def rounded_matrix(matrix: Tensor) -> Tensor:
    """A matrix [classes, D] as `export.onnx.quantization.quantize_weights` stores it, int8 with a scale for each class and one for each
    of its D inputs; gradients pass as if nothing was rounded."""
    with torch.no_grad():
        inputs = matrix.abs().amax(0, keepdim=True).clamp_min(1e-12).sqrt()
        even = matrix / inputs
        scale = (even.abs().amax(1, keepdim=True) / 127).clamp_min(1e-8)
        change = torch.floor(even / scale + 0.5) * scale * inputs - matrix
    return matrix + change
