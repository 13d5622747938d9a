"""Training strips for the recogniser: batch i is the same in every run."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.annotations.formats import read_icdar, read_set
from ctpn.contract.spec import RecognizerSpec
from ctpn.recognition.line_crop import rectify
from ctpn.synthesis.fonts import Fonts
from ctpn.synthesis.lines import STEPS, LineCrop, synthetic_line
from ctpn.training.crops import load

Rng = np.random.Generator
WIDTHS = (96, 160, 256, 384, 640, 1024)  # of batches, pixels
CHANCES = (0.15, 0.27, 0.27, 0.18, 0.09, 0.04)


class LineCropBatches:
    """Batches of strips of like width, drawn and (when `real` is asked for) cut from photos.

    Args:
        sets: (folder, share) of sets that `ctpn.training.cut_lines` cut; the rest is drawn.
        fonts: of the synthetic lines.
        pixels: width of a batch, all strips together.
    """

    def __init__(self, sets: list[tuple[Path, float]], spec: RecognizerSpec, *, fonts: Fonts, pixels: int = 8192, seed: int = 0) -> None:
        self.spec, self.fonts, self.pixels, self.seed = spec, fonts, pixels, seed
        self.classes = {c: i + 1 for i, c in enumerate(spec.charset)}
        self.share = np.cumsum([share for _, share in sets])
        self.files = [_by_width([p for p, _ in read_set(folder)], spec) for folder, _ in sets]
        self.caseless = [_is_caseless(folder) for folder, _ in sets]

    def batch(self, step: int, rank: int, count: int, *, real: bool) -> dict[str, NDArray]:  # type: ignore[type-arg]
        """Batch of one process: `image` uint8 [B, height, W, 3], `steps` int64 [B, T], `labels` int64 [sum], `lengths` [B].

        All processes draw the same width, for they wait for each other.
        """
        width = int(np.random.default_rng([self.seed, step]).choice(WIDTHS, p=CHANCES))
        size = max(1, self.pixels // width)
        strips = [self._strip(np.random.default_rng([self.seed, step, rank, count, i]), width, real) for i in range(size)]
        labels = [[self.classes[c] for c in s.text] for s in strips]
        return {
            "image": np.stack([_padded(s.rgb, width, self.spec.pad) for s in strips]),
            "steps": np.stack([self._steps(s, y, width) for s, y in zip(strips, labels, strict=True)]),
            "labels": np.array([c for y in labels for c in y], np.int64),
            "lengths": np.array([len(y) for y in labels], np.int64),
            "caseless": np.array([s.caseless for s in strips]),
        }

    def _strip(self, rng: Rng, width: int, real: bool) -> LineCrop:
        which = int(np.searchsorted(self.share, rng.random(), "right"))
        if real and which < len(self.files) and self.files[which][width]:
            files = self.files[which][width]
            return self._real(files[int(rng.integers(len(files)))], rng, width, self.caseless[which])
        least = max(w for w in (48, *WIDTHS) if w < width)
        return synthetic_line(rng, self.fonts, self.spec, int(rng.integers(least, width + 1)))

    def _real(self, file: Path, rng: Rng, width: int, caseless: bool) -> LineCrop:
        """A line of a photo, its quad jittered a little."""
        annotation = read_icdar(file.parent.parent / "gt" / f"gt_{file.stem}.txt")[0]
        quad = jitter_quad(annotation.quad, rng, found=file.parents[1].name.endswith("-found"))
        strip = rectify(load(file), quad, self.spec)
        if strip.shape[1] > width:
            strip = cv2.resize(strip, (width, self.spec.height), interpolation=cv2.INTER_LINEAR)
        for chance, step in STEPS:
            if rng.random() < chance / 2:
                strip = step(strip, rng)
        text = "".join(c for c in annotation.text if c in self.classes)
        return LineCrop(strip, text, np.full(len(text), np.nan), caseless)

    def _steps(self, strip: LineCrop, labels: list[int], width: int) -> NDArray[np.int64]:
        count = width // self.spec.stride
        if np.isnan(strip.centres).any():
            return np.full(count, -1, np.int64)
        steps = np.zeros(count, np.int64)
        steps[(strip.centres / self.spec.stride).astype(np.int64).clip(0, count - 1)] = labels
        return steps


def jitter_quad(quad: NDArray[np.float32], rng: Rng, *, found: bool) -> NDArray[np.float32]:
    """A line's quad as a detector might find it: one that it found is moved a little, an annotated one is looser and less exact.

    The detector's quads reach 0.15 and 0.11 of a line's height beyond the annotated ones, above and below, 0.05 at the
    ends, with deviations of 0.1. A net that had seen exact ones alone read drawn waybills at 0.97 by exact quads, at 0.91 by found ones.
    """
    if found:
        return (quad + rng.normal(0, 0.04, (4, 2)).clip(-0.1, 0.1) * float(np.linalg.norm(quad[3] - quad[0]))).astype(np.float32)
    down, along = (quad[3] - quad[0] + quad[2] - quad[1]) / 2, quad[1] - quad[0]
    along = along * (float(np.linalg.norm(down)) / max(float(np.linalg.norm(along)), 1.0))
    above, below = rng.normal((0.15, 0.11), 0.09).clip(-0.05, 0.4)
    left, right = rng.normal(0.05, 0.13, 2).clip(-0.2, 0.4)
    tilt = rng.normal(0, 0.05)
    moved = np.stack([
        -(above - tilt) * down - left * along, -(above + tilt) * down + right * along,
        (below - tilt) * down + right * along, (below + tilt) * down - left * along,
    ])  # fmt: skip
    return (quad + moved).astype(np.float32)


def _is_caseless(folder: Path) -> bool:
    """Whether a set's transcripts have capitals and never a small letter, as SROIE's do, whatever is printed."""
    texts = "".join(read_icdar(gt)[0].text for _, gt in read_set(folder)[:500])
    return any(c.isupper() for c in texts) and not any(c.islower() for c in texts)


def _by_width(files: list[Path], spec: RecognizerSpec) -> dict[int, list[Path]]:
    """Files by the narrowest batch that holds their line; longer lines than the widest batch's are left out."""
    out: dict[int, list[Path]] = {w: [] for w in WIDTHS}
    for file in files:
        quad = read_icdar(file.parent.parent / "gt" / f"gt_{file.stem}.txt")[0].quad
        wide, tall = np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[3] - quad[0])
        pixels = spec.height * (wide / tall + 2 * spec.margin[0]) / (1 + 2 * spec.margin[1])
        fits = [w for w in WIDTHS if pixels <= w]
        if fits:
            out[fits[0]].append(file)
    return out


def _padded(rgb: NDArray[np.uint8], width: int, pad: int) -> NDArray[np.uint8]:
    return cv2.copyMakeBorder(rgb, 0, 0, 0, width - rgb.shape[1], cv2.BORDER_CONSTANT, value=(pad, pad, pad))
