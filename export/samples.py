"""The pages for calibrating and comparing exported files: synthetic ones, each from its seed, and the project's own examples.

Synthetic pages use OpenCV's own fonts, so every machine calibrates alike, and a machine without fonts can export.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ctpn.contract.spec import DetectorSpec, RecognizerSpec
from ctpn.imaging.decode import open_image
from ctpn.imaging.tiling import fit
from ctpn.reader import TextReader
from ctpn.recognition.line_crop import rectify
from ctpn.synthesis.fonts import BUILT_IN
from ctpn.synthesis.pages import MIXED, page

EXAMPLES = Path(__file__).parents[1] / "examples"
CALIBRATION_SEED, PARITY_SEED = 7_000_000, 8_000_000  # far from those of training


def calibration_pages(spec: DetectorSpec, size: tuple[int, int], count: int = 24) -> list[NDArray[np.uint8]]:
    """Network inputs uint8 RGB [H, W, 3] of `size`, of each kind of `MIXED` in turn."""
    return [_synthetic(CALIBRATION_SEED + i, i, spec, size) for i in tqdm(range(count), desc="calibration pages")]


def parity_pages(spec: DetectorSpec, size: tuple[int, int], count: int = 6) -> list[NDArray[np.uint8]]:
    """The examples and `count` synthetic pages, as network inputs of `size`."""
    examples = [place(fit(open_image(p), spec).pixels, size, spec) for p in sorted(EXAMPLES.glob("*.jpg"))]
    return examples + [_synthetic(PARITY_SEED + i, i, spec, size) for i in tqdm(range(count), desc="sample pages")]


def _synthetic(seed: int, i: int, spec: DetectorSpec, size: tuple[int, int]) -> NDArray[np.uint8]:
    return place(fit(page(seed, MIXED[i % len(MIXED)], faces=BUILT_IN)[0], spec).pixels, size, spec)


def place(pixels: NDArray[np.uint8], size: tuple[int, int], spec: DetectorSpec) -> NDArray[np.uint8]:
    """Pixels [h, w, 3] in the top left of a grey page of `size` (H, W); what is larger is cut off."""
    out = np.full((*size, 3), spec.pad, np.uint8)
    h, w = min(size[0], pixels.shape[0]), min(size[1], pixels.shape[1])
    out[:h, :w] = pixels[:h, :w]
    return out


def parity_line_crops(spec: RecognizerSpec, pages: int = 12) -> list[NDArray[np.uint8]]:
    """Batches [N, height, W, 3] of the lines that the shipped detector finds on the examples, and of synthetic pages."""
    reader = TextReader(threads=1)
    crops = []
    for file in sorted(EXAMPLES.glob("*.jpg")):
        rgb = open_image(file)
        crops += [rectify(rgb, line.quad, spec) for line in reader.detect(rgb)]
    synthetic = [c for i in tqdm(range(pages), desc="sample line crops") for c in _lines(PARITY_SEED + 1000 + i, i, spec)]
    return batched(crops + synthetic, spec)


def calibration_line_crops(spec: RecognizerSpec, pages: int = 6) -> list[NDArray[np.uint8]]:
    """Batches [N, height, W, 3] of the lines of synthetic pages, of each kind of `MIXED` in turn."""
    synthetic = [c for i in tqdm(range(pages), desc="calibration line crops") for c in _lines(CALIBRATION_SEED + 1000 + i, i, spec)]
    return batched(synthetic, spec)


def _lines(seed: int, i: int, spec: RecognizerSpec) -> list[NDArray[np.uint8]]:
    rgb, regions = page(seed, MIXED[i % len(MIXED)], faces=BUILT_IN)
    return [rectify(rgb, r.quad, spec) for r in regions if not r.ignore]


def batched(crops: list[NDArray[np.uint8]], spec: RecognizerSpec, size: int = 16) -> list[NDArray[np.uint8]]:
    """Line crops of similar width in one batch, padded to the widest of it; those longer than `max_width` are omitted."""
    ordered = sorted((c for c in crops if c.shape[1] <= spec.max_width), key=lambda c: c.shape[1])
    batches = []
    for i in range(0, len(ordered), size):
        group = ordered[i : i + size]
        width = -(-group[-1].shape[1] // spec.width_multiple) * spec.width_multiple
        batch = np.full((len(group), spec.height, width, 3), spec.pad, np.uint8)
        for crop, target in zip(group, batch, strict=True):
            target[:, : crop.shape[1]] = crop
        batches.append(batch)
    return batches
