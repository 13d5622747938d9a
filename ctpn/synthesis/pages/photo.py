"""From a synthetic page to a photo or a scan of it."""

from __future__ import annotations

import cv2
import numpy as np

from ctpn.annotations.formats import TextAnnotation
from ctpn.synthesis.pages.paper import grain, scene, smooth_noise
from ctpn.synthesis.pages.types import Pixels, Rng

LONGEST = 1279.0


def photograph(rgb: Pixels, annotations: list[TextAnnotation], rng: Rng, *, strength: float = 1.0) -> tuple[Pixels, list[TextAnnotation]]:
    """A photo of the page on a desk: rotated, tilted, unevenly lit. `strength` scales all effects."""
    h, w = rgb.shape[:2]
    corners = _corners(rng, h, w, strength)
    page = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    matrix = cv2.getPerspectiveTransform(page, corners)
    w, h = (int(v) for v in np.ceil(corners.max(0) + corners.min(0)))
    photo = _desk(rng, h, w, corners)
    cv2.warpPerspective(rgb, matrix, (w, h), photo, cv2.INTER_LINEAR, cv2.BORDER_TRANSPARENT)
    quads = [cv2.perspectiveTransform(r.quad.reshape(1, 4, 2), matrix)[0].astype(np.float32) for r in annotations]
    return _light(photo, rng, strength), [TextAnnotation(q, r.text) for q, r in zip(quads, annotations, strict=True)]


def simulate_camera(rgb: Pixels, rng: Rng, *, strength: float = 1.0) -> Pixels:
    """Blur, noise and JPEG of a cheap camera or a scanner."""
    if rng.random() < 0.35 * strength:
        rgb = cv2.GaussianBlur(rgb, (0, 0), rng.uniform(0.3, 0.3 + 0.9 * strength))
    if rng.random() < 0.5 * strength:
        noise = grain(rng, rgb.shape[0], rgb.shape[1], rng.uniform(1, 1 + 8 * strength))
        rgb = cv2.add(rgb, cv2.merge([noise] * 3), dtype=cv2.CV_8U)
    if rng.random() < 0.4 * strength:
        _, data = cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 90))])
        rgb = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    return rgb


def _corners(rng: Rng, h: int, w: int, strength: float) -> Pixels:
    """The page's corners in a picture with the same border on opposite sides."""
    angle = np.radians(rng.normal(0, 4 * strength) if rng.random() < 0.85 else rng.uniform(-20, 20) * strength)
    half = np.array([[-w, -h], [w, -h], [w, h], [-w, h]]) / 2
    rotated = half @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    rotated += rng.normal(0, 0.02 * strength, (4, 2)).clip(-0.05, 0.05) * [w, h]
    border = rng.uniform(0, 0.12 * strength, 2) * np.ptp(rotated, axis=0) + 2
    corners = rotated - rotated.min(0) + border
    scaled: Pixels = corners * min(1.0, LONGEST / (corners.max(0) + border).max())
    return scaled.astype(np.float32)


def _desk(rng: Rng, h: int, w: int, corners: Pixels) -> Pixels:
    """The desk with the page's shadow on it."""
    desk = cv2.resize(scene(rng, h // 2, w // 2), (w, h))
    shade: Pixels = np.zeros((h // 4, w // 4), np.float32)
    cv2.fillConvexPoly(shade, ((corners + rng.uniform(-10, 10, 2)) / 4).astype(np.int32), 0.6)
    shade = 1 - cv2.resize(cv2.GaussianBlur(shade, (0, 0), rng.uniform(1, 5)), (w, h))
    result: Pixels = cv2.multiply(desk, cv2.merge([shade] * 3), dtype=cv2.CV_8U)
    return result


def _light(rgb: Pixels, rng: Rng, strength: float) -> Pixels:
    """Uneven light, and at times the shadow of a hand or a phone."""
    h, w = rgb.shape[:2]
    field = 1 - 0.08 * strength + smooth_noise(rng, h, w, 2, 0.09 * strength)
    if rng.random() < 0.3 * strength:
        shade = np.zeros((h // 4, w // 4), np.float32)
        middle = rng.uniform(0, 1, 2) * [w // 4, h // 4]
        points = (rng.normal(0, 0.4, (5, 2)) * [w // 4, h // 4] + middle).astype(np.int32)
        cv2.fillConvexPoly(shade, cv2.convexHull(points), float(rng.uniform(0.15, 0.45)))
        field *= 1 - cv2.resize(cv2.GaussianBlur(shade, (0, 0), rng.uniform(2, 12)), (w, h))
    warm = np.exp(rng.normal(0, 0.05 * strength, 3))
    result: Pixels = cv2.merge([cv2.multiply(rgb[..., i], field * warm[i], dtype=cv2.CV_8U) for i in range(3)])
    return result
