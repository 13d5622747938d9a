"""What is exported: a net wrapped so that its input is plain pixels and its outputs are what the stages need."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from ctpn.contract.spec import DetectorSpec, RecognizerSpec
from ctpn.nn.recognizer import Crnn
from ctpn.nn.recurrent import RowRecurrence

INPUT, LOGITS = "image", "logits"


class DetectorGraph(nn.Module):
    """uint8 RGB [1, H, W, 3] to the maps of `DetectorSpec`, channels-last, in the order of `spec.outputs`.

    The net is a copy: the division by `spec.std` moves into its first convolution, so the graph has no pass over
    the pixels but the cast. A mean stays a subtraction, because the padding of that convolution is zero.

    Args:
        net: a detector with `.spec`.
        unrolled: compute the recurrence step by step, for one width.
    """

    def __init__(self, net: nn.Module, *, unrolled: bool) -> None:
        super().__init__()
        self.net = copy.deepcopy(net)
        spec = self.net.spec
        assert isinstance(spec, DetectorSpec)
        self.spec, self.outputs = spec, spec.outputs
        self.mean = nn.Parameter(torch.tensor(spec.mean).view(1, 3, 1, 1), requires_grad=False)
        _fold_std(self.net, spec)
        _set_unrolled(self.net, unrolled=unrolled)
        self.eval()  # all of it: the tracer gives every part the mode of the outermost module back

    def example(self, size: tuple[int, int]) -> Tensor:
        """An input of (H, W) to trace with."""
        return torch.zeros(1, *size, 3, dtype=torch.uint8)

    def axes(self, *, fixed_width: bool) -> dict[str, dict[int, str]]:
        """Free axes of input and outputs by their names: H always, W unless `fixed_width`."""
        free = {1: "height"} if fixed_width else {1: "height", 2: "width"}
        cells = {name: "_direction_cells" if name == "direction" else "_cells" for name in self.spec.outputs}
        return {INPUT: free} | {name: {a: v + suffix for a, v in free.items()} for name, suffix in cells.items()}

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        return self.planes(image.permute(0, 3, 1, 2).float())

    def planes(self, x: Tensor) -> tuple[Tensor, ...]:
        """The same of RGB planes float32 [1, 3, H, W], 0 to 255."""
        raw = self.net(_normalised(x, self.spec, self.mean))
        maps = {name: torch.sigmoid(m) if name == "link" else m for name, m in raw.items()}
        score = raw["score"]  # softmax over (background, text) is the sigmoid of the difference
        maps["score"] = torch.sigmoid(score[..., 1::2] - score[..., 0::2])
        return tuple(maps[name] for name in self.spec.outputs)


class RecognizerGraph(nn.Module):
    """uint8 RGB line crops [N, height, W, 3] to logits float32 [N, W / stride, classes] of `RecognizerSpec`.

    Args:
        net: a recogniser; copied, as the detector's is.
        unrolled: compute the recurrence step by step, for one width.
    """

    def __init__(self, net: Crnn, *, unrolled: bool) -> None:
        super().__init__()
        self.net = copy.deepcopy(net)
        self.spec, self.outputs = self.net.spec, (LOGITS,)
        self.mean = nn.Parameter(torch.tensor(self.spec.mean).view(1, 3, 1, 1), requires_grad=False)
        _fold_std(self.net, self.spec)
        _set_unrolled(self.net, unrolled=unrolled)
        self.eval()

    def example(self, size: tuple[int, int]) -> Tensor:
        """Line crops of (height, W) to trace with; two, so that their number is not taken for a constant."""
        return torch.zeros(2, *size, 3, dtype=torch.uint8)

    def axes(self, *, fixed_width: bool) -> dict[str, dict[int, str]]:
        """Free axes of input and output by their names: the number of line crops always, W unless `fixed_width`."""
        width, steps = ({}, {}) if fixed_width else ({2: "width"}, {1: "steps"})
        return {INPUT: {0: "line_crops"} | width, LOGITS: {0: "line_crops"} | steps}

    def forward(self, image: Tensor) -> Tensor:
        return self.planes(image.permute(0, 3, 1, 2).float())

    def planes(self, x: Tensor) -> Tensor:
        """The same of RGB planes float32 [N, 3, height, W], 0 to 255."""
        logits: Tensor = self.net(_normalised(x, self.spec, self.mean))
        return logits


def _normalised(x: Tensor, spec: DetectorSpec | RecognizerSpec, mean: Tensor) -> Tensor:
    """Channels in the net's order, without the mean; the deviation is in the first convolution."""
    x = x.flip(1) if spec.channels == "BGR" else x
    return x - mean if any(spec.mean) else x


def _set_unrolled(net: nn.Module, *, unrolled: bool) -> None:
    for module in net.modules():
        if isinstance(module, RowRecurrence):
            module.unrolled = module.unrolled or unrolled


def _fold_std(net: nn.Module, spec: DetectorSpec | RecognizerSpec) -> None:
    first = next(m for m in net.modules() if isinstance(m, nn.Conv2d))
    with torch.no_grad():
        first.weight /= torch.tensor(spec.std).view(1, 3, 1, 1)
