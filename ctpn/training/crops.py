"""Training crops: one warp for scale, rotation, perspective and place, then the faults of a cheap camera."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.annotations.formats import TextAnnotation, read_icdar, read_set
from ctpn.annotations.merge_words import merge_words
from ctpn.annotations.split import is_validation
from ctpn.contract.spec import DetectorSpec
from ctpn.detection.lines import expand
from ctpn.synthesis.degradation import degrade
from ctpn.training.targets import encode

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
PADDING = (0.06, 0.11)  # of a line's height, at each end, and above and below: about what people leave around its ink


class Crops:
    """An endless, seeded list of training samples: sample i is the same in every run and process.

    Args:
        sets: (folder, weight, kind) of each set; kind is a key of KINDS: "merge_words" merges words to lines, "pad_regions" expands
            quads that hug the ink; "" leaves them as they are.
        side: pixels of the square crop.
    """

    def __init__(self, sets: list[tuple[Path, float, str]], spec: DetectorSpec, *, side: int = 512, seed: int = 0) -> None:
        self.spec, self.side, self.seed = spec, side, seed
        self.pages = [[p for p in read_set(folder) if not is_validation(p[0].stem)] for folder, _, _ in sets]
        self.kinds = [kind for _, _, kind in sets]
        weights = np.array([w for _, w, _ in sets])
        self.share = np.cumsum(weights / weights.sum())

    def __getitem__(self, i: int) -> dict[str, NDArray]:  # type: ignore[type-arg]
        """Sample i: `image` uint8 RGB [side, side, 3] and the targets of `targets.encode`."""
        rng = np.random.default_rng([self.seed, i])
        which = min(int(np.searchsorted(self.share, rng.random(), "right")), len(self.pages) - 1)
        image, gt = self.pages[which][rng.integers(len(self.pages[which]))]
        annotations = KINDS[self.kinds[which]](read_icdar(gt))
        rgb, quads, ignored = warp(load(image), annotations, self.side, rng)
        targets = encode(quads, ignored, (self.side, self.side), self.spec)
        rgb = degrade(rgb, rng)
        return {
            "image": rgb,
            "labels": targets.labels,
            "vertical": targets.vertical,
            "side": targets.side,
            "link": targets.link,
        }


def pad_regions(annotations: list[TextAnnotation]) -> list[TextAnnotation]:
    """Quads that hug the ink, as synthetic ones do, expanded by PADDING to what people annotate; polygons stay as they are."""
    return [TextAnnotation(expand(r.quad[None], PADDING)[0], r.text) if len(r.quad) == 4 else r for r in annotations]


KINDS: dict[str, Callable[[list[TextAnnotation]], list[TextAnnotation]]] = {
    "": list,
    "merge_words": merge_words,
    "pad_regions": pad_regions,
}


def load(path: Path) -> U8:
    """A training picture, uint8 RGB, not turned by EXIF: annotations are in stored pixels."""
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


def warp(rgb: U8, annotations: list[TextAnnotation], side: int, rng: np.random.Generator, *, tiny: float = 5.0) -> tuple[U8, F32, F32]:
    """Cut a random, slightly turned and tilted square out of a page.

    Returns:
        The crop uint8 [side, side, 3], the quads of its text lines float32 [N, 4, 2] and of what to ignore
        float32 [M, 4, 2]: `###` annotations, lines less than `tiny` pixels high, steep ones.
    """
    matrix = _matrix(rgb.shape[0], rgb.shape[1], annotations, side, rng)
    border = [int(v) for v in rng.integers(0, 256, 3)] if rng.random() < 0.5 else [int(v) for v in rgb[0, 0]]
    flags = cv2.INTER_AREA if np.sqrt(abs(np.linalg.det(matrix[:2, :2]))) < 0.5 else cv2.INTER_LINEAR
    crop = cv2.warpPerspective(_shrunk(rgb, matrix), _after_shrink(matrix), (side, side), flags=flags, borderValue=border)
    if not annotations:
        return crop, np.zeros((0, 4, 2), np.float32), np.zeros((0, 4, 2), np.float32)
    quads = np.stack([r.quad if len(r.quad) == 4 else cv2.boxPoints(cv2.minAreaRect(r.quad)) for r in annotations])
    quads = cv2.perspectiveTransform(quads.reshape(-1, 1, 2).astype(np.float64), matrix).reshape(-1, 4, 2).astype(np.float32)
    skip = np.array([r.ignore for r in annotations]) | _hard(quads, tiny)
    near = (quads.max(1) > 0).all(1) & (quads.min(1) < side).all(1)
    return crop, quads[near & ~skip], quads[near & skip]


def _block(matrix: NDArray[np.float64]) -> int:
    """Power of two by which the page is averaged before a warp that shrinks it (see spec.py's law)."""
    scale = np.sqrt(abs(np.linalg.det(matrix[:2, :2])))
    return 1 if scale > 0.5 else 2 if scale > 0.25 else 4


def _shrunk(rgb: U8, matrix: NDArray[np.float64]) -> U8:
    b = _block(matrix)
    return rgb if b == 1 else cv2.resize(rgb, (rgb.shape[1] // b, rgb.shape[0] // b), interpolation=cv2.INTER_AREA)


def _after_shrink(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    b = _block(matrix)
    return matrix @ np.array([[b, 0, (b - 1) / 2], [0, b, (b - 1) / 2], [0, 0, 1.0]])


def _hard(quads: F32, tiny: float) -> NDArray[np.bool_]:
    """Lines that are not to be learned: too low to read, or nearer to the vertical than to the horizontal."""
    across = quads[:, 1] - quads[:, 0]
    down = quads[:, 3] - quads[:, 0]
    width, height = np.linalg.norm(across, axis=1), np.linalg.norm(down, axis=1)
    along = np.where((width >= height * 0.8)[:, None], across, down)
    steep = (np.abs(along[:, 1]) > 1.2 * np.abs(along[:, 0])) & (np.maximum(width, height) > 1.5 * np.minimum(width, height))
    return (np.minimum(width, height) < tiny) | steep


def _matrix(h: int, w: int, annotations: list[TextAnnotation], side: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Page to crop: fit to 960, jitter the scale, turn, tilt, and put an annotation (mostly) into the square."""
    angle = rng.normal(0, 3) if rng.random() < 0.7 else rng.uniform(-35, 35)
    aspect = np.exp(rng.normal(0, 0.08))
    centre = np.array([rng.uniform(0, w), rng.uniform(0, h)])
    fit = 960 / max(h, w)
    scale = fit * np.exp(rng.normal(0, 0.35))
    if annotations and rng.random() < 0.85:
        quad = annotations[rng.integers(len(annotations))].quad
        if rng.random() < 0.25:  # a line of any height that the anchors know, so that large ones are not rare
            low = max(float(np.linalg.norm(quad[-1] - quad[0])), 1.0)
            scale = np.clip(np.exp(rng.uniform(np.log(9), np.log(260))) / low, 0.4 * fit, 3 * fit)
        centre = quad.mean(0) + rng.normal(0, 60 / scale, 2)
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turn = np.array([[c * aspect, -s, 0], [s * aspect, c, 0], [0, 0, 1]]) * np.array([[scale], [scale], [1]])
    place = np.eye(3)
    place[:2, 2] = side * rng.uniform(0.25, 0.75, 2)
    away = np.eye(3)
    away[:2, 2] = -centre
    tilt = np.eye(3)
    if rng.random() < 0.4:
        tilt[2, :2] = rng.normal(0, 0.25 / side, 2).clip(-0.5 / side, 0.5 / side)
    return place @ tilt @ turn @ away
