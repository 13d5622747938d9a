"""Runs a recipe's stages one after another, except those that are complete."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace

from ctpn.errors import RecipeError
from ctpn.nn.checkpoint import load_weights
from ctpn.training.beginning import WEIGHTS
from ctpn.training.config import Recipe, Stage
from ctpn.training.loop import Machine, train_stage
from ctpn.training.prepare import prepare
from ctpn.training.recipe import difference, digest, resolved, until


def run(recipe: Recipe, machine: Machine, arguments: list[str]) -> str:
    """Make the data sets and train the stages that are not complete.

    Args:
        arguments: of ctpn.train, for the processes of stages that have several.

    Returns:
        The path of the last stage's weights, or what was left after the machine's minutes.

    Raises:
        CtpnError: a folder holds the weights of another recipe, or something is missing.
    """
    complete = [_is_complete(recipe, stage) for stage in recipe.runs]
    first = len(complete) - complete[::-1].index(True) if any(complete) else 0
    deadline = time.monotonic() + 60 * machine.minutes
    for stage in recipe.runs[first:]:
        prepare(recipe, stage)
        left = replace(machine, minutes=max(0.0, (deadline - time.monotonic()) / 60))
        if stage.processes > 1:
            train_in_processes(stage, left, arguments)
        else:
            train_stage(recipe, stage, left)
        if not _is_complete(recipe, stage):
            return f"{stage.name}: stopped after {machine.minutes:g} minutes; the same command continues"
    return str(recipe.stage_folder(recipe.runs[-1]) / WEIGHTS)


def _is_complete(recipe: Recipe, stage: Stage) -> bool:
    """Whether the weights of a stage are there and had all its steps."""
    file, expected = recipe.stage_folder(stage) / WEIGHTS, until(recipe, stage)
    if not file.is_file():
        return False
    metadata = load_weights(file)[1]
    if metadata.get("recipe_sha256") != digest(expected):
        differs = difference(json.loads(metadata.get("recipe", "null")), json.loads(resolved(expected)))
        raise RecipeError(
            f"{file}: of another recipe than this one ({differs}); give another folder (--set folder=DIR) or remove {file.parent}"
        )
    return int(metadata["step"]) >= stage.steps


def train_in_processes(stage: Stage, machine: Machine, arguments: list[str]) -> None:
    """Let torchrun start ctpn.train once for each process of a stage, and end them if this process is ended.

    Args:
        arguments: of ctpn.train, without --stage.

    Raises:
        RecipeError: one of them failed.
    """
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(stage.processes)]
    child = subprocess.Popen(
        [*launcher, "-m", "ctpn.train", *arguments, "--minutes", str(machine.minutes), "--stage", stage.name], stdout=2
    )
    previous = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        if child.wait():
            raise RecipeError(f"{stage.name}: one of its {stage.processes} processes failed; its message is above")
    finally:
        signal.signal(signal.SIGTERM, previous)
        child.terminate()
        child.wait()
