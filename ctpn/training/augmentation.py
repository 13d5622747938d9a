"""Geometric augmentation: random crops of pages, and quads of lines as a detector finds them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.annotations.formats import TextAnnotation

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]


def warp(
    rgb: U8, annotations: list[TextAnnotation], side: int, rng: np.random.Generator, *, tiny: float = 5.0, any_angle: bool = False
) -> tuple[U8, F32, F32]:
    """Cut a random, rotated and slightly tilted square out of a page.

    Args:
        tiny: pixels of the crop; lower lines are ignored.
        any_angle: rotate by any angle, and keep steep lines; else rotate slightly, and ignore lines that are steep on the page or in
            the crop, whose cells know rows alone.

    Returns:
        The crop uint8 [side, side, 3], the quads of its text lines float32 [N, 4, 2] and of ignored areas
        float32 [M, 4, 2], among them `###` annotations.
    """
    angle = _any_angle(rng) if any_angle else _slight_angle(rng)
    matrix = _matrix(rgb.shape[0], rgb.shape[1], annotations, side, angle, rng)
    border = [int(v) for v in rng.integers(0, 256, 3)] if rng.random() < 0.5 else [int(v) for v in rgb[0, 0]]
    flags = cv2.INTER_AREA if np.sqrt(abs(np.linalg.det(matrix[:2, :2]))) < 0.5 else cv2.INTER_LINEAR
    crop = cv2.warpPerspective(_shrunk(rgb, matrix), _after_shrink(matrix), (side, side), flags=flags, borderValue=border)
    if not annotations:
        return crop, np.zeros((0, 4, 2), np.float32), np.zeros((0, 4, 2), np.float32)
    on_page = np.stack([r.quad if len(r.quad) == 4 else cv2.boxPoints(cv2.minAreaRect(r.quad)) for r in annotations])
    quads = cv2.perspectiveTransform(on_page.reshape(-1, 1, 2).astype(np.float64), matrix).reshape(-1, 4, 2).astype(np.float32)
    skip = np.array([r.ignore for r in annotations]) | _low(quads, tiny)
    if not any_angle:
        skip |= _steep(on_page) | _steep(quads)
    near = (quads.max(1) > 0).all(1) & (quads.min(1) < side).all(1)
    return crop, quads[near & ~skip], quads[near & skip]


def _block(matrix: NDArray[np.float64]) -> int:
    """Power of two by which the page is averaged before a warp that shrinks it."""
    scale = np.sqrt(abs(np.linalg.det(matrix[:2, :2])))
    return 1 if scale > 0.5 else 2 if scale > 0.25 else 4


def _shrunk(rgb: U8, matrix: NDArray[np.float64]) -> U8:
    b = _block(matrix)
    return rgb if b == 1 else cv2.resize(rgb, (rgb.shape[1] // b, rgb.shape[0] // b), interpolation=cv2.INTER_AREA)


def _after_shrink(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    b = _block(matrix)
    out: NDArray[np.float64] = matrix @ np.array([[b, 0, (b - 1) / 2], [0, b, (b - 1) / 2], [0, 0, 1.0]])
    return out


def _sides(quads: F32) -> tuple[F32, F32]:
    """Vectors along the upper and the left side of each quad, [N, 2] each."""
    return quads[:, 1] - quads[:, 0], quads[:, 3] - quads[:, 0]


def _low(quads: F32, tiny: float) -> NDArray[np.bool_]:
    """Lines that are too low to read."""
    low: NDArray[np.bool_] = np.linalg.norm(np.stack(_sides(quads)), axis=2).min(0) < tiny
    return low


def _steep(quads: F32) -> NDArray[np.bool_]:
    """Lines that are closer to vertical than to horizontal."""
    across, down = _sides(quads)
    width, height = np.linalg.norm(across, axis=1), np.linalg.norm(down, axis=1)
    along = np.where((width >= height * 0.8)[:, None], across, down)
    long = np.maximum(width, height) > 1.5 * np.minimum(width, height)
    steep: NDArray[np.bool_] = long & (np.abs(along[:, 1]) > 1.2 * np.abs(along[:, 0]))
    return steep


def _slight_angle(rng: np.random.Generator) -> float:
    """Degrees, as a photo that is held level."""
    return float(rng.normal(0, 3) if rng.random() < 0.7 else rng.uniform(-35, 35))


def _any_angle(rng: np.random.Generator) -> float:
    """Degrees: a quarter or none as often as any other angle."""
    return float(90 * rng.integers(4) + rng.normal(0, 3) if rng.random() < 0.5 else rng.uniform(0, 360))


def _matrix(h: int, w: int, annotations: list[TextAnnotation], side: int, angle: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Page to crop: fit to 960, jitter the scale, rotate by `angle` degrees, tilt, and put an annotation (mostly) into the square."""
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
    out: NDArray[np.float64] = place @ tilt @ turn @ away
    return out


def jitter_quad(quad: NDArray[np.float32], rng: np.random.Generator, *, detected: bool) -> NDArray[np.float32]:
    """A line's quad as a detector may find it: a detected quad moves slightly, an annotated one is padded and moves more.

    The detector's quads extend 0.15 and 0.11 of a line's height beyond annotated ones, above and below, and 0.05 at the
    ends, with standard deviations of about 0.1.
    """
    if detected:
        return np.asarray(quad + rng.normal(0, 0.04, (4, 2)).clip(-0.1, 0.1) * float(np.linalg.norm(quad[3] - quad[0])), np.float32)
    down, along = (quad[3] - quad[0] + quad[2] - quad[1]) / 2, quad[1] - quad[0]
    along = along * (float(np.linalg.norm(down)) / max(float(np.linalg.norm(along)), 1.0))
    above, below = rng.normal((0.15, 0.11), 0.09).clip(-0.05, 0.4)
    left, right = rng.normal(0.05, 0.13, 2).clip(-0.2, 0.4)
    tilt = rng.normal(0, 0.05)
    moved = np.stack([
        -(above - tilt) * down - left * along, -(above + tilt) * down + right * along,
        (below - tilt) * down + right * along, (below + tilt) * down - left * along,
    ])  # fmt: skip
    return np.asarray(quad + moved, np.float32)
