"""Checkpoints of the original's PyTorch network (.pth.tar), small ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ctpn.contract.spec import CLASSIC
from ctpn.nn.vgg16 import Vgg16Ctpn, Widths

NARROW = Widths((3, 4, 4, 4, 5, 5, 5, 6, 6, 6, 6, 6, 6), rpn=7, hidden=5, fc=6)


def small_state() -> dict[str, Tensor]:
    """Tensors with the original's names, of a narrow copy."""
    torch.manual_seed(3)
    state = Vgg16Ctpn(CLASSIC, widths=NARROW).state_dict()
    return {name.replace("brnn.rnn.", "brnn."): t for name, t in state.items()}


def write_checkpoint(file: Path, state: object, **options: Any) -> Path:
    """The file, written as the original writes it."""
    torch.save({"model_state_dict": state, "epoch": 30}, file, **options)
    return file
