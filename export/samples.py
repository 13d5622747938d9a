"""The pages that exports are calibrated on and compared over: drawn from seeds, plus the project's own examples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ctpn.data.synth import KINDS, page
from ctpn.image import fit, open_image
from ctpn.spec import DetectorSpec

EXAMPLES = Path(__file__).parents[1] / "examples"
CALIBRATION_SEED, PARITY_SEED = 7_000_000, 8_000_000  # far from those of training


def calibration_pages(spec: DetectorSpec, size: tuple[int, int], count: int = 24) -> list[NDArray[np.uint8]]:
    """Network inputs uint8 RGB [H, W, 3] of `size`, of every kind of page in turn."""
    return [_drawn(CALIBRATION_SEED + i, i, spec, size) for i in tqdm(range(count), desc="calibration pages")]


def parity_pages(spec: DetectorSpec, size: tuple[int, int], count: int = 6) -> list[NDArray[np.uint8]]:
    """The examples and `count` drawn pages, as network inputs of `size`."""
    examples = [place(fit(open_image(p), spec).pixels, size, spec) for p in sorted(EXAMPLES.glob("*.jpg"))]
    return examples + [_drawn(PARITY_SEED + i, i, spec, size) for i in tqdm(range(count), desc="sample pages")]


def _drawn(seed: int, i: int, spec: DetectorSpec, size: tuple[int, int]) -> NDArray[np.uint8]:
    return place(fit(page(seed, KINDS[i % len(KINDS)])[0], spec).pixels, size, spec)


def place(pixels: NDArray[np.uint8], size: tuple[int, int], spec: DetectorSpec) -> NDArray[np.uint8]:
    """Pixels [h, w, 3] in the top left of a grey page of `size` (H, W); what is larger is cut off."""
    out = np.full((*size, 3), spec.pad, np.uint8)
    h, w = min(size[0], pixels.shape[0]), min(size[1], pixels.shape[1])
    out[:h, :w] = pixels[:h, :w]
    return out
