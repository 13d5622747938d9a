"""The CRNN: convolutions, a BiGRU along the width, characters by CTC (Shi et al. 2015), small enough for a phone."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from ctpn.contract.spec import CRNN, RecognizerSpec, read_spec
from ctpn.errors import ModelError
from ctpn.nn.checkpoint import load_weights
from ctpn.nn.ctc import ctc, texts
from ctpn.nn.detector import initialise
from ctpn.nn.mobile import Residual, conv
from ctpn.nn.recurrent import RowRecurrence

COMMON = "，。、：；！？"  # of the characters that are no letters, these were always drawn often


class Crnn(nn.Module):
    """Line crops to logits per time step.

    The height is halved five times and the width twice, so that a time step is 4 pixels wide, a fifth of a Chinese
    character. The neck sees what the recurrence saw beside its outputs, so that these need not carry every stroke. The last layer
    has a row of weights for each of 5,128 classes; its input are `neck` numbers, which halves the file.
    """

    def __init__(self, spec: RecognizerSpec = CRNN, *, hidden: int = 80, neck: int = 128) -> None:
        super().__init__()
        self.spec = spec
        self.stem = conv(3, 16, 3, 2)
        self.rows8 = nn.Sequential(conv(16, 40, 3, 2), Residual(40))
        self.rows4 = nn.Sequential(_lower(40, 80), Residual(80), Residual(80))
        self.rows2 = nn.Sequential(_lower(80, 128), Residual(128), Residual(128), Residual(128), Residual(128))
        self.flat = nn.Sequential(nn.Conv2d(128, 144, (2, 1), bias=False), nn.BatchNorm2d(144), nn.ReLU(inplace=True))
        self.rows = RowRecurrence(144, hidden)
        self.neck = nn.Conv2d(2 * hidden + 144, neck, 1)
        self.characters = nn.Linear(neck, spec.classes, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Normalised pixels float32 [B, 3, 32, W] to logits [B, W / 4, classes]; class 0 is the blank."""
        logits: Tensor = self.characters(self.features(x))
        return logits

    def features(self, x: Tensor) -> Tensor:
        """All but the last layer: float32 [B, W / 4, neck]."""
        x = self.flat(self.rows2(self.rows4(self.rows8(self.stem(x)))))
        x = self.neck(torch.cat([self.rows(x), x], 1))
        # Channels-last before the last layer, whose output of 20 kB per time step is then written only once.
        return torch.relu(x.flatten(2).transpose(1, 2))


def _lower(c_in: int, c_out: int) -> nn.Sequential:
    """Half the height at the full width."""
    return nn.Sequential(nn.Conv2d(c_in, c_out, 3, (2, 1), 1, bias=False), nn.BatchNorm2d(c_out), nn.ReLU(inplace=True))


def build_recognizer(spec: RecognizerSpec) -> Crnn:
    """A recogniser with fresh weights."""
    if spec.name != "crnn":
        raise ModelError(f"recogniser {spec.name!r}: expected 'crnn'; the weights are of another version")
    net = Crnn(spec)
    net.apply(initialise)
    return net


def load_recognizer(file: str | Path) -> Crnn:
    """The recogniser of a .safetensors file, in evaluation mode; its spec comes from the file.

    Raises:
        ModelError: missing or damaged file, no spec in it, or tensors that do not fit.
    """
    tensors, metadata = load_weights(Path(file))
    if "spec" not in metadata:
        raise ModelError(f"{file}: no spec in the file's metadata; expected weights of ctpn.train")
    net = build_recognizer(read_spec(RecognizerSpec, metadata["spec"], file))
    try:
        net.load_state_dict(tensors)
    except RuntimeError as e:
        reason = " ".join(str(e).split())[:300]
        raise ModelError(f"{file}: weights do not fit the net ({reason}); use the version that wrote them") from None
    net.eval()
    return net


def rare(charset: str) -> Tensor:
    """Classes of the characters that are neither Chinese nor ASCII nor common punctuation: int64 [R]."""
    return torch.tensor([i + 1 for i, c in enumerate(charset) if not c.isascii() and not "\u4e00" <= c <= "\u9fff" and c not in COMMON])


def letters(charset: str) -> Tensor:
    """Classes of the capital and of the small form of each letter of a charset: int64 [2, n]."""
    pairs = [(charset.index(c) + 1, charset.index(c.lower()) + 1) for c in charset if "A" <= c <= "Z"]
    return torch.tensor(pairs).T


def characters_loss(features: Tensor, matrix: Tensor, batch: dict[str, Tensor], ctc_weight: float, letters: Tensor) -> dict[str, Tensor]:
    """The parts of the loss: `alignment`, cross entropy per time step, and `ctc`, whose weight is in [0, 1].

    With thousands of classes CTC alone gives only blanks for a long time. So the net first learns which character is at
    which time step, and CTC then removes the dependence on these positions.

    Args:
        features: float32 [B, T, D] of `Crnn.features`.
        matrix: float32 [classes, D], the last layer's weights.
        batch: `steps` int64 [B, T], the class at each time step, 0 for the blank and -1 where unknown; `labels`
            int64 [sum of lengths], `lengths` int64 [B], `caseless` bool [B].
        letters: of `letters`, for transcripts without case.
    """
    parts = {"alignment": features.new_zeros(()), "ctc": features.new_zeros(())}
    if ctc_weight < 1:
        weight = torch.ones(len(matrix), device=matrix.device)
        weight[0] = 0.5
        logits = (features @ matrix.T).flatten(0, 1)
        parts["alignment"] = (1 - ctc_weight) * nn.functional.cross_entropy(logits, batch["steps"].flatten(), weight, ignore_index=-1)
    if ctc_weight > 0:
        target = texts(batch["labels"], batch["lengths"], batch["caseless"], letters.to(matrix.device))
        parts["ctc"] = ctc_weight * ctc(features, matrix, target)
    return parts
