"""Training line crops: seeded, of the expected width, with characters at their stated positions."""

import cv2
import numpy as np
import pytest

pytest.importorskip("faker")

from ctpn.annotations.formats import TextAnnotation, read_icdar, write_icdar
from ctpn.contract.spec import CRNN
from ctpn.errors import CtpnError
from ctpn.synthesis.fonts import fonts
from ctpn.synthesis.lines import STEPS, synthetic_line
from ctpn.synthesis.phrases import KINDS, ems, fold, phrase
from ctpn.training.cut_lines import cut, detected, main
from ctpn.training.datasets import WIDTHS, LineCropBatches, LineSource
from tests.helpers.quads import box

try:
    FONTS = fonts()
except CtpnError as e:
    pytest.skip(str(e), allow_module_level=True)


def test_folding():
    assert fold("Ａ１　 it’s  ok") == "A1 it's ok"
    assert fold("（中）") == "（中）"


def test_phrases_are_as_long_as_asked():
    for i in range(40):
        text = phrase(np.random.default_rng(i), CRNN.charset, 8.0)
        assert 0 < ems(text) <= 8.5


def test_every_kind_says_something():
    for kind in KINDS:
        assert kind(np.random.default_rng(3), CRNN.charset, 6.0).strip()


def test_every_character_comes_up():
    rng, seen = np.random.default_rng(0), set()
    for _ in range(1500):
        seen |= set(next(iter(KINDS))(rng, CRNN.charset, 30.0))
    assert len(seen) > 4700  # of 4,857 Chinese characters, uniformly random


@pytest.mark.parametrize("width", [96, 300])
def test_synthetic_lines(width):
    for i in range(12):
        crop = synthetic_line(np.random.default_rng(i), FONTS, CRNN, width)
        assert crop.rgb.shape[0] == CRNN.height and 8 <= crop.rgb.shape[1] <= width
        assert crop.text and set(crop.text) <= set(CRNN.charset)
        assert len(crop.centres) == len(crop.text) and (np.diff(crop.centres) > 0).all()
        again = synthetic_line(np.random.default_rng(i), FONTS, CRNN, width)
        assert (again.rgb == crop.rgb).all() and again.text == crop.text


@pytest.fixture
def cut_set(tmp_path):
    """A set of one page with two lines, cut into batches."""
    for folder in ("images", "gt"):
        (tmp_path / "set" / folder).mkdir(parents=True)
    page = np.full((200, 400, 3), 255, np.uint8)
    cv2.putText(page, "TOTAL 12.50", (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 1, (0, 0, 0), 2)
    cv2.putText(page, "CASH", (20, 150), cv2.FONT_HERSHEY_SIMPLEX, 1, (0, 0, 0), 2)
    cv2.imwrite(str(tmp_path / "set" / "images" / "a.jpg"), page)
    annotations = [
        TextAnnotation(box(18, 36, 210, 64), "TOTAL 12.50"),
        TextAnnotation(box(18, 126, 100, 154), "CASH"),
        TextAnnotation(box(300, 10, 380, 30), "###"),
    ]
    write_icdar(tmp_path / "set" / "gt" / "gt_a.txt", annotations)
    assert main(["--set", str(tmp_path / "set"), "--out", str(tmp_path / "cut")]) == 0
    return tmp_path / "cut"


def test_cut_lines_keep_their_transcripts(cut_set):
    found = [read_icdar(f)[0] for f in sorted((cut_set / "gt").iterdir())]
    assert [r.text for r in found] == ["TOTAL 12.50", "CASH"]
    assert found[0].quad.min() >= 0


def test_a_high_line_is_stored_small():
    picture, line = cut(np.zeros((600, 900, 3), np.uint8), TextAnnotation(box(100, 100, 700, 300), "x"))
    assert line.quad[3, 1] - line.quad[0, 1] == pytest.approx(64, abs=1)
    assert picture.shape[0] == 160  # of the 500 rows from the top of the page to a height below the line


def test_detected_quads_take_the_transcript_they_agree_with():
    expected = [TextAnnotation(box(10, 10, 110, 30), "yes")]
    near, far = box(6, 8, 115, 31), box(10, 10, 60, 30)
    found = detected([near, far], expected)
    assert [(r.text, r.quad is near) for r in found] == [("yes", True)]


def test_batches(cut_set):
    batches = LineCropBatches([LineSource(cut_set, 1.0, detected=False)], CRNN, fonts=FONTS, pixels=1024, seed=5)
    widths = set()
    for step in range(6):
        batch = batches.batch(step, 0, 1, real=True)
        n, h, w, _ = batch["image"].shape
        widths.add(w)
        assert h == CRNN.height and w in WIDTHS and n == max(1, 1024 // w)
        assert batch["steps"].shape == (n, w // CRNN.stride)
        assert len(batch["lengths"]) == n and batch["lengths"].sum() == len(batch["labels"])
        assert batch["labels"].min() > 0 and batch["labels"].max() < CRNN.classes
        again = batches.batch(step, 0, 1, real=True)
        assert all((batch[k] == again[k]).all() for k in batch)
        assert batches.batch(step, 1, 2, real=True)["image"].shape == batch["image"].shape
    assert len(widths) > 1


def test_sets_without_small_letters_are_recognised(cut_set):
    batches = LineCropBatches([LineSource(cut_set, 1.0, detected=False)], CRNN, fonts=FONTS, pixels=256)
    assert batches.caseless == [True] and batches.batch(0, 0, 1, real=True)["caseless"].all()
    assert not batches.batch(0, 0, 1, real=False)["caseless"].any()
    for gt in (cut_set / "gt").iterdir():
        write_icdar(gt, [TextAnnotation(r.quad, r.text.capitalize()) for r in read_icdar(gt)])
    assert LineCropBatches([LineSource(cut_set, 1.0, detected=False)], CRNN, fonts=FONTS).caseless == [False]


def test_only_synthetic_samples_have_known_positions(cut_set):
    batches = LineCropBatches([LineSource(cut_set, 1.0, detected=False)], CRNN, fonts=FONTS, pixels=1024, seed=5)
    synthetic = batches.batch(0, 0, 1, real=False)
    assert (synthetic["steps"] >= 0).all() and (synthetic["steps"] > 0).any()


def test_the_smallest_line_crops_can_be_degraded():
    for seed in range(300):  # a crop of 5 x 11 pixels once stopped a training
        rng = np.random.default_rng(seed)
        small = rng.integers(0, 256, (int(rng.integers(1, 12)), int(rng.integers(1, 9)), 3), dtype=np.uint8)
        for _, step in STEPS:
            degraded = step(small, rng)
            assert degraded.shape == small.shape and degraded.dtype == np.uint8
