"""A rotated part of a picture, and the way back."""

from __future__ import annotations

import numpy as np
import pytest

from ctpn.contract.spec import MOBILE, revise
from ctpn.imaging.rotate import rotate
from tests.helpers.quads import box

SPEC = revise(MOBILE, {"long_side": 96, "tiling": {"overlap": 32}})


def around(middle: tuple[float, float], size: tuple[float, float], degrees: float) -> np.ndarray:
    a = np.radians(degrees)
    flat = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * np.array(size) / 2
    return flat @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]) + np.array(middle)


def test_a_quarter_moves_whole_pixels() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    rotated = rotate(rgb, np.roll(box(0, 0, 30, 40), -1, 0).astype(np.float64), SPEC)
    assert rotated.pixels.shape == (32, 64, 3) and np.array_equal(rotated.pixels[:30, :40], np.rot90(rgb))
    assert (rotated.pixels[31, :, :] == SPEC.pad).all(), "outside of the picture"
    assert rotated.to_picture(np.array([[0, 0], [40, 30]], np.float32)).tolist() == [[30, 0], [0, 40]]


@pytest.mark.parametrize(("height", "width"), [(40000, 24), (24, 40000), (3000, 1500)])
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_part_of_any_length(height: int, width: int, quarters: int) -> None:
    """OpenCV samples pictures of at most 32,767 pixels; places of all pixels at once would take 16 bytes each."""
    rgb = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    spec = revise(MOBILE, {"long_side": 3008})
    rotated = rotate(rgb, np.roll(box(0, 0, width, height), -quarters, 0).astype(np.float64), spec)
    expected = np.rot90(rgb, quarters)
    assert np.array_equal(rotated.pixels[: expected.shape[0], : expected.shape[1]], expected)


@pytest.mark.parametrize("degrees", [-45, 20, 90, 180, -90])
@pytest.mark.parametrize("size", [(60, 40), (300, 200)])
def test_the_way_back_leads_to_the_same_place(degrees: int, size: tuple[int, int]) -> None:
    rgb = np.full((400, 500, 3), 255, np.uint8)
    rgb[190:200, 220:230] = 0
    rotated = rotate(rgb, around((240, 200), size, degrees), SPEC)
    ys, xs = np.nonzero(rotated.pixels[..., 0] < 100)
    middle = np.array([xs.mean() + 0.5, ys.mean() + 0.5], np.float32)
    assert rotated.to_picture(middle) == pytest.approx([225, 195], abs=1.5)


def test_a_part_has_the_scale_of_a_photo_of_its_size() -> None:
    rgb = np.zeros((600, 800, 3), np.uint8)
    assert rotate(rgb, around((400, 300), (96, 50), 30), SPEC).pixels.shape[:2] == (64, 96)
    assert rotate(rgb, around((400, 300), (384, 200), 30), SPEC).pixels.shape[:2] == (64, 96)
