"""Weights of a smaller recogniser for the one of today, which answers the same with them and has room to learn.

What the larger net has more begins without an effect: a residual block adds nothing, a new input of a layer has weights of 0. (Net2Net:
Chen et al. 2016; a last batch norm of 0 in each block: Goyal et al. 2017.)
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from ctpn.contract.spec import RecognizerSpec, read_spec
from ctpn.errors import ModelError
from ctpn.nn.checkpoint import load_weights, save_weights
from ctpn.nn.recognizer import build_recognizer


def enlarge(weights: Path, target: Path) -> Path:
    """Write `weights` as those of the recogniser of today, with their metadata; returns `target`.

    Raises:
        ModelError: the file is missing or damaged, or has a layer that the recogniser of today has not, or a larger one.
    """
    tensors, metadata = load_weights(weights)
    spec = read_spec(RecognizerSpec, metadata.get("spec", "{}"), weights)
    torch.manual_seed(0)
    net = build_recognizer(spec)
    blocks = {name.rsplit(".narrow.", 1)[0] for name in net.state_dict().keys() - tensors.keys() if ".narrow." in name}
    enlarged = {name: _enlarged(tensors[name], value, name) if name in tensors else value for name, value in net.state_dict().items()}
    if unknown := tensors.keys() - enlarged.keys():
        raise ModelError(f"{weights}: expected layers of the recogniser of today, got also {min(unknown)}; the weights are of another net")
    enlarged |= {f"{block}.narrow.1.weight": torch.zeros_like(enlarged[f"{block}.narrow.1.weight"]) for block in blocks}
    save_weights(target, enlarged, metadata)
    return target


def _enlarged(old: Tensor, fresh: Tensor, name: str) -> Tensor:
    """`old` in the corner of `fresh`: old outputs take nothing of new inputs, new outputs keep their fresh weights."""
    if old.ndim != fresh.ndim or any(a > b for a, b in zip(old.shape, fresh.shape, strict=True)):
        raise ModelError(f"{name}: expected at most {list(fresh.shape)}, got {list(old.shape)}; the weights are of a larger net")
    out = fresh.clone()
    if old.ndim > 1:
        out[: old.shape[0]] = 0
    out[tuple(slice(0, n) for n in old.shape)] = old
    return out
