"""What is exported: a detector wrapped so that pixels go in as they are and probabilities come out."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from ctpn.nn.recurrent import RowRecurrence
from ctpn.spec import DetectorSpec

INPUT = "image"


class DetectorGraph(nn.Module):
    """uint8 RGB [1, H, W, 3] to the maps of `DetectorSpec`, channels-last, in the order of `spec.outputs`.

    The net is a copy: the division by `spec.std` moves into its first convolution, so the graph has no pass over
    the pixels but the cast. A mean stays a subtraction, because the padding of that convolution is zero.

    Args:
        net: a detector with `.spec`.
        unrolled: take the fixed-width form of the recurrence.
    """

    def __init__(self, net: nn.Module, *, unrolled: bool) -> None:
        super().__init__()
        self.net = copy.deepcopy(net)
        spec = self.net.spec
        assert isinstance(spec, DetectorSpec)
        self.spec = spec
        self.mean = nn.Parameter(torch.tensor(spec.mean).view(1, 3, 1, 1), requires_grad=False)
        _fold_std(self.net, spec)
        for module in self.net.modules():
            if isinstance(module, RowRecurrence):
                module.unrolled = module.unrolled or unrolled
        self.eval()  # the whole: the exporter gives all parts back the mode of the outermost module

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        x = image.permute(0, 3, 1, 2).float()
        if self.spec.channels == "BGR":
            x = x.flip(1)
        if any(self.spec.mean):
            x = x - self.mean
        raw = self.net(x)
        maps = {name: torch.sigmoid(m) if name == "link" else m for name, m in raw.items()}
        score = raw["score"]  # softmax over (background, text) is the sigmoid of the difference
        maps["score"] = torch.sigmoid(score[..., 1::2] - score[..., 0::2])
        return tuple(maps[name] for name in self.spec.outputs)


def _fold_std(net: nn.Module, spec: DetectorSpec) -> None:
    first = next(m for m in net.modules() if isinstance(m, nn.Conv2d))
    with torch.no_grad():
        first.weight /= torch.tensor(spec.std).view(1, 3, 1, 1)
