"""A stage's training: steps of the optimiser, averaged weights, checkpoints that are resumed exactly."""

from __future__ import annotations

import fcntl
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from ctpn.errors import RecipeError
from ctpn.nn.checkpoint import load_state, save_state, save_weights
from ctpn.nn.detector import freeze
from ctpn.nn.maps import Detector, normalise
from ctpn.training.beginning import WEIGHTS, beginning, records
from ctpn.training.config import Recipe, Stage
from ctpn.training.parallel import ProcessGroup, batches
from ctpn.training.recipe import digest, resolved, until
from ctpn.training.record import Log, stage_record
from ctpn.training.tasks import Task, make_task

STATE = "state.pt"  # in a stage's folder


@dataclass(frozen=True)
class Machine:
    """What changes how long a training takes, and nothing in its result.

    Attributes:
        num_workers: processes that make the samples, for a GPU; 0: the training process makes them.
        minutes: after which it stops, to be resumed later.
        save_minutes: between two checkpoints.
    """

    num_workers: int = 0
    minutes: float = float("inf")
    save_minutes: float = 3.0


@dataclass
class Run:
    """All that changes while a net is trained."""

    net: nn.Module
    ema: dict[str, Tensor]
    optimizer: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0

    def state(self) -> dict[str, object]:
        """Everything that an exact resume needs; the data follow from the step."""
        return {
            "net": self.net.state_dict(), "ema": self.ema, "optimizer": self.optimizer.state_dict(),
            "step": self.step, "seconds": self.seconds,
        }  # fmt: skip

    def load(self, file: Path, recipe_sha256: str) -> None:
        """Continue from a file that `state` was saved to.

        Raises:
            RecipeError: it is of another recipe.
        """
        state = load_state(file)
        if state.get("recipe_sha256") != recipe_sha256:
            raise RecipeError(f"{file}: of another recipe than this one; give another folder: --set folder=DIR")
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.ema, self.step, self.seconds = state["ema"], state["step"], state["seconds"]


def rate(step: int, stage: Stage) -> float:
    """Learning rate: linear warm-up, then half a cosine down to a hundredth of the peak."""
    if step < stage.warmup:
        return stage.rate * (step + 1) / stage.warmup
    passed = min(1.0, (step - stage.warmup) / max(1, stage.steps - stage.warmup))
    return float(stage.rate * (0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * passed))))


def train_step(run: Run, batch: dict[str, Tensor], task: Task, group: ProcessGroup, stage: Stage) -> dict[str, float]:
    """One step of the optimiser; returns the parts of the loss."""
    for parameters in run.optimizer.param_groups:
        parameters["lr"] = rate(run.step, stage)
    device = batch["image"].device
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=_has_bfloat16(device)):
        output = task.output(normalise(batch["image"], task.spec))
    parts = task.loss(output, batch, run.step)
    run.optimizer.zero_grad(set_to_none=True)
    torch.stack(list(parts.values())).sum().backward()
    group.average_gradients(run.net)
    nn.utils.clip_grad_norm_(run.net.parameters(), stage.clip)
    run.optimizer.step()
    run.step += 1
    _update_ema(run, stage.ema)
    return {name: float(p.detach()) for name, p in parts.items()}


def _has_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is faster there: a processor without instructions for it is 8 times slower, one with them 1.5 times faster."""
    return device.type == "cuda" or bool(torch.cpu.get_capabilities().get("avx512_bf16"))


@torch.no_grad()
def _update_ema(run: Run, decay: float) -> None:
    decay = min(decay, (1 + run.step) / (10 + run.step))  # short memory at the start
    state = run.net.state_dict()
    floats = [name for name, value in state.items() if value.is_floating_point()]
    torch._foreach_lerp_([run.ema[n] for n in floats], [state[n] for n in floats], 1 - decay)
    for name in state.keys() - set(floats):
        run.ema[name].copy_(state[name])


def start(net: nn.Module, stage: Stage, group: ProcessGroup) -> Run:
    """A run at step 0."""
    net.to(group.device).train()
    freeze(net, stage.freeze)
    learning = [p for p in net.parameters() if p.requires_grad]
    weights = [p for p in learning if p.ndim > 1]
    others = [p for p in learning if p.ndim <= 1]  # no decay for biases and batch norm
    groups = [{"params": weights, "weight_decay": stage.decay}, {"params": others, "weight_decay": 0.0}]
    optimizer: torch.optim.Optimizer
    if stage.optimizer == "sgd":
        optimizer = torch.optim.SGD(groups, lr=stage.rate, momentum=0.9)
    else:
        optimizer = torch.optim.AdamW(groups, lr=stage.rate)
    return Run(net, {name: v.detach().clone() for name, v in net.state_dict().items()}, optimizer)


@dataclass(frozen=True)
class Output:
    """Where a stage's files lie, and what its weights say about their origin."""

    folder: Path
    recipe: Recipe  # until this stage
    stage: Stage
    earlier: list[dict[str, object]]  # records of the stages before

    @property
    def log(self) -> Log:
        """The losses, step by step."""
        return Log(self.folder / "log.csv")

    def save(self, run: Run, task: Task) -> None:
        """The state to resume from, and the averaged weights with spec, recipe and record in their metadata."""
        sha = digest(self.recipe)
        save_state(self.folder / STATE, run.state() | {"recipe_sha256": sha})
        metadata = {"spec": task.spec.to_json(), "step": str(run.step), "recipe": resolved(self.recipe), "recipe_sha256": sha}
        if isinstance(run.net, Detector):
            metadata["recurrence"] = run.net.recurrence.to_json()
        record = stage_record(self.stage.name, run.step, run.seconds, self.log)
        metadata["training"] = json.dumps([*self.earlier, record])
        save_weights(self.folder / WEIGHTS, run.ema, metadata)


def train_stage(recipe: Recipe, stage: Stage, machine: Machine) -> None:
    """Train a stage until its steps or the machine's minutes are over; a stopped one is resumed.

    Raises:
        CtpnError: the weights that it begins with, its data sets or its fonts are missing or do not fit.
    """
    torch.set_num_threads(stage.threads)
    torch.manual_seed(stage.seed)
    recipe.stage_folder(stage).mkdir(parents=True, exist_ok=True)
    init = beginning(recipe, stage)
    output = Output(recipe.stage_folder(stage), until(recipe, stage), stage, records(init))
    with ProcessGroup() as group, _alone(output.folder, group):
        task = make_task(recipe, stage, init)
        run = start(task.net, stage, group)
        if (output.folder / STATE).exists():
            run.load(output.folder / STATE, digest(output.recipe))
            print(f"{stage.name}: resumed at step {run.step}", file=sys.stderr)
        _fit(run, task, group, output, machine)


@contextmanager
def _alone(folder: Path, group: ProcessGroup) -> Iterator[None]:
    """Hold the folder's lock, which ends with this process, however it ends.

    Raises:
        RecipeError: another command trains there; processes of a killed one may still run.
    """
    with (folder / "lock").open("w") as file:
        try:
            if group.rank == 0:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RecipeError(f"{folder}: another process trains there; wait for it or end it") from None
        yield


def _fit(run: Run, task: Task, group: ProcessGroup, output: Output, machine: Machine) -> None:
    began = saved = time.monotonic()
    before, stage = run.seconds, output.stage
    bar = tqdm(total=stage.steps, initial=run.step, disable=group.rank > 0, desc=stage.name, unit="step", mininterval=5, file=sys.stderr)
    for batch in batches(lambda step: task.batch(step, group.rank, group.count), run.step, group.device, machine.num_workers):
        now = time.monotonic()
        run.seconds = before + now - began
        over = run.step >= stage.steps or (now - began) / 60 >= machine.minutes
        if group.rank == 0 and (over or now - saved > 60 * machine.save_minutes):
            output.save(run, task)
            saved = now
        if group.agree(over):
            break
        parts = train_step(run, batch, task, group, stage)
        if group.rank == 0 and (run.step % 20 == 0 or run.step == stage.steps):
            output.log.add(run.step, run.seconds, rate(run.step - 1, stage), parts)
            bar.set_postfix({name: f"{v:.3f}" for name, v in parts.items()}, refresh=False)
        bar.update()
    bar.close()
