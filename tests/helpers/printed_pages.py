"""A small set of pages for tests of training."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from ctpn.annotations.formats import TextAnnotation, write_icdar
from tests.helpers.quads import box


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


def small_run(pages: Path, out: Path, *more: str) -> list[str]:
    """Arguments of a training that takes a second a step at most."""
    return ["detector", "--set", str(pages), "--out", str(out), "--side", "128", "--batch", "2", "--warmup", "2", *more]
