"""Weights as safetensors (no code can hide in them), training state as a torch file; the original's checkpoints."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ctpn.errors import ModelError
from ctpn.files import atomic_write


def save_weights(file: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write tensors and text metadata to `file` atomically."""
    with atomic_write(file) as new:
        save_file({name: t.detach().cpu().contiguous() for name, t in tensors.items()}, new, metadata)


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


def is_checkpoint(file: Path) -> bool:
    """Whether this is a torch file (a zip, or the pickle of PyTorch before 1.6) and not safetensors."""
    try:
        with file.open("rb") as f:
            head = f.read(9)
    except OSError:
        return False  # who loads it says what is wrong
    header = head[8:] == b"{"  # of safetensors, after eight bytes of its length, the first of which may be any
    return not header and (head[:4] == b"PK\x03\x04" or head[:1] == b"\x80")


def load_checkpoint(file: Path) -> dict[str, Tensor]:
    """The tensors under `model_state_dict` of one of the original's checkpoints (.pth.tar).

    Raises:
        ModelError: damaged, with code in it, or without such tensors.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a strange pickle; the result is checked below
            state = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as e:  # torch raises many kinds for a damaged file
        reason = "it holds code, which is never run" if "GLOBAL" in str(e) or "nsupported" in str(e) else f"damaged: {type(e).__name__}"
        raise ModelError(f"{file}: not a checkpoint of tensors alone ({reason}); save its model_state_dict again") from None
    tensors = state.get("model_state_dict") if isinstance(state, dict) else None
    if not isinstance(tensors, dict) or not tensors:
        got = sorted(map(str, state))[:8] if isinstance(state, dict) else type(state).__name__
        raise ModelError(f"{file}: expected a checkpoint with model_state_dict, got {got}; is it one of the original's?")
    for name, t in tensors.items():
        if not isinstance(name, str) or not isinstance(t, Tensor) or t.layout != torch.strided or not t.is_floating_point():
            raise ModelError(f"{file}: model_state_dict: expected dense float tensors by name, got {name!r}: {type(t).__name__}")
        if not bool(torch.isfinite(t).all()):
            raise ModelError(f"{file}: {name} holds NaN or infinity; the training went wrong, take an earlier checkpoint")
    return dict(tensors)


def save_state(file: Path, state: dict[str, Any]) -> None:
    """Write a training state atomically."""
    with atomic_write(file) as new:
        torch.save(state, new)


def load_state(file: Path) -> dict[str, Any]:
    """A training state written by `save_state`; tensors and plain values alone are accepted."""
    try:
        state: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as e:  # torch raises many kinds for a damaged file
        raise ModelError(f"{file}: not a whole training state ({type(e).__name__}); delete it to start again") from None
    return state
