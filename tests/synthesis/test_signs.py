"""Signs of the generator: raised and hollow letters, colours that can be read, near ones beside far ones, walls of windows."""

from __future__ import annotations

import numpy as np
import pytest

from ctpn.errors import CtpnError
from ctpn.synthesis.fonts import fonts
from ctpn.synthesis.pages import page
from ctpn.synthesis.pages.paper import facade
from ctpn.synthesis.pages.relief import Relief, outline_of, relief, side_mask, vertical_gradient
from ctpn.synthesis.pages.signs import _contrast

SQUARE = np.pad(np.full((20, 20), 255, np.uint8), 10)


def test_sides_reach_as_far_as_the_relief_says() -> None:
    swept, reach = side_mask(SQUARE, Relief(way=(6, -3)))
    ys, xs = np.nonzero(swept)
    assert reach == 6 and swept.shape == (52, 52)
    assert (xs.min(), xs.max() + 1, ys.min(), ys.max() + 1) == (16, 42, 13, 36)  # 10..30 moved by 6, to the right and up


def test_a_shadow_is_soft_and_a_side_is_not() -> None:
    hard, _ = side_mask(SQUARE, Relief(way=(4, 4)))
    soft, reach = side_mask(SQUARE, Relief(way=(4, 4), blur=2.0))
    assert set(np.unique(hard)) == {0, 255} and len(np.unique(soft)) > 20
    assert reach == 10 and not soft[0].any() and not soft[:, 0].any()  # nothing is cut off


def test_hollow_letters_keep_their_edge() -> None:
    left = outline_of(SQUARE, 3)
    assert left[10:13, 10:30].all() and not left[13:27, 13:27].any() and left.sum() == 255 * (20**2 - 14**2)


def test_gradients_go_from_head_to_foot() -> None:
    rows = vertical_gradient((0, 100, 200), (100, 100, 0), 5)
    assert rows.shape == (5, 1, 3) and rows[:, 0, 0].tolist() == [0, 25, 50, 75, 100] and (rows[:, 0, 1] == 100).all()


def test_reliefs_are_of_every_kind_and_in_proportion() -> None:
    rng = np.random.default_rng(1)
    made = [relief(rng, 100, ((0, 0, 0), (9, 9, 9))) for _ in range(200)]
    assert all(np.hypot(*r.way) <= 13 and r.hollow <= 5 for r in made)
    kinds = {(any(r.way), r.blur > 0, r.foot is not None, r.hollow > 0) for r in made}
    assert kinds >= {(True, False, False, False), (False, False, True, True)}


@pytest.mark.parametrize("lightness", [0.0, 0.3, 0.5, 0.8, 1.0])
def test_letters_stand_out_from_their_ground(lightness: float) -> None:
    rng = np.random.default_rng(2)
    found = np.array([_contrast(rng, lightness) for _ in range(300)]) / 255
    apart = np.abs((found.max(1) + found.min(1)) / 2 - lightness)
    assert apart.min() > 0.18 and apart.min() < 0.3 and apart.max() > 0.4


def test_a_facade_is_rows_of_windows_and_fits_any_picture() -> None:
    for seed, (h, w) in enumerate(((480, 640), (90, 700), (33, 40))):
        rgb = np.zeros((h, w, 3), np.uint8)
        facade(np.random.default_rng(seed), rgb)
        assert (rgb.max(2) > 0).mean() > 0.3 and len(np.unique(rgb.reshape(-1, 3), axis=0)) >= 3


def test_there_are_near_signs_and_far_ones() -> None:
    try:
        faces = fonts()
    except CtpnError as error:
        pytest.skip(str(error))
    heights = []
    for seed in range(24):
        rgb, annotations = page(seed, "sign", faces=faces)
        heights_px = [min(np.linalg.norm(r.quad[3] - r.quad[0]), np.linalg.norm(r.quad[1] - r.quad[0])) for r in annotations]
        heights += (np.array(heights_px) * 960 / max(rgb.shape)).tolist()
    assert (np.array(heights) > 90).mean() > 0.04 and (np.array(heights) < 30).mean() > 0.1
