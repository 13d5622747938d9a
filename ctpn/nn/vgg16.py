"""The original CTPN of 2018: VGG16 to conv5_3, a BiGRU, two heads; 17.7 M parameters, 67.6 MiB as float32."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from ctpn.contract.spec import VGG16, DetectorSpec
from ctpn.errors import ModelError
from ctpn.nn.maps import Detector
from ctpn.nn.recurrent import TORCH, Recurrence, RowRecurrence

BLOCKS = (2, 2, 3, 3, 3)  # convolutions; with a pooling between two blocks
PLACES = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)  # of the convolutions in `base_layers`


@dataclass(frozen=True)
class Widths:
    """Channels of each layer; the original's are the default, others are for small copies."""

    base: tuple[int, ...] = (64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)
    rpn: int = 512
    hidden: int = 128
    fc: int = 512

    @classmethod
    def of(cls, state: dict[str, Tensor]) -> Widths:
        """Those of a net with these tensors.

        Raises:
            ModelError: tensors that say nothing of them are missing.
        """
        try:
            base = tuple(len(state[f"base_layers.{n}.weight"]) for n in PLACES)
            # Both names of the recurrence occur: the original's, and those of our module around it.
            hidden = next(state[n].shape[1] for n in ("brnn.weight_hh_l0", "brnn.rnn.weight_hh_l0") if n in state)
            return cls(base, len(state["rpn.conv.weight"]), hidden, len(state["lstm_fc.conv.weight"]))
        except (LookupError, TypeError, StopIteration) as e:
            lost = str(e) or "brnn.weight_hh_l0"
            raise ModelError(f"expected the tensors of the original net, {lost} is missing; check that these are its weights") from None


ORIGINAL = Widths()


class Convolution(nn.Module):
    """Convolution and ReLU under the name `conv`, as the original's checkpoints have it."""

    def __init__(self, c_in: int, c_out: int, kernel: int, *, relu: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, kernel, padding=kernel // 2)
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return x.relu() if self.relu else x


class Vgg16Ctpn(Detector):
    """Tian et al. 2016, figure 2, with a GRU for the LSTM, as the original of 2018 had it.

    Args:
        recurrence: the variant; weights from Keras 2 want the old one.
        widths: channels of each layer.
    """

    def __init__(self, spec: DetectorSpec = VGG16, *, recurrence: Recurrence = TORCH, widths: Widths = ORIGINAL) -> None:
        super().__init__(spec, recurrence)
        self.base_layers = nn.Sequential(*_base(widths.base))
        self.rpn = Convolution(widths.base[-1], widths.rpn, 3)
        self.brnn = RowRecurrence(widths.rpn, widths.hidden, recurrence)
        self.lstm_fc = Convolution(2 * widths.hidden, widths.fc, 1)
        self.rpn_class = Convolution(widths.fc, 2 * spec.anchors, 1, relu=False)
        self.rpn_regress = Convolution(widths.fc, 2 * spec.anchors, 1, relu=False)

    def block(self, name: str) -> tuple[str, ...]:
        """Names of the modules that hold the convolutions of VGG16's block1 … block5; none for another name."""
        first = {f"block{b}": sum(BLOCKS[: b - 1]) for b in range(1, len(BLOCKS) + 1)}
        if name not in first:
            return ()
        count = BLOCKS[int(name[5:]) - 1]
        return tuple(f"base_layers.{n}" for n in PLACES[first[name] : first[name] + count])

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Normalised pixels float32 [B, 3, H, W] to raw maps [B, H / 16, W / 16, C]: `score` logits, `vertical`."""
        cells = self.lstm_fc(self.brnn(self.rpn(self.base_layers(x))))
        return {
            "score": self.rpn_class(cells).permute(0, 2, 3, 1),
            "vertical": self.rpn_regress(cells).permute(0, 2, 3, 1),
        }


def _base(widths: tuple[int, ...]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    channels, rest = 3, iter(widths)
    for block, count in enumerate(BLOCKS):
        layers += [nn.MaxPool2d(2)] if block else []
        for _, width in zip(range(count), rest, strict=False):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
            channels = width
    return layers
