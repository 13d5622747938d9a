"""Weights as safetensors (no code can hide in them), training state as a torch file; the original's checkpoints."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from ctpn.errors import ModelError
from ctpn.files import atomic_write
from ctpn.nn.limits import MAX_HEADER, MAX_PARAMETERS, MAX_TENSORS, check_file, check_torch_file

FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)

PARALLEL = "module."  # what nn.DataParallel writes before each name


def save_weights(file: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write tensors and text metadata to `file` atomically."""
    with atomic_write(file) as new:
        save_file({name: t.detach().cpu().contiguous() for name, t in tensors.items()}, new, metadata)


def load_weights(file: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and metadata of a safetensors file.

    Raises:
        ModelError: no such file, not a whole safetensors file, or one with more or other tensors than a net has.
    """
    size = check_file(file)
    try:
        with file.open("rb") as start:
            header = int.from_bytes(start.read(8), "little")
        if header > min(size, MAX_HEADER):
            raise ValueError(f"a header of {header} bytes, expected at most {min(size, MAX_HEADER)}")
        with safe_open(file, "pt") as f:
            names = list(f.keys())
            if len(names) > MAX_TENSORS:
                raise ValueError(f"{len(names)} tensors, expected at most {MAX_TENSORS}")
            tensors = {name: f.get_tensor(name) for name in names}
            metadata = f.metadata() or {}
    except Exception as e:  # safetensors raises many kinds for unknown types
        raise ModelError(f"{file}: not a whole safetensors file ({' '.join(str(e).split())[:200]}); fetch or write it again") from None
    other = [f"{name} is {t.dtype}" for name, t in tensors.items() if t.dtype not in (*FLOATS, torch.int64)]
    if other:
        raise ModelError(f"{file}: expected tensors of {', '.join(map(str, FLOATS))}, {other[0][:100]}; write it again with ctpn.train")
    return tensors, metadata


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
    """The tensors under `model_state_dict` of one of the original's checkpoints (.pth.tar), by the names of the net alone.

    Raises:
        ModelError: damaged, with code in it, without such tensors, or with more than a net has.
    """
    check_torch_file(file)
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
    parameters = 0
    for name, t in tensors.items():
        if not isinstance(name, str) or not _is_dense(t):
            raise ModelError(f"{file}: model_state_dict: expected dense float tensors by name, got {str(name)[:60]!r}: {type(t).__name__}")
        parameters += t.numel()
        if parameters > MAX_PARAMETERS or t.numel() * t.element_size() > t.untyped_storage().nbytes():
            raise ModelError(f"{file}: {name[:60]}: expected tensors in the file, {MAX_PARAMETERS} numbers in all, got {list(t.shape)}")
        if not bool(torch.isfinite(t).all()):
            raise ModelError(f"{file}: {name} holds NaN or infinity; the training went wrong, take an earlier checkpoint")
    parallel = all(name.startswith(PARALLEL) for name in tensors)
    return {name.removeprefix(PARALLEL) if parallel else name: t for name, t in tensors.items()}


def _is_dense(t: object) -> bool:
    """Whether this is a tensor of floats in memory: neither sparse, nested, quantised nor without data."""
    dense = isinstance(t, Tensor) and t.layout == torch.strided and not t.is_nested and t.device.type == "cpu"
    return dense and t.dtype in FLOATS  # type: ignore[attr-defined]  # a tensor


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
