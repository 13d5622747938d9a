"""Several training processes, started by torchrun, or one that was started plainly."""

from __future__ import annotations

import os
from types import TracebackType

import torch
from torch import distributed, nn


class Workers:
    """The group of training processes; used as a context. A group of one needs no torchrun."""

    def __init__(self) -> None:
        self.count = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        cuda = torch.cuda.is_available()
        self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if cuda else torch.device("cpu")

    def __enter__(self) -> Workers:
        if self.count > 1:
            distributed.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.count > 1:
            distributed.destroy_process_group()

    def average_gradients(self, net: nn.Module) -> None:
        """Replace every gradient by the mean over the processes, in one message."""
        if self.count == 1:
            return
        grads = [p.grad for p in net.parameters() if p.grad is not None]
        flat = torch.cat([g.flatten() for g in grads])
        distributed.all_reduce(flat)
        flat /= self.count
        for g, part in zip(grads, flat.split([g.numel() for g in grads]), strict=True):
            g.copy_(part.view_as(g))

    def agree(self, flag: bool) -> bool:
        """Whether any process says yes, so that all stop at the same step."""
        if self.count == 1:
            return flag
        said = torch.tensor([float(flag)], device=self.device)
        distributed.all_reduce(said)
        return bool(said.item() > 0)
