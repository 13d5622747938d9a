"""The original CTPN of 2018: VGG16 to conv5_3, a BiGRU, two heads; 17.7 M parameters, 67.6 MiB as float32."""

from __future__ import annotations

from torch import Tensor, nn

from ctpn.nn.recurrent import RowRecurrence
from ctpn.spec import VGG16, DetectorSpec

LAYERS = (64, 64, "pool", 128, 128, "pool", 256, 256, 256, "pool", 512, 512, 512, "pool", 512, 512, 512)


class Convolution(nn.Module):
    """Convolution and ReLU under the name `conv`, as the original's checkpoints have it."""

    def __init__(self, c_in: int, c_out: int, kernel: int, *, relu: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, kernel, padding=kernel // 2)
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return x.relu() if self.relu else x


class Vgg16Ctpn(nn.Module):
    """Tian et al. 2016, figure 2, with a GRU for the LSTM, as the original of 2018 had it.

    Args:
        reset_after, gates: the recurrence's variant, see `RowRecurrence`; weights from Keras 2 want the old one.
    """

    spec: DetectorSpec

    def __init__(self, spec: DetectorSpec = VGG16, *, reset_after: bool = True, gates: str = "logistic") -> None:
        super().__init__()
        self.spec = spec
        self.base_layers = nn.Sequential(*_base())
        self.rpn = Convolution(512, 512, 3)
        self.brnn = RowRecurrence(512, 128, reset_after=reset_after, gates=gates)
        self.lstm_fc = Convolution(256, 512, 1)
        self.rpn_class = Convolution(512, 2 * spec.anchors, 1, relu=False)
        self.rpn_regress = Convolution(512, 2 * spec.anchors, 1, relu=False)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Normalised pixels float32 [B, 3, H, W] to raw maps [B, H / 16, W / 16, C]: `score` logits, `vertical`."""
        cells = self.lstm_fc(self.brnn(self.rpn(self.base_layers(x))))
        return {
            "score": self.rpn_class(cells).permute(0, 2, 3, 1),
            "vertical": self.rpn_regress(cells).permute(0, 2, 3, 1),
        }


def _base() -> list[nn.Module]:
    layers: list[nn.Module] = []
    channels = 3
    for layer in LAYERS:
        if isinstance(layer, int):
            layers += [nn.Conv2d(channels, layer, 3, padding=1), nn.ReLU(inplace=True)]
            channels = layer
        else:
            layers.append(nn.MaxPool2d(2))
    return layers
