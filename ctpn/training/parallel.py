"""Several training processes, started by torchrun, or one that was started plainly; and those that make their samples."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from types import TracebackType

import cv2
import torch
from torch import Tensor, distributed, nn
from torch.utils.data import DataLoader, Dataset

Batch = dict[str, Tensor]


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


class _Steps(Dataset[Batch]):
    """A function of the step, as a loader wants it."""

    def __init__(self, make: Callable[[int], Batch]) -> None:
        self.make = make

    def __getitem__(self, step: int) -> Batch:
        return self.make(step)


def batches(make: Callable[[int], Batch], first: int, device: torch.device, makers: int) -> Iterator[Batch]:
    """Batches on a device from step `first` on: the same ones, in the same order, whoever makes them.

    Args:
        make: the batch of a step; it must leave the GPU alone.
        makers: how many processes beside this one make them; 0: this one does.
    """
    made: Iterable[Batch] = map(make, count(first))
    if makers:  # forked, for functions cannot be sent
        made = DataLoader(
            _Steps(make), batch_size=None, sampler=count(first), num_workers=makers, prefetch_factor=4,
            pin_memory=device.type == "cuda", multiprocessing_context="fork", worker_init_fn=lambda _: cv2.setNumThreads(1),
        )  # fmt: skip
    for batch in made:
        yield {name: t.to(device, non_blocking=True) for name, t in batch.items()}
