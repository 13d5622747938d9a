"""Synthetic pages with lines up to 60 times as long as high, in fonts that training never uses."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ctpn.annotations.formats import TextAnnotation
from ctpn.files import write
from ctpn.synthesis.fonts import fonts
from ctpn.synthesis.pages.canvas import Canvas, shorten
from ctpn.synthesis.pages.files import icdar, jpeg
from ctpn.synthesis.pages.layout import language
from ctpn.synthesis.pages.paper import dark, paper
from ctpn.synthesis.pages.photo import photograph, simulate_camera
from ctpn.synthesis.pages.types import Pixels
from ctpn.synthesis.texts import Texts

COUNT, SEED = 60, 910_000
WIDTH, LONGEST = 1280, 66.0  # ratio to the font size; the ratio of the ink is smaller


def draw(folder: Path) -> Path:
    """Fill `folder` with images/ and gt/; existing pages are kept; a page's image is written last.

    Raises:
        CtpnError: fonts are missing.
    """
    for seed in tqdm(range(SEED, SEED + COUNT), desc="long lines", file=sys.stderr):
        image, gt = folder / "images" / f"long_{seed}.jpg", folder / "gt" / f"gt_long_{seed}.txt"
        if not image.exists():
            rgb, annotations = page(seed)
            write(gt, "".join(f"{icdar(r)}\n" for r in annotations).encode())
            write(image, jpeg(rgb, 90))
    return folder


def page(seed: int) -> tuple[Pixels, list[TextAnnotation]]:
    """One page: uint8 RGB, and lines from 2 to 60 times as long as high, one below the other. Half of the ratios are uniform, half
    uniform in their logarithm, so that neither long nor short lines are rare."""
    rng = np.random.default_rng(seed)
    made = Canvas(paper(rng, int(rng.integers(500, 1100)), WIDTH), rng, fonts(heldout=True))
    texts, ink, y = Texts(rng, language(rng)), dark(rng), 30.0
    while y < made.height - 50:
        ratio = float(rng.uniform(2, LONGEST) if rng.random() < 0.5 else np.exp(rng.uniform(np.log(2), np.log(LONGEST))))
        high = float(rng.uniform(16, min(44, max(17, 0.94 * WIDTH / ratio))))
        pen = made.ink(high / 0.9, ink, texts.language)
        text = shorten(texts.run(200), pen, min(ratio * high, 0.96 * WIDTH))
        if text:
            made.write(rng.uniform(0.01, 0.03) * WIDTH, y + high, text, pen)
        y += high * float(rng.uniform(1.4, 2.2))
    rgb, annotations = made.rgb, made.annotations
    if rng.random() < 0.6:
        rgb, annotations = photograph(rgb, annotations, rng)
    return simulate_camera(rgb, rng), annotations
