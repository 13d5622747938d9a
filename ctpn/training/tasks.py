"""The two tasks: for each its net, its samples and its loss."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from ctpn.contract.spec import CRNN, DETECTORS, DetectorSpec, RecognizerSpec
from ctpn.errors import ModelError
from ctpn.nn.ctc import divergence
from ctpn.nn.detector import build, load_detector, with_direction, without_direction
from ctpn.nn.maps import Detector
from ctpn.nn.mobile import MobileCtpn
from ctpn.nn.recognizer import Crnn, build_recognizer, characters_loss, letters, load_recognizer, rare
from ctpn.nn.recurrent import RECURRENCES
from ctpn.nn.rounding import rounded_matrix, simulate_int8
from ctpn.synthesis.fonts import fonts
from ctpn.synthesis.phrases import KINDS, Maker
from ctpn.synthesis.prose import Prose
from ctpn.training.beginning import WEIGHTS as STAGE_WEIGHTS
from ctpn.training.config import DetectorNet, DetectorRecipe, DetectorStage, Recipe, RecognizerRecipe, RecognizerStage, Stage
from ctpn.training.datasets import DirectionCrops, LineCropBatches, LineSource, PageCrops, PageSource
from ctpn.training.losses import WEIGHTS, detector_loss, direction_loss

Batch = dict[str, Tensor]


class Task(Protocol):
    """A net and how it learns."""

    @property
    def spec(self) -> DetectorSpec | RecognizerSpec:
        """Of the net."""

    @property
    def net(self) -> nn.Module:
        """In training."""

    def output(self, pixels: Tensor) -> object:
        """Normalised pixels float32 [B, 3, H, W] to the input of the loss."""

    def batch(self, step: int, rank: int, count: int) -> Batch:
        """The samples of process `rank` of `count`, the same in every run: `image` uint8 [B, H, W, 3], and the targets."""

    def loss(self, output: object, batch: Batch, step: int) -> dict[str, Tensor]:
        """The weighted parts of the loss, each a scalar."""


class DetectorTask:
    """Crops of pages."""

    def __init__(self, recipe: DetectorRecipe, stage: DetectorStage, init: Path | None) -> None:
        self.stage = stage
        self.net = without_direction(_detector(recipe.net, init))
        if stage.int8:
            simulate_int8(self.net)
        self.spec = self.net.spec
        self.crops = PageCrops(_page_sources(recipe, stage), self.spec, side=stage.crop_side, seed=stage.seed)

    def output(self, pixels: Tensor) -> dict[str, Tensor]:
        """The raw maps."""
        maps: dict[str, Tensor] = self.net(pixels)
        return maps

    def batch(self, step: int, rank: int, count: int) -> Batch:
        """`image` uint8 [B, side, side, 3] and the targets of `targets.encode`."""
        return _page_batch(self.crops, self.stage.batch, step * count + rank)

    def loss(self, output: object, batch: Batch, step: int) -> dict[str, Tensor]:
        """Parts score, vertical, side and link."""
        assert isinstance(output, dict)
        parts = detector_loss({name: m.float() for name, m in output.items()}, batch, score=self.stage.score_loss)
        return {name: WEIGHTS[name] * part for name, part in parts.items()}


class DirectionTask:
    """Crops of pages rotated by any angle, for the map `direction`; all other parts of the net should be frozen."""

    def __init__(self, recipe: DetectorRecipe, stage: DetectorStage, init: Path | None) -> None:
        self.stage = stage
        net = with_direction(_detector(recipe.net, init))
        assert isinstance(net, MobileCtpn)  # no other has the map
        self.net = net
        if stage.int8:
            simulate_int8(self.net)
        self.spec = self.net.spec
        self.crops = DirectionCrops(_page_sources(recipe, stage), self.spec, side=stage.crop_side, seed=stage.seed)

    def output(self, pixels: Tensor) -> Tensor:
        """The raw map, float32 [B, h, w, 3]."""
        return self.net.directions(pixels)

    def batch(self, step: int, rank: int, count: int) -> Batch:
        """`image` uint8 [B, side, side, 3] and the targets of `targets.encode_direction`."""
        return _page_batch(self.crops, self.stage.batch, step * count + rank)

    def loss(self, output: object, batch: Batch, step: int) -> dict[str, Tensor]:
        """Parts text and direction."""
        assert isinstance(output, Tensor)
        return direction_loss(output.float(), batch)


def _page_sources(recipe: DetectorRecipe, stage: DetectorStage) -> list[PageSource]:
    return [PageSource(recipe.pages_folder(name), s.share, s.annotation) for name, s in stage.data.items()]


def _page_batch(crops: PageCrops, size: int, index: int) -> Batch:
    samples = [crops[index * size + i] for i in range(size)]
    return {name: torch.from_numpy(np.stack([s[name] for s in samples])) for name in samples[0]}


def _detector(net: DetectorNet, init: Path | None) -> Detector:
    """A new net, or the one of `init` with its own spec and recurrence."""
    if not init:
        return build(DETECTORS[net.name], RECURRENCES[net.recurrence or "gru"], plain=net.initial_weights == "torch")
    loaded = load_detector(init)
    if loaded.spec.name != net.name:
        raise ModelError(f"{init}: expected weights of {net.name}, got {loaded.spec.name}; give --set net.name={loaded.spec.name}")
    return loaded


class RecognizerTask:
    """Line crops: synthetic ones with known character positions first, then all, by CTC."""

    def __init__(self, recipe: RecognizerRecipe, stage: RecognizerStage, init: Path | None) -> None:
        self.stage, self.spec = stage, CRNN
        self.net: Crnn = load_recognizer(init) if init else build_recognizer(CRNN)
        self.pairs = letters(CRNN.charset)
        sources = [
            LineSource(recipe.crops_folder(name), share, recipe.line_crops[name].quads == "detected") for name, share in stage.data.items()
        ]
        found = fonts(recipe.fonts[stage.fonts])
        kinds: dict[Maker, float] = {**KINDS, Prose(recipe.prose_file): stage.prose} if stage.prose else KINDS
        self.crops = LineCropBatches(sources, CRNN, fonts=found, kinds=kinds, pixels=stage.batch * 1024, seed=stage.seed)
        self.teacher = _teacher(recipe, stage)
        self.rare = torch.zeros(CRNN.classes, dtype=torch.bool).index_fill_(0, rare(CRNN.charset), True)

    def output(self, pixels: Tensor) -> tuple[Tensor, Tensor | None]:
        """The input of the last layer, and that of the teacher's."""
        if self.teacher is None:
            return self.net.features(pixels), None
        with torch.no_grad():
            known = self.teacher.to(pixels.device).features(pixels)
        return self.net.features(pixels), known

    def batch(self, step: int, rank: int, count: int) -> Batch:
        """As `LineCropBatches.batch`; data sets take part once CTC has taken over."""
        made = self.crops.batch(step, rank, count, real=self._ctc_weight(step) == 1)
        return {name: torch.from_numpy(a) for name, a in made.items()}

    def loss(self, output: object, batch: Batch, step: int) -> dict[str, Tensor]:
        """Parts alignment and ctc, and with a teacher the divergence from its answers."""
        assert isinstance(output, tuple)
        features, known = output
        matrix = rounded_matrix(self.net.characters.weight) if self.stage.int8 else self.net.characters.weight
        parts = characters_loss(features.float(), matrix, batch, self._ctc_weight(step), self.pairs)
        if self.teacher is not None and known is not None:
            answers = (known.float(), self.teacher.characters.weight)
            far = divergence(features.float(), matrix, answers, self._known(batch), batch["lengths"])
            parts["teacher"] = self.stage.teacher_weight * far
        return parts

    def _known(self, batch: Batch) -> Tensor:
        """Which line crops have no rare character: bool [B]."""
        is_rare = self.rare.to(batch["labels"].device)[batch["labels"]]
        return torch.stack([~row.any() for row in is_rare.split(batch["lengths"].tolist())])

    def _ctc_weight(self, step: int) -> float:
        """Weight of CTC against alignment: it rises to 1 after the alignment steps, over a tenth of their number."""
        steps = self.stage.alignment_steps
        return float(np.clip((step - steps) / max(1, steps / 10), 0, 1))


def _teacher(recipe: RecognizerRecipe, stage: RecognizerStage) -> Crnn | None:
    """The net whose answers are kept."""
    for run in recipe.stages:
        if run.name == stage.teacher:
            return load_recognizer(recipe.stage_folder(run) / STAGE_WEIGHTS).requires_grad_(False)
    return None


def make_task(recipe: Recipe, stage: Stage, init: Path | None) -> Task:
    """The task of a recipe's stage.

    Args:
        init: weights to begin with; None: a new net.

    Raises:
        CtpnError: weights, data sets or fonts are missing or do not fit.
    """
    if isinstance(recipe, DetectorRecipe) and isinstance(stage, DetectorStage):
        return (DirectionTask if stage.learns == "direction" else DetectorTask)(recipe, stage, init)
    assert isinstance(recipe, RecognizerRecipe) and isinstance(stage, RecognizerStage)
    return RecognizerTask(recipe, stage, init)
