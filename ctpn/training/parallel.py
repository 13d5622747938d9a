"""The group of training processes (one, or several started by torchrun), and the processes that make their samples."""

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


class ProcessGroup:
    """The training processes; used as a context. torchrun says by its own variables how many there are; without it there is one."""

    def __init__(self) -> None:
        self.count = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        cuda = torch.cuda.is_available()
        self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if cuda else torch.device("cpu")

    def __enter__(self) -> ProcessGroup:
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
        """Whether the flag is set in any process, so that all stop at the same step."""
        if self.count == 1:
            return flag
        flags = torch.tensor([float(flag)], device=self.device)
        distributed.all_reduce(flags)
        return bool(flags.item() > 0)


class _Steps(Dataset[Batch]):
    """A function of the step as a data set."""

    def __init__(self, make: Callable[[int], Batch]) -> None:
        self.make = make

    def __getitem__(self, step: int) -> Batch:
        return self.make(step)


def batches(make: Callable[[int], Batch], first: int, device: torch.device, num_workers: int) -> Iterator[Batch]:
    """Batches on a device from step `first` on; they do not depend on `num_workers`.

    Args:
        make: the batch of a step; it must not use the GPU.
        num_workers: how many processes beside this one make them; 0: this one does.
    """
    made: Iterable[Batch] = map(make, count(first))
    if num_workers:  # forked, for functions cannot be sent
        made = DataLoader(
            _Steps(make), batch_size=None, sampler=count(first), num_workers=num_workers, prefetch_factor=4,
            pin_memory=device.type == "cuda", multiprocessing_context="fork", worker_init_fn=lambda _: cv2.setNumThreads(1),
        )  # fmt: skip
    for batch in made:
        yield {name: t.to(device, non_blocking=True) for name, t in batch.items()}
