"""The weights that a stage begins with: those of the stage before, an average of several, with rows of rare characters fitted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ctpn.nn.checkpoint import is_checkpoint, load_weights, save_weights
from ctpn.training.config import DetectorStage, Recipe, RecognizerStage, Stage
from ctpn.training.enlarge import enlarge
from ctpn.training.fit_rows import LINES, fit_weights

WEIGHTS, AVERAGED, ENLARGED, ROWS = (f"{name}.safetensors" for name in ("weights", "averaged", "enlarged", "rows"))  # in a stage's folder


def beginning(recipe: Recipe, stage: Stage) -> Path | None:
    """The file of the weights that a stage begins with, made in its folder if it is none of a stage; None: a new net.

    Raises:
        CtpnError: weights, line crops or fonts are missing or do not fit.
    """
    folder, index = recipe.stage_folder(stage), recipe.runs.index(stage)
    first = Path(recipe.init) if recipe.init else None
    before = recipe.stage_folder(recipe.runs[index - 1]) / WEIGHTS if index else first
    if isinstance(stage, DetectorStage) and index and before and first and stage.init_share:
        return average({before: 1 - stage.init_share, first: stage.init_share}, folder / AVERAGED)
    if not isinstance(stage, RecognizerStage):
        return before
    if stage.average:
        stages = {run.name: recipe.stage_folder(run) / WEIGHTS for run in recipe.runs}
        before = average({stages[name]: share for name, share in stage.average.items()}, folder / AVERAGED)
    if stage.enlarge and before:
        before = enlarge(before, folder / ENLARGED)
    if stage.fit_rows and before:
        if not (folder / ROWS).exists():  # it takes minutes; a stage that is resumed has it
            real = [recipe.crops_folder(name) for name in stage.data if recipe.line_crops[name].pages in recipe.real_pages]
            fit_weights(before, folder / ROWS, recipe.fonts[stage.fonts], LINES, real)
        return folder / ROWS
    return before


def average(shares: Mapping[Path, float], target: Path) -> Path:
    """Write the weighted mean of weights of one net, whose shares sum up to 1, with the metadata of the first file and the records of
    all; returns `target`. It keeps more of what each of them knows than further training would (Wortsman et al. 2022)."""
    loaded = [(*load_weights(file), share) for file, share in shares.items()]
    tensors, metadata, _ = loaded[0]
    mean = {
        name: sum((other[name] * share for other, _, share in loaded[1:]), tensor * loaded[0][2]) if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
    }
    met = {json.dumps(record): record for file in shares for record in records(file)}
    save_weights(target, mean, metadata | {"training": json.dumps(list(met.values()))})
    return target


def records(weights: Path | None) -> list[dict[str, object]]:
    """The records of the stages that these weights went through; none of a checkpoint of the original."""
    if not weights or is_checkpoint(weights):
        return []
    return list(json.loads(load_weights(weights)[1].get("training", "[]")))
