"""Degradations of a picture by cheap cameras, light and paper. Each step takes its random numbers from `rng`."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
Rng = np.random.Generator


def degrade(rgb: U8, rng: Rng) -> U8:
    """A degraded copy of uint8 RGB [H, W, 3]; each degradation has its own probability."""
    for chance, step in STEPS:
        if rng.random() < chance:
            rgb = step(rgb, rng)
    return rgb


def colour(rgb: U8, rng: Rng) -> U8:
    """Contrast, brightness and white balance."""
    gain = rng.uniform(0.6, 1.3) * np.exp(rng.normal(0, 0.08, 3))
    table = np.arange(256)[:, None] * gain + rng.uniform(-40, 40)
    return _table(rgb, table)


def gamma(rgb: U8, rng: Rng) -> U8:
    """A gamma curve."""
    return _table(rgb, 255 * (np.arange(256)[:, None] / 255) ** np.exp(rng.normal(0, 0.35)) * np.ones(3))


def invert(rgb: U8, _: Rng) -> U8:
    """Light text on a dark background and the reverse."""
    return 255 - rgb


def grey(rgb: U8, _: Rng) -> U8:
    """No colour."""
    result: U8 = cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return result


def swap(rgb: U8, rng: Rng) -> U8:
    """Permuted colour channels."""
    return np.ascontiguousarray(rgb[:, :, rng.permutation(3)])


def shadow(rgb: U8, rng: Rng) -> U8:
    """Uneven light: a soft random field of 4 x 4 values."""
    field = rng.uniform(0.5, 1.15, (4, 4)).astype(np.float32)
    field = cv2.resize(field, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_CUBIC)
    result: U8 = cv2.multiply(rgb, cv2.merge([field] * 3), dtype=cv2.CV_8U)
    return result


def paper(rgb: U8, rng: Rng) -> U8:
    """Grain of paper: noise at two scales."""
    h, w = rgb.shape[:2]
    coarse = cv2.resize(rng.normal(0, 6, (max(1, h // 8), max(1, w // 8))).astype(np.float32), (w, h))
    fine = cv2.resize(rng.normal(0, 6, (max(1, h // 2), max(1, w // 2))).astype(np.float32), (w, h))
    result: U8 = cv2.add(rgb, cv2.merge([coarse + fine] * 3), dtype=cv2.CV_8U)
    return result


def blur(rgb: U8, rng: Rng) -> U8:
    """Out of focus or motion blur."""
    if rng.random() < 0.6:
        result: U8 = cv2.GaussianBlur(rgb, (0, 0), rng.uniform(0.4, 1.6))
        return result
    size, angle = int(rng.integers(3, 8)), rng.uniform(0, 180)
    kernel = np.zeros((size, size), np.float32)
    kernel[size // 2] = 1
    kernel = cv2.warpAffine(kernel, cv2.getRotationMatrix2D((size / 2 - 0.5, size / 2 - 0.5), angle, 1), (size, size))
    result = cv2.filter2D(rgb, -1, kernel / max(float(kernel.sum()), 1e-3))
    return result


def coarse(rgb: U8, rng: Rng) -> U8:
    """Reduced and enlarged again."""
    h, w = rgb.shape[:2]
    f = rng.uniform(0.5, 0.9)
    result: U8 = cv2.resize(cv2.resize(rgb, (max(1, int(w * f)), max(1, int(h * f))), interpolation=cv2.INTER_AREA), (w, h))
    return result


def sharpen(rgb: U8, rng: Rng) -> U8:
    """An unsharp mask, as phones apply: strong edges with halos."""
    soft = cv2.GaussianBlur(rgb, (0, 0), float(rng.uniform(0.6, 1.5)))
    by = float(rng.uniform(0.4, 2.0))
    result: U8 = cv2.addWeighted(rgb, 1 + by, soft, -by, 0)
    return result


def denoise(rgb: U8, rng: Rng) -> U8:
    """A filter that keeps edges and takes fine strokes away, as phones apply in low light."""
    if rng.random() < 0.3 and rgb.shape[0] > 20:
        result: U8 = cv2.medianBlur(rgb, 3)
        return result
    result = cv2.bilateralFilter(rgb, 5, float(rng.uniform(15, 60)), float(rng.uniform(1, 2.5)))
    return result


def thermal(rgb: U8, rng: Rng) -> U8:
    """A printer's worn head and faded paper: pale columns and rows, little contrast."""
    h, w = rgb.shape[:2]
    pale = np.ones((h, w), np.float32) * float(rng.uniform(0.3, 0.9))
    pale[:, rng.random(w) < rng.uniform(0, 0.08)] *= float(rng.uniform(0, 0.6))
    pale[rng.random(h) < rng.uniform(0, 0.12)] *= float(rng.uniform(0.2, 0.8))
    ground = np.percentile(rgb, 90)
    return np.asarray(np.clip(ground + (rgb - ground) * pale[:, :, None] + 0.5, 0, 255), np.uint8)


def noise(rgb: U8, rng: Rng) -> U8:
    """Sensor noise."""
    buffer = np.empty(rgb.shape, np.int16)
    cv2.setRNGSeed(int(rng.integers(2**31)))
    cv2.randn(buffer, 0, float(rng.uniform(2, 16)))
    result: U8 = cv2.add(rgb, buffer, dtype=cv2.CV_8U)
    return result


def fax(rgb: U8, rng: Rng) -> U8:
    """Black and white only, with specks."""
    shades = cv2.GaussianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), (0, 0), float(rng.uniform(0.3, 0.8))).astype(np.float32)
    low, high = np.percentile(shades, (2, 98))
    white = shades > low + (high - low) * rng.uniform(0.4, 0.75)
    white ^= rng.random(white.shape) < rng.uniform(0, 0.02)
    result: U8 = cv2.cvtColor((white * np.uint8(255)).astype(np.uint8), cv2.COLOR_GRAY2RGB)
    return result


def jpeg(rgb: U8, rng: Rng) -> U8:
    """Strong JPEG compression."""
    _, data = cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
    decoded: U8 = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return decoded


def _table(rgb: U8, table: NDArray[np.floating]) -> U8:
    """Map each channel through its own column of a [256, 3] table."""
    lut = np.clip(np.floor(table + 0.5), 0, 255).astype(np.uint8).reshape(1, 256, 3)
    result: U8 = cv2.LUT(rgb, lut)
    return result


STEPS = (
    (0.08, invert), (0.15, grey), (0.1, swap), (0.5, colour), (0.3, gamma), (0.3, shadow), (0.15, paper),
    (0.25, blur), (0.15, coarse), (0.25, noise), (0.3, jpeg),
)  # fmt: skip
