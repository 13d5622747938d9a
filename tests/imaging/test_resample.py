"""Resampling: OpenCV's results are bit-exact with the rule in integers."""

import numpy as np
import pytest

from ctpn.imaging.resample import TILE, halved, resize, sample


def noise(height, width):
    return np.random.default_rng(height * width).integers(0, 256, (height, width, 3), np.uint8)


def weights(src, dst):
    """Left neighbours, right neighbours, and the right ones' weights in 256ths."""
    places = (np.arange(dst) + 0.5) * (1 / (dst / src)) - 0.5
    left = np.floor(places).astype(int)
    return left.clip(0, src - 1), (left + 1).clip(0, src - 1), np.rint((places - left) * 256).astype(int)


def bilinear(rgb, height, width):
    """The law of `resize` without halving."""
    (x0, x1, wx), (y0, y1, wy) = weights(rgb.shape[1], width), weights(rgb.shape[0], height)
    wx, wy, p = wx[None, :, None], wy[:, None, None], rgb.astype(int)
    rows = p[:, x0] * (256 - wx) + p[:, x1] * wx
    return (rows[y0] * (256 - wy) + rows[y1] * wy + 32768) >> 16


@pytest.mark.parametrize(
    ("size", "to"),
    [
        ((61, 83), (40, 50)), ((61, 83), (31, 42)), ((61, 83), (100, 249)), ((257, 514), (256, 512)), ((1, 1), (1, 1)),
        ((1, 1), (3, 2)), ((1, 90), (1, 60)), ((61, 83), (61, 60)), ((40, 2), (30, 1)), ((300, 257), (200, 256)),
    ],
)  # fmt: skip
def test_resize_is_bilinear_by_the_law(size, to):
    assert (resize(noise(*size), *to) == bilinear(noise(*size), *to)).all()


@pytest.mark.parametrize(
    ("size", "to", "times"), [((60, 80), (15, 20), 1), ((61, 83), (14, 19), 2), ((90, 9), (9, 1), 3), ((9, 9), (1, 9), 0)]
)
def test_what_shrinks_by_more_than_two_is_halved_first(size, to, times):
    rgb, block = noise(*size), 1 << times
    padded = np.pad(rgb, ((0, -size[0] % block), (0, -size[1] % block), (0, 0)), "edge").astype(int)
    for _ in range(times):
        padded = (padded[::2, ::2] + padded[::2, 1::2] + padded[1::2, ::2] + padded[1::2, 1::2] + 2) >> 2
    assert (halved(rgb, times) == padded).all()
    assert (resize(rgb, *to) == bilinear(padded, *to)).all()


def by_law(rgb, x, y):
    x, y = (np.floor(v * 32 - 15.5).clip(0, 32 * (n - 1)).astype(int) for v, n in ((x, rgb.shape[1]), (y, rgb.shape[0])))
    x0, y0, fx, fy, p = x // 32, y // 32, x[..., None] % 32, y[..., None] % 32, rgb.astype(int)
    x1, y1 = np.minimum(x0 + 1, rgb.shape[1] - 1), np.minimum(y0 + 1, rgb.shape[0] - 1)
    above = p[y0, x0] * (32 - fx) + p[y0, x1] * fx
    below = p[y1, x0] * (32 - fx) + p[y1, x1] * fx
    return (above * (32 - fy) + below * fy + 512) >> 10


@pytest.mark.parametrize("size", [(50, 70), (1, 1), (1, 40), (40, 1), (2, 2)])
def test_samples_are_bilinear_by_the_law_also_outside(size):
    rng = np.random.default_rng(1)
    x, y = rng.uniform(-3, size[1] + 3, (20, 30)), rng.uniform(-3, size[0] + 3, (20, 30))
    assert (sample(noise(*size), x, y) == by_law(noise(*size), x, y)).all()


def test_wide_pictures_are_sampled_in_tiles():
    rgb = noise(3, 40000)
    x = np.linspace(0, 39999, 3 * TILE + 5)[None] + np.zeros((2, 1))
    y = np.full_like(x, 1.3)
    assert (sample(rgb, x, y) == by_law(rgb, x, y)).all()


def test_places_that_are_no_number_are_the_first():
    rgb = noise(5, 5)
    out = sample(rgb, np.array([[np.nan, np.inf, -np.inf]]), np.full((1, 3), 0.5))
    assert (out[0] == rgb[0, [0, 4, 0]]).all()
