"""What there is to train: for each net its data, its loss and its parts."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ctpn.contract.spec import CRNN, DETECTORS, DetectorSpec, RecognizerSpec
from ctpn.errors import ModelError
from ctpn.nn.detector import build, load_detector
from ctpn.nn.maps import Detector
from ctpn.nn.recognizer import build_recognizer, characters_loss, letters, load_recognizer
from ctpn.nn.recurrent import RECURRENCES
from ctpn.nn.rounding import rounded_matrix, simulate_int8
from ctpn.synthesis.fonts import SYSTEM_FONTS, fonts
from ctpn.training.crops import Crops
from ctpn.training.line_crops import LineCropBatches
from ctpn.training.losses import WEIGHTS, detector_loss

Batch = dict[str, Tensor]


@dataclass
class Task:
    """A net and how it learns.

    Attributes:
        output: normalised pixels to what the loss needs.
        batch: the samples of (step, rank, count of processes): the same in every run.
        loss: the weighted parts of the loss of that output, a batch and the step.
    """

    spec: DetectorSpec | RecognizerSpec
    net: nn.Module
    output: Callable[[Tensor], object]
    batch: Callable[[int, int, int], Batch]
    loss: Callable[[object, Batch, int], dict[str, Tensor]]


def detector(args: argparse.Namespace) -> Task:
    """Crops of pages."""
    net = _detector(args)
    if args.int8:
        simulate_int8(net)
    spec = net.spec
    crops = Crops(args.set, spec, side=args.side, seed=args.seed)

    def batch(step: int, rank: int, count: int) -> Batch:
        base = (step * count + rank) * args.batch
        samples = [crops[base + i] for i in range(args.batch)]
        return {name: torch.from_numpy(np.stack([s[name] for s in samples])) for name in samples[0]}

    def loss(maps: object, batch: Batch, _: int) -> dict[str, Tensor]:
        assert isinstance(maps, dict)
        parts = detector_loss({name: m.float() for name, m in maps.items()}, batch, score=args.score_loss)
        return {name: WEIGHTS[name] * part for name, part in parts.items()}

    return Task(spec, net, net, batch, loss)


def _detector(args: argparse.Namespace) -> Detector:
    """A new net, or the one of --init with its own spec and recurrence."""
    if not args.init:
        return build(DETECTORS[args.model], RECURRENCES[args.recurrence or "gru"], plain=args.plain_init)
    net = load_detector(args.init)
    if net.spec.name != args.model:
        raise ModelError(f"{args.init}: expected weights of {args.model}, got {net.spec.name}; give --model {net.spec.name}")
    return net


def recognizer(args: argparse.Namespace) -> Task:
    """LineCropBatches of lines: drawn ones with known places first, then all, by CTC."""
    pairs = letters(CRNN.charset)
    net = load_recognizer(args.init) if args.init else build_recognizer(CRNN)
    strips = LineCropBatches(
        [(folder, share) for folder, share, _ in args.set],
        CRNN,
        pixels=args.batch * 1024,
        seed=args.seed,
        fonts=fonts(tuple(args.fonts or SYSTEM_FONTS)),
    )

    def ctc(step: int) -> float:
        """How far the loss has passed from places to CTC: over a tenth of the time given to places."""
        return float(np.clip((step - args.places) / max(1, args.places / 10), 0, 1))

    def batch(step: int, rank: int, count: int) -> Batch:
        made = strips.batch(step, rank, count, real=ctc(step) == 1)
        return {name: torch.from_numpy(a) for name, a in made.items()}

    def loss(features: object, batch: Batch, step: int) -> dict[str, Tensor]:
        assert isinstance(features, Tensor)
        matrix = rounded_matrix(net.characters.weight) if args.int8 else net.characters.weight
        return characters_loss(features.float(), matrix, batch, ctc(step), pairs)

    return Task(CRNN, net, net.features, batch, loss)


TASKS = {"detector": detector, "recognizer": recognizer}
