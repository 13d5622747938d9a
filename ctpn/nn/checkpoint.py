"""Weights as safetensors (no code can hide in them), training state as a torch file, both written aside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ctpn.errors import ModelError
from ctpn.files import whole


def save_weights(file: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write tensors and text metadata to `file`, whole or not at all."""
    with whole(file) as aside:
        save_file({name: t.detach().cpu().contiguous() for name, t in tensors.items()}, aside, metadata)


def load_weights(file: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and metadata of a safetensors file.

    Raises:
        ModelError: no such file, or not a whole safetensors file.
    """
    if not file.is_file():
        raise ModelError(f"{file}: no such weights file; train with python -m ctpn.train or name another with --weights")
    try:
        with safe_open(file, "pt") as f:
            return {name: f.get_tensor(name) for name in f.keys()}, f.metadata() or {}
    except (SafetensorError, OSError, ValueError) as e:
        raise ModelError(f"{file}: not a whole safetensors file ({e}); fetch or write it again") from None


def save_state(file: Path, state: dict[str, Any]) -> None:
    """Write a training state, whole or not at all."""
    with whole(file) as aside:
        torch.save(state, aside)


def load_state(file: Path) -> dict[str, Any]:
    """A training state written by `save_state`; tensors and plain values alone are accepted."""
    try:
        state: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as e:  # torch raises many kinds for a damaged file
        raise ModelError(f"{file}: not a whole training state ({type(e).__name__}); delete it to start again") from None
    return state
