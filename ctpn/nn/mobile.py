"""The mobile CTPN: our own small detector with cells of 16 x 8 pixels."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ctpn.contract.spec import MOBILE, DetectorSpec
from ctpn.errors import ModelError
from ctpn.nn.maps import Detector
from ctpn.nn.recurrent import TORCH, Recurrence, RowRecurrence


def conv(c_in: int, c_out: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, batch norm, ReLU: [B, c_in, H, W] to [B, c_out, H / stride, W / stride]."""
    pad = kernel // 2
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, kernel, stride, pad, groups=groups, bias=False),
        nn.BatchNorm2d(c_out),
        nn.ReLU(inplace=True),
    )


def _look(channels: int) -> nn.Sequential:
    """Depthwise 5x5 convolution and batch norm."""
    return nn.Sequential(nn.Conv2d(channels, channels, 5, padding=2, groups=channels, bias=False), nn.BatchNorm2d(channels))


class Residual(nn.Module):
    """x + 1x1(ReLU(1x1(depthwise 5x5(x)))): a wide view for few multiplications."""

    def __init__(self, channels: int, expand: int = 2) -> None:
        super().__init__()
        self.look = _look(channels)
        self.widen = conv(channels, expand * channels, 1)
        self.narrow = nn.Sequential(nn.Conv2d(expand * channels, channels, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.narrow(self.widen(self.look(x)))
        return out


class DirectionHead(nn.Module):
    """Which way text runs, from three scales, before the recurrence, which knows rows alone: [B, 3, H / 16, W / 16]."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.from8, self.from16 = nn.Conv2d(48, width, 2, 2, bias=False), nn.Conv2d(80, width, 1, bias=False)
        self.from32 = nn.Conv2d(112, width, 1, bias=False)
        self.join = nn.Sequential(nn.BatchNorm2d(width), nn.ReLU(inplace=True))
        self.look = nn.Sequential(_look(width), conv(width, width, 1), _look(width), conv(width, width, 1))
        self.out = nn.Conv2d(width, 3, 1)

    def forward(self, x8: Tensor, x16: Tensor, x32: Tensor) -> Tensor:
        """Channels: the logit of text of any direction, then cos 2a and sin 2a of its reading axis' angle a, clockwise from level."""
        joined = self.join(self.from8(x8) + self.from16(x16) + _enlarge(self.from32(x32), 2.0, 2.0))
        out: Tensor = self.out(self.look(joined))
        return out


class MobileCtpn(Detector):
    """Four scales, fused from coarse to fine, a BiGRU along the rows, four heads; `direction`, if the spec has it, beside them.

    Dense convolutions are used where the picture is large (processors run them near their peak speed), depthwise ones
    where channels are many; widths are multiples of 16, the width of a vector register. The recurrence runs on
    rows of 16 pixels, half as many as there are rows of cells, and each of them serves two. Below 0.4 M parameters.
    """

    multiple = 32  # two scales are added after one of them was halved and enlarged again

    def __init__(self, spec: DetectorSpec = MOBILE, *, width: int = 64, hidden: int = 32, recurrence: Recurrence = TORCH) -> None:
        super().__init__(spec, recurrence)
        self.stem = conv(3, 16, 3, 2)
        self.scale4 = conv(16, 32, 3, 2)
        self.scale8 = nn.Sequential(conv(32, 48, 3, 2), Residual(48))
        self.scale16 = nn.Sequential(conv(48, 80, 3, 2), Residual(80), Residual(80), Residual(80))
        self.scale32 = nn.Sequential(conv(80, 80, 3, 2, groups=80), conv(80, 112, 1), Residual(112), Residual(112), Residual(112))
        self.from16, self.from32 = conv(80, width, 1), conv(112, width, 1)
        self.fuse16 = conv(width, width, 5, groups=width)
        self.rows = RowRecurrence(width, hidden, recurrence)
        self.context = conv(width + 2 * hidden, width, 1)
        self.cells = nn.Sequential(nn.Conv2d(48, width, (1, 2), (1, 2), bias=False), nn.BatchNorm2d(width), nn.ReLU())
        self.fuse8 = conv(width, width, 5, groups=width)
        self.mix = conv(width, 96, 1)
        k = spec.anchors
        self.score, self.vertical = nn.Conv2d(96, 2 * k, 1), nn.Conv2d(96, 2 * k, 1)
        self.side, self.link = nn.Conv2d(96, 2 * k, 1), nn.Conv2d(96, k, 1)
        self.direction = DirectionHead() if "direction" in spec.outputs else None

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Normalised pixels float32 [B, 3, H, W] to raw maps [B, h, w, C] (h = H / 8, w = W / 16).

        `score` holds logits (background, text) an anchor, `vertical` (dy, dh), `side` (left, right), `link` a logit. `direction`
        [B, H / 16, W / 16, 3] has cells of its own (see `DirectionHead`).
        """
        x8, x16, x32 = self._scales(x)
        fused = self.fuse16(self.from16(x16) + _enlarge(self.from32(x32), 2.0, 2.0))
        fused = self.context(torch.cat([fused, self.rows(fused)], 1))
        cells = self.mix(self.fuse8(self.cells(x8) + _enlarge(fused, 2.0, 1.0)))
        heads = {"score": self.score, "vertical": self.vertical, "side": self.side, "link": self.link}
        maps = {name: head(cells) for name, head in heads.items()}
        if self.direction is not None:
            maps["direction"] = self.direction(x8, x16, x32)
        return {name: m.permute(0, 2, 3, 1) for name, m in maps.items()}

    def directions(self, x: Tensor) -> Tensor:
        """The map `direction` alone, as `forward` gives it; for its training.

        Raises:
            ModelError: the net has no such map.
        """
        if self.direction is None:
            raise ModelError(
                f"detector {self.spec.name!r}: expected the output direction, got {', '.join(self.spec.outputs)}; train it first"
            )
        out: Tensor = self.direction(*self._scales(x)).permute(0, 2, 3, 1)
        return out

    def _scales(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Features at 1/8, 1/16 and 1/32."""
        x8 = self.scale8(self.scale4(self.stem(x)))
        x16 = self.scale16(x8)
        return x8, x16, self.scale32(x16)


def _enlarge(x: Tensor, down: float, across: float) -> Tensor:
    return nn.functional.interpolate(x, scale_factor=(down, across), mode="nearest")
