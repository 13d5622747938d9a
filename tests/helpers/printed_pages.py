"""A small set of pages for tests of training, and recipes that train on it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import yaml

from ctpn.annotations.formats import TextAnnotation, write_icdar
from tests.helpers.quads import box

STAGE = {
    "processes": 1, "threads": 1, "batch": 2, "optimizer": "adamw", "rate": 2e-3, "warmup": 2, "decay": 0.01, "ema": 0.999,
    "clip": 5.0, "int8": False,
}  # fmt: skip


def printed_pages(folder: Path) -> Path:
    """The folder of a set: four pages of 256 x 256 with six printed words each."""
    for name in ("images", "gt"):
        (folder / name).mkdir(parents=True)
    for i in range(4):
        page = np.full((256, 256, 3), 255, np.uint8)
        annotations = []
        for row in range(6):
            cv2.putText(page, f"line {i} {row}", (10, 36 * row + 30), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 0), 2)
            annotations.append(TextAnnotation(box(8, 36 * row + 10, 120, 36 * row + 34), "x"))
        cv2.imwrite(str(folder / "images" / f"p{i}.jpg"), page)
        write_icdar(folder / "gt" / f"gt_p{i}.txt", annotations)
    return folder


def small_recipe(pages: Path, folder: Path, *, steps: int) -> dict[str, object]:
    """A recipe of one stage, `only`, that takes a second a step at most."""
    return {
        "task": "detector", "folder": str(folder), "cache": str(folder / "cache"), "fonts": {"system": ["/usr/share/fonts"]},
        "real_pages": {"pages": str(pages)}, "synthetic_pages": {}, "line_crops": {},
        "net": {"name": "mobile", "recurrence": "gru", "initial_weights": "xavier"},
        "defaults": {**STAGE, "crop_side": 128, "score_loss": "softmax"},
        "stages": [{"name": "only", "seed": 0, "steps": steps, "data": {"pages": {"share": 1.0}}}],
    }  # fmt: skip


def write_recipe(recipe: dict[str, object], file: Path) -> str:
    """The recipe as a YAML file; returns its path, an argument of ctpn.train."""
    file.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return str(file)


def changes(**values: object) -> list[str]:
    """Arguments of ctpn.train that change values of the recipe; `__` stands for a dot."""
    return [part for key, value in values.items() for part in ("--set", f"{key.replace('__', '.')}={value}")]
