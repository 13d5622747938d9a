"""Fit the last layer's rows of rare characters: python -m ctpn.training.fit_rows --fonts DIR … --weights IN --out OUT

A character that was hardly drawn has a row of weights that says "never". Gradient steps over whole lines take long to turn it
round. So the net reads drawn lines of such characters, and their rows alone are fitted to its features at the time steps where
the characters stand: logistic regression, in which all other rows stay as they are. Training goes on from there.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ctpn import command
from ctpn.annotations.formats import read_icdar, read_set
from ctpn.annotations.pictures import read_picture
from ctpn.contract.spec import RecognizerSpec
from ctpn.nn.checkpoint import load_weights, save_weights
from ctpn.nn.maps import normalise
from ctpn.nn.recognizer import Crnn, load_recognizer, rare
from ctpn.recognition.line_crop import padded, rectify
from ctpn.synthesis.fonts import Fonts, fonts
from ctpn.synthesis.lines import LineCrop, synthetic_line
from ctpn.synthesis.phrases import KINDS, Maker, rare_between, rare_in_context

WIDTH, BATCH = 288, 16
SEED = 8_700_001
LINES = 3200


class Frames(NamedTuple):
    """Time steps of drawn lines: `features` float32 [N, D] before the last layer, and the `classes` int64 [N] that stand there,
    0 (the blank) where none does, -1 where a neighbour may be seen."""

    features: Tensor
    classes: Tensor


@torch.no_grad()
def frames(net: Crnn, found: Fonts, count: int) -> Frames:
    """The time steps of `count` drawn lines."""
    features, classes = [], []
    for begin in tqdm(range(0, count, BATCH), desc="lines", file=sys.stderr, mininterval=5):
        crops = [_line(net, found, begin + i) for i in range(BATCH)]
        image = np.full((BATCH, net.spec.height, WIDTH, 3), net.spec.pad, np.uint8)
        for row, crop in zip(image, crops, strict=True):
            row[:, : crop.rgb.shape[1]] = crop.rgb
        out = net.features(normalise(torch.from_numpy(image), net.spec))
        blank = out @ net.characters.weight[0]
        for i, crop in enumerate(crops):
            steps = -(-crop.rgb.shape[1] // net.spec.stride)
            features.append(out[i, :steps].clone())
            classes.append(classes_of(crop, blank[i, :steps], net.spec))
    return Frames(torch.cat(features), torch.cat(classes))


@torch.no_grad()
def real_frames(net: Crnn, folder: Path, count: int) -> Frames:
    """The time steps of lines of a set of `ctpn.training.cut_lines` whose transcripts have none of the rare characters."""
    features, known = [], set(net.spec.charset)
    rows = {net.spec.charset[int(c) - 1] for c in rare(net.spec.charset)}
    for image, gt in read_set(folder)[:: max(1, len(read_set(folder)) // count)]:
        line = read_icdar(gt)[0]
        if rows & set(line.text) or not known >= set(line.text):
            continue
        crop = rectify(read_picture(image), line.quad, net.spec)[:, :WIDTH]
        batch = padded([crop], net.spec)
        features.append(net.features(normalise(torch.from_numpy(batch), net.spec))[0, : crop.shape[1] // net.spec.stride])
    found = torch.cat(features)
    return Frames(found, torch.zeros(len(found), dtype=torch.int64))


def _line(net: Crnn, found: Fonts, index: int) -> LineCrop:
    """Every other line is of any kind, for what the rare rows must not say."""
    rng = np.random.default_rng([SEED, index])
    kinds: dict[Maker, float] = KINDS if index % 2 else {rare_in_context: 0.7, rare_between: 0.3}
    return synthetic_line(rng, found, net.spec, int(rng.integers(64, WIDTH)), kinds)


def classes_of(crop: LineCrop, blank: Tensor, spec: RecognizerSpec) -> Tensor:
    """The class at each time step: a character stands where the blank is least likely, close to its middle."""
    classes = torch.zeros(len(blank), dtype=torch.int64)
    if any(not c.isascii() and not "\u4e00" <= c <= "\u9fff" for c in crop.text):
        classes -= 1
    for c, x in zip(crop.text, crop.centres, strict=True):
        middle = int(x / spec.stride)
        low, high = max(0, middle - 1), min(len(blank), middle + 3)
        if low < high:
            classes[low + int(blank[low:high].argmin())] = spec.charset.index(c) + 1
    return classes


def fit(matrix: Tensor, known: Frames, rows: Tensor, *, steps: int = 150, weight: float = 0.25, decay: float = 1e-4) -> Tensor:
    """The last layer's weights [classes, D] with new rows `rows`, fitted to frames of known class.

    Where the blank or a known character stands, any of the net's present answers will do: only the rows' share counts as wrong.
    A rare character's frame counts `weight`, because such characters are drawn far more often than they are met.
    """
    use = known.classes >= 0
    features, classes = known.features[use], known.classes[use]
    others = features @ matrix.T
    others[:, rows] = -torch.inf
    rest = others.logsumexp(1)
    place = torch.full((len(matrix),), -1)
    place[rows] = torch.arange(len(rows))
    target = place[classes]
    fitted = (matrix[rows] * 0.3).clone().requires_grad_()
    optimizer = torch.optim.LBFGS([fitted], max_iter=steps, history_size=10, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        logits = features @ fitted.T
        total = torch.logaddexp(rest, logits.logsumexp(1))
        mine = torch.where(target >= 0, logits.gather(1, target.clamp_min(0)[:, None])[:, 0], rest)
        value = (torch.where(target >= 0, weight, 1.0) * (total - mine)).mean() + decay * fitted.square().sum(1).mean()
        value.backward()
        return value

    optimizer.step(loss)
    out = matrix.clone()
    out[rows] = fitted.detach()
    return out


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = command.parser("ctpn.training.fit_rows", __doc__)
    parser.add_argument("--weights", type=Path, default=Path("ctpn/weights/crnn.safetensors"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--fonts", nargs="+", default=["/usr/share/fonts", ".cache/fonts"])
    parser.add_argument("--lines", type=int, default=LINES, help="synthetic lines that are read (default: %(default)s)")
    parser.add_argument(
        "--real", type=Path, nargs="*", default=[], metavar="DIR", help="line crops of photos, whose characters stay as they are"
    )
    return parser.parse_args(argv)


def fit_weights(weights: Path, out: Path, folders: tuple[str, ...], lines: int, real: Sequence[Path]) -> str:
    """Write weights with fitted rows, and say how many.

    Args:
        folders: of fonts.
        lines: synthetic ones that are read.
        real: line crops of photos.
    """
    net = load_recognizer(weights)
    parts = [frames(net, fonts(folders), lines), *(real_frames(net, folder, lines // 4) for folder in real)]
    known = Frames(torch.cat([p.features for p in parts]), torch.cat([p.classes for p in parts]))
    tensors, metadata = load_weights(weights)
    rows = rare(net.spec.charset)
    save_weights(out, tensors | {"characters.weight": fit(net.characters.weight.detach().clone(), known, rows)}, metadata)
    return f"{out}: {len(rows)} rows fitted to {int((known.classes >= 0).sum())} characters"


def run(args: argparse.Namespace) -> str:
    """Fit and write."""
    torch.set_num_threads(1)
    return fit_weights(args.weights, args.out, tuple(args.fonts), args.lines, args.real)


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 written, 1 failed, 130 stopped by hand; usage errors exit 2."""
    args = parse(argv)
    return command.run("ctpn.training.fit_rows", lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
