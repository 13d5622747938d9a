"""Line crops: cut out to the pixel, split at gaps, batched; all numbers worked out by hand."""

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from ctpn.contract.spec import CRNN, revise
from ctpn.recognition.line_crop import batches, padded, rectify, split_points
from tests.helpers.quads import box

BARE = replace(CRNN, margin=(0.0, 0.0))


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_an_upright_line_of_the_right_height_is_copied():
    rgb = noise(100, 200)
    crop = rectify(rgb, box(20, 30, 116, 62), BARE)
    assert crop.shape == (32, 96, 3) and (crop == rgb[30:62, 20:116]).all()


def test_the_margin_is_a_fraction_of_the_height():
    rgb = noise(100, 200)
    spec = replace(CRNN, margin=(0.25, 0.125), height=40)  # 32 px high: 8 at the ends, 4 above and below
    crop = rectify(rgb, box(20, 30, 116, 62), spec)
    assert crop.shape == (40, 112, 3) and (crop == rgb[26:66, 12:124]).all()


def test_a_turned_line_is_laid_flat():
    flat = np.full((64, 256, 3), 255, np.uint8)
    cv2.rectangle(flat, (40, 16), (215, 47), (0, 0, 0), -1)
    flat[16:48, 40:72] = (200, 30, 30)  # the beginning
    turn = cv2.getRotationMatrix2D((128, 32), 20, 1)
    turn[:, 2] += [0, 60]
    page = cv2.warpAffine(flat, turn, (256, 200), borderValue=(255, 255, 255))
    quad = cv2.transform(box(40, 16, 216, 48)[None], turn)[0]
    crop = rectify(page, quad, BARE)
    assert abs(crop.shape[1] - 176) <= 1
    assert np.abs(crop[4:-4, 4:28].astype(int) - (200, 30, 30)).max() < 40 and crop[4:-4, 40:-4].max() < 40


def test_a_large_line_is_averaged_not_sampled():
    rgb = np.indices((400, 800)).sum(0) % 2 * 255  # a chessboard of single pixels
    rgb = np.repeat(rgb[..., None], 3, 2).astype(np.uint8)
    crop = rectify(rgb, box(100, 50, 740, 306), BARE)  # 256 px to 32
    assert crop.shape == (32, 80, 3) and (np.abs(crop.astype(int) - 128) <= 1).all()


def test_over_the_border_the_last_pixels_are_repeated():
    rgb = np.full((50, 100, 3), 7, np.uint8)
    assert (rectify(rgb, box(-20, -10, 140, 60), CRNN) == 7).all()


@pytest.mark.parametrize("quad", [box(5, 5, 5, 5), box(5, 5, 6, 30), box(90, 40, 3000, 41)])
def test_thin_and_degenerate_quads_give_a_line_crop(quad):
    crop = rectify(noise(50, 100), quad, CRNN)
    assert crop.shape[0] == 32 and crop.shape[1] >= 8


def test_one_pixel():
    assert rectify(noise(1, 1), box(0, 0, 1, 1), CRNN).shape[0] == 32


def test_long_line_crops_are_split_where_nothing_is_printed():
    spec = replace(CRNN, max_width=320)
    crop = np.where(noise(32, 700)[..., :1] < 80, 0, 255).astype(np.uint8).repeat(3, 2)  # a third of it ink
    crop[:, 250:270] = 255
    crop[:, 480:500] = 255
    cuts = split_points(crop, spec)
    assert cuts[0][0] == 0 and cuts[-1][1] == 700 and all(a[1] == b[0] for a, b in pairwise(cuts))
    assert 250 <= cuts[0][1] <= 270 and 480 <= cuts[1][1] <= 500 and len(cuts) == 3
    assert all(b - a <= 320 for a, b in cuts)
    assert split_points(crop[:, :320], spec) == [(0, 320)]


def test_batches_hold_similar_widths_and_all_line_crops_once():
    widths = [40, 300, 42, 900, 310, 45]
    groups = batches(widths, CRNN)
    assert sorted(i for g in groups for i in g) == list(range(6))
    assert [sorted(widths[i] for i in g) for g in groups] == [[40, 42, 45], [300, 310], [900]]
    assert [len(g) for g in batches([320] * 5, revise(CRNN, {"reading": {"batch_columns": 640}}))] == [2, 2, 1]
    assert batches([], CRNN) == []


def test_padding_is_grey_and_on_the_right():
    out = padded([np.zeros((32, 33, 3), np.uint8), np.zeros((32, 20, 3), np.uint8)], CRNN)
    assert out.shape == (2, 32, 64, 3)
    assert (out[0, :, :33] == 0).all() and (out[0, :, 33:] == CRNN.pad).all() and (out[1, :, 20:] == CRNN.pad).all()
