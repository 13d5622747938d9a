"""Training samples: crops of pages for a detector, batches of line crops for a recogniser. Every run has the same ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.annotations.formats import TextAnnotation, read_icdar, read_set
from ctpn.annotations.merge_words import merge_words
from ctpn.annotations.pad_regions import pad_regions
from ctpn.annotations.pictures import read_picture
from ctpn.annotations.split import is_validation
from ctpn.contract.spec import DetectorSpec, RecognizerSpec
from ctpn.errors import CtpnError
from ctpn.recognition.line_crop import rectify
from ctpn.synthesis.degradation import degrade
from ctpn.synthesis.fonts import Fonts
from ctpn.synthesis.lines import STEPS, LineCrop, synthetic_line
from ctpn.synthesis.phrases import KINDS, Maker
from ctpn.training.augmentation import jitter_quad, warp
from ctpn.training.targets import encode, encode_direction

Rng = np.random.Generator
U8 = NDArray[np.uint8]
WIDTHS = (96, 160, 256, 384, 640, 1024)  # of batches of line crops, pixels
WIDTH_CHANCES = (0.15, 0.27, 0.27, 0.18, 0.09, 0.04)
ANNOTATIONS: dict[str, Callable[[list[TextAnnotation]], list[TextAnnotation]]] = {
    "as_is": list, "merge_words": merge_words, "pad_regions": pad_regions,
}  # fmt: skip


@dataclass(frozen=True)
class PageSource:
    """A set of pages: its folder, its share relative to the others, and the form of its annotations, a key of ANNOTATIONS."""

    folder: Path
    share: float = 1.0
    annotation: str = "as_is"


@dataclass(frozen=True)
class LineSource:
    """A set of `ctpn.training.cut_lines`: its folder, its share of the samples, and whether a detector found its quads."""

    folder: Path
    share: float
    detected: bool


class PageCrops:
    """An endless, seeded list of training samples: sample i is the same in every run and process.

    Their targets are lines; those of `DirectionCrops` directions.

    Args:
        sources: of the pages; those of the validation split are omitted.
        side: pixels of the square crop.

    Raises:
        CtpnError: a folder is no set, or has no page outside of the validation split.
    """

    any_angle = False

    def __init__(self, sources: Sequence[PageSource], spec: DetectorSpec, *, side: int = 512, seed: int = 0) -> None:
        self.spec, self.side, self.seed = spec, side, seed
        self.pages = [_training_pages(s.folder) for s in sources]
        self.annotations = [ANNOTATIONS[s.annotation] for s in sources]
        shares = np.array([s.share for s in sources])
        self.share = np.cumsum(shares / shares.sum())

    def __getitem__(self, i: int) -> dict[str, NDArray[np.generic]]:
        """Sample i: `image` uint8 RGB [side, side, 3] and its targets."""
        rng = np.random.default_rng([self.seed, i])
        which = min(int(np.searchsorted(self.share, rng.random(), "right")), len(self.pages) - 1)
        image, gt = self.pages[which][rng.integers(len(self.pages[which]))]
        annotations = self.annotations[which](read_icdar(gt))
        rgb, quads, ignored = warp(read_picture(image), annotations, self.side, rng, any_angle=self.any_angle)
        targets = self._targets(quads, ignored)
        return {"image": degrade(rgb, rng), **targets}

    def _targets(self, quads: NDArray[np.float32], ignored: NDArray[np.float32]) -> dict[str, NDArray[np.generic]]:
        """Those of `targets.encode`."""
        t = encode(quads, ignored, (self.side, self.side), self.spec)
        return {"labels": t.labels, "vertical": t.vertical, "side": t.side, "link": t.link}


class DirectionCrops(PageCrops):
    """The same, rotated by any angle, with the targets of `targets.encode_direction`."""

    any_angle = True

    def _targets(self, quads: NDArray[np.float32], ignored: NDArray[np.float32]) -> dict[str, NDArray[np.generic]]:
        t = encode_direction(quads, ignored, (self.side, self.side))
        return {"text": t.text, "double_angle": t.double_angle}


def _training_pages(folder: Path) -> list[tuple[Path, Path]]:
    pages = [p for p in read_set(folder) if not is_validation(p[0].stem)]
    if not pages:
        raise CtpnError(f"{folder}: expected pages to train on, all are of the validation split; add pages")
    return pages


class LineCropBatches:
    """Batches of line crops of similar width: synthetic ones and (if `real` is asked for) those of data sets.

    Args:
        sources: of the data sets; the rest up to a share of 1 are synthetic lines.
        fonts: of the synthetic lines.
        kinds: of their texts, each with its share.
        pixels: width of a batch, all line crops together.
    """

    def __init__(
        self, sources: Sequence[LineSource], spec: RecognizerSpec, *, fonts: Fonts, kinds: Mapping[Maker, float] = KINDS,
        pixels: int = 8192, seed: int = 0,
    ) -> None:  # fmt: skip
        self.spec, self.fonts, self.kinds, self.pixels, self.seed = spec, fonts, kinds, pixels, seed
        self.classes = {c: i + 1 for i, c in enumerate(spec.charset)}
        self.share = np.cumsum([s.share for s in sources])
        self.files = [_by_width([p for p, _ in read_set(s.folder)], spec) for s in sources]
        self.detected = [s.detected for s in sources]
        self.caseless = [_is_caseless(s.folder) for s in sources]

    def batch(self, step: int, rank: int, count: int, *, real: bool) -> dict[str, NDArray[np.generic]]:
        """Batch of process `rank` of `count`.

        All processes take the same width, because they wait for each other.

        Returns:
            `image` uint8 [B, height, W, 3]; `steps` int64 [B, T], the class at each time step, -1 where unknown; `labels`
            int64 [sum of lengths]; `lengths` int64 [B]; `caseless` bool [B].
        """
        width = int(np.random.default_rng([self.seed, step]).choice(WIDTHS, p=WIDTH_CHANCES))
        size = max(1, self.pixels // width)
        crops = [self._sample(np.random.default_rng([self.seed, step, rank, count, i]), width, real) for i in range(size)]
        labels = [[self.classes[c] for c in s.text] for s in crops]
        return {
            "image": np.stack([_padded(s.rgb, width, self.spec.pad) for s in crops]),
            "steps": np.stack([self._steps(s, y, width) for s, y in zip(crops, labels, strict=True)]),
            "labels": np.array([c for y in labels for c in y], np.int64),
            "lengths": np.array([len(y) for y in labels], np.int64),
            "caseless": np.array([s.caseless for s in crops]),
        }

    def _sample(self, rng: Rng, width: int, real: bool) -> LineCrop:
        which = int(np.searchsorted(self.share, rng.random(), "right"))
        if real and which < len(self.files) and self.files[which][width]:
            files = self.files[which][width]
            return self._real(files[int(rng.integers(len(files)))], rng, width, which)
        narrowest = max(w for w in (48, *WIDTHS) if w < width)
        return synthetic_line(rng, self.fonts, self.spec, int(rng.integers(narrowest, width + 1)), self.kinds)

    def _real(self, file: Path, rng: Rng, width: int, which: int) -> LineCrop:
        """A line of a photo by its jittered quad."""
        line = read_icdar(file.parent.parent / "gt" / f"gt_{file.stem}.txt")[0]
        crop = rectify(read_picture(file), jitter_quad(line.quad, rng, detected=self.detected[which]), self.spec)
        if crop.shape[1] > width:
            crop = np.asarray(cv2.resize(crop, (width, self.spec.height), interpolation=cv2.INTER_LINEAR), np.uint8)
        for chance, step in STEPS:
            if rng.random() < chance / 2:
                crop = step(crop, rng)
        text = "".join(c for c in line.text if c in self.classes)
        return LineCrop(crop, text, np.full(len(text), np.nan), self.caseless[which])

    def _steps(self, crop: LineCrop, labels: list[int], width: int) -> NDArray[np.int64]:
        count = width // self.spec.stride
        if np.isnan(crop.centres).any():
            return np.full(count, -1, np.int64)
        steps = np.zeros(count, np.int64)
        steps[(crop.centres / self.spec.stride).astype(np.int64).clip(0, count - 1)] = labels
        return steps


def _is_caseless(folder: Path) -> bool:
    """Whether a set's transcripts have capitals and no small letter, as SROIE's do, whatever is printed."""
    texts = "".join(read_icdar(gt)[0].text for _, gt in read_set(folder)[:500])
    return any(c.isupper() for c in texts) and not any(c.islower() for c in texts)


def _by_width(files: list[Path], spec: RecognizerSpec) -> dict[int, list[Path]]:
    """Files by the narrowest batch that holds their line; lines that are longer than the widest batch are omitted."""
    out: dict[int, list[Path]] = {w: [] for w in WIDTHS}
    for file in files:
        quad = read_icdar(file.parent.parent / "gt" / f"gt_{file.stem}.txt")[0].quad
        width, height = np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[3] - quad[0])
        pixels = spec.height * (width / height + 2 * spec.margin[0]) / (1 + 2 * spec.margin[1])
        fits = [w for w in WIDTHS if pixels <= w]
        if fits:
            out[fits[0]].append(file)
    return out


def _padded(rgb: U8, width: int, pad: int) -> U8:
    return np.asarray(cv2.copyMakeBorder(rgb, 0, 0, 0, width - rgb.shape[1], cv2.BORDER_CONSTANT, value=(pad, pad, pad)), np.uint8)
