"""Lines to text with a recogniser that is made by hand: a step's grey is its character."""

from dataclasses import replace

import numpy as np
import pytest

from ctpn.contract.spec import CRNN
from ctpn.recognition.ctc import Decoded
from ctpn.recognition.policy import join, read_line_crops, read_lines
from tests.helpers.quads import box

SPEC = replace(CRNN, margin=(0.0, 0.0), max_width=128)


class Greys:
    """Class 1 + grey // 10 where a step is of one grey, the blank where it is white or not of one grey; sure of grey 20
    and above in the crop's first step, not of a crop that begins darker."""

    spec = SPEC

    def __init__(self):
        self.shapes = []

    def logits(self, crops):
        self.shapes.append(crops.shape)
        steps = crops.reshape(len(crops), 32, -1, 4, 3).astype(np.float64)
        mean, spread = steps.mean((1, 3, 4)), np.ptp(steps, axis=(1, 3, 4))
        out = np.zeros((*mean.shape, SPEC.classes), np.float32)
        for i, row in enumerate(mean):
            weight = 12.0 if row[0] >= 20 else 6.0
            for t, grey in enumerate(row):
                out[i, t, 0 if grey > 240 or spread[i, t] > 8 else 1 + round(grey) // 10] = weight
        return out


def char(grey):
    return SPEC.charset[grey // 10]


def striped(*greys, width=16, height=32):
    parts = [np.full((height, width, 3), g, np.uint8) for grey in greys for g in (grey, 255)]
    return np.concatenate(parts, 1)


def test_line_crops_come_back_in_their_order():
    greys = Greys()
    found = read_line_crops([striped(50, 60, 70), striped(80), striped(50, 90)], greys)
    assert [d.text for d in found] == [char(50) + char(60) + char(70), char(80), char(50) + char(90)]
    assert all(shape[2] % SPEC.width_multiple == 0 for shape in greys.shapes)
    assert read_line_crops([], greys) == []


def test_the_padding_is_not_read():
    greys = Greys()
    (found,) = read_line_crops([striped(50)], greys)  # the grey of the padding, 127, is a character too
    assert found.text == char(50) and greys.shapes == [(1, 32, 32, 3)]


def test_a_long_line_crop_is_read_part_by_part_and_joined():
    greys = [50, 60, 70, 80, 90, 100, 110, 120, 130, 140]
    crop = np.concatenate([np.pad(striped(g)[:, :8], ((0, 0), (0, 8), (0, 0)), constant_values=255) for g in greys], 1)
    (found,) = read_line_crops([crop], Greys())
    assert found.text == "".join(char(g) for g in greys)
    assert len(found.steps) == len(found.scores) == len(greys) and (np.diff(found.steps) > 0).all()


def test_a_space_where_the_gap_is_as_wide():
    def decoded(text, *steps):
        return Decoded(text, 0.5, np.full(len(text), 0.25, np.float32), np.array(steps, np.int64))

    wide = np.full((32, 100, 3), 255, np.uint8)
    wide[:, :16], wide[:, 30:] = 0, (np.indices((32, 70)).sum(0)[..., None] % 3 > 0) * 255
    places = [(0, 20), (20, 100)]
    joined = join(wide, places, [decoded("ab", 1, 3), decoded("c", 3)], SPEC)
    assert joined.text == "ab c" and joined.steps.tolist() == [1, 3, 5, 8] and joined.score == pytest.approx(0.25)
    narrow = wide.copy()
    narrow[:, 22:30] = 0
    assert join(narrow, places, [decoded("ab", 1, 3), decoded("c", 3)], SPEC).text == "abc"
    assert join(wide, places, [decoded("ab ", 1, 3, 4), decoded("c", 3)], SPEC).text == "ab c"
    assert join(wide, places, [decoded(""), decoded("c", 3)], SPEC).text == "c"
    assert join(wide, places, [decoded(""), decoded("")], SPEC).score == 0


def test_a_line_upside_down_is_rotated():
    page = np.full((100, 200, 3), 255, np.uint8)
    page[20:52, 10:90] = striped(50, 60, 0, 70, 10)[::-1, ::-1][:, :80]  # ends in black when read the wrong way
    page[20:52, 10:26] = 10
    page[20:52, 74:90] = 50
    (line,) = read_lines(page, [box(10, 20, 90, 52)], Greys())
    assert line.text.text[0] == char(50) and line.quad[0].tolist() == [90, 52]


def test_a_vertical_line_is_rotated_to_the_better_side():
    page = np.full((200, 100, 3), 255, np.uint8)
    page[20:36, 30:62], page[52:68, 30:62], page[84:100, 30:62] = 10, 60, 50  # from the bottom: 50, 60, 10
    (line,) = read_lines(page, [box(30, 20, 62, 100)], Greys())
    assert line.text.text == char(50) + char(60) + char(10) and line.quad[0].tolist() == [30, 100]


def test_nothing_to_read():
    (line,) = read_lines(np.full((50, 90, 3), 255, np.uint8), [box(10, 10, 60, 30)], Greys())
    assert line.text.text == "" and line.text.score == 0 and (line.quad == box(10, 10, 60, 30)).all()
    assert read_lines(np.zeros((9, 9, 3), np.uint8), [], Greys()) == []
