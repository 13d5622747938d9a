"""The generator of pages: repeatable, within its page, tight around the ink, no font on both sides of the split."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from ctpn.annotations.formats import TextAnnotation
from ctpn.errors import CtpnError
from ctpn.synthesis.fonts import BUILT_IN, fonts, is_heldout
from ctpn.synthesis.pages import KINDS, copier, page, signs_on_photo, waybills
from ctpn.synthesis.pages.__main__ import main
from ctpn.synthesis.pages.canvas import Canvas, shorten, width_of, wrap
from ctpn.synthesis.pages.examples import marked
from ctpn.synthesis.pages.photo import photograph
from ctpn.synthesis.texts import Texts


def blank(height: int = 300, width: int = 600, seed: int = 0) -> Canvas:
    try:
        found = fonts()
    except CtpnError as error:
        pytest.skip(str(error))
    return Canvas(np.full((height, width, 3), 255, np.uint8), np.random.default_rng(seed), found)


def ink_box(canvas: Canvas) -> np.ndarray:
    x, y, w, h = cv2.boundingRect((canvas.rgb.min(2) < 200).astype(np.uint8))
    return np.array([x, y, x + w, y + h])


@pytest.mark.parametrize("kind", KINDS)
def test_page_is_sound(kind: str) -> None:
    blank()
    rgb, annotations = page(5, kind)
    assert rgb.dtype == np.uint8 and rgb.ndim == 3 and rgb.flags.c_contiguous
    assert 640 <= max(rgb.shape) <= 1280
    assert len(annotations) >= 2
    for annotation in annotations:
        assert annotation.text and annotation.quad.shape == (4, 2) and annotation.quad.dtype == np.float32
        assert (annotation.quad >= 0).all() and (annotation.quad <= [rgb.shape[1], rgb.shape[0]]).all()
        assert cv2.contourArea(annotation.quad, True) > 0, "clockwise, y down"


def test_same_seed_same_bytes_whatever_came_before() -> None:
    blank()
    first, first_annotations = page(9, "waybill")
    page(10)
    again, again_annotations = page(9, "waybill")
    assert np.array_equal(first, again)
    assert [r.text for r in first_annotations] == [r.text for r in again_annotations]
    assert not np.array_equal(first, page(11, "waybill")[0])


@pytest.mark.parametrize("angle", [0.0, 30.0, -50.0])
def test_quad_is_tight_around_the_ink(angle: float) -> None:
    canvas = blank()
    canvas.write(250, 150, "Hxgl 快递", replace(canvas.ink(36, (0, 0, 0)), font=canvas.fonts.chinese[0][0]), angle=angle)
    box, quad = ink_box(canvas), canvas.annotations[0].quad
    around = np.concatenate([quad.min(0), quad.max(0)])
    if angle == 0:
        assert np.abs(around - box).max() <= 2.5
    assert (around[:2] <= box[:2] + 1).all() and (around[2:] >= box[2:] - 1).all(), "ink outside its quad"
    along = quad[1] - quad[0]
    assert np.degrees(np.arctan2(along[1], along[0])) == pytest.approx(angle, abs=0.1)


def test_a_copy_is_dirty_beside_the_text_too() -> None:
    canvas = blank()
    canvas.write(250, 150, "Hxgl", canvas.ink(40, (0, 0, 0)))
    (x0, y0), (x1, y1) = canvas.annotations[0].quad.min(0).astype(int), canvas.annotations[0].quad.max(0).astype(int)
    copier.add_clutter(canvas)
    part = canvas.rgb[y0:y1, x0:x1]
    ink = (part < 200).mean()
    dirt = []
    for seed in range(20):
        copy = copier.photocopy(canvas.rgb, np.random.default_rng(seed))
        assert copy.shape == canvas.rgb.shape and copy.dtype == np.uint8 and (copy[..., 0] == copy[..., 1]).all()
        outside = np.ones(copy.shape[:2], bool)
        outside[y0:y1, x0:x1] = False
        dirt.append(float((copy[outside] < 100).mean()))
        assert (copy[y0:y1, x0:x1] < 200).mean() > ink / 2, "the text is still there"
    assert max(dirt) > 0.005 and max(dirt) < 0.3


def test_frames_of_a_copy_stand_beside_the_text() -> None:
    changed = 0
    for seed in range(10):
        canvas = blank(seed=seed)
        canvas.write(250, 150, "Hxgl", canvas.ink(40, (0, 0, 0)))
        (x0, y0), (x1, y1) = canvas.annotations[0].quad.min(0).astype(int), canvas.annotations[0].quad.max(0).astype(int)
        before = canvas.rgb.copy()
        copier.add_clutter(canvas)
        assert np.array_equal(canvas.rgb[y0:y1, x0:x1], before[y0:y1, x0:x1])
        changed += not np.array_equal(canvas.rgb, before)
    assert changed >= 5


def test_writing_off_the_page_leaves_no_trace() -> None:
    canvas = blank()
    assert canvas.write(580, 100, "too long for this", canvas.ink(40, (0, 0, 0))) is None
    assert canvas.annotations == [] and (canvas.rgb == 255).all()


def test_alignment() -> None:
    canvas = blank()
    ink = canvas.ink(30, (0, 0, 0))
    right = canvas.write(500, 60, "12.50", ink, align="r")
    centre = canvas.write(300, 160, "12.50", ink, align="c")
    assert right is not None and right[2] == pytest.approx(500, abs=3)
    assert centre is not None and (centre[0] + centre[2]) / 2 == pytest.approx(300, abs=4)


def test_wrap_loses_no_character() -> None:
    canvas = blank()
    ink, text = canvas.ink(20, (0, 0, 0), "en"), "some words that are to be cut into lines of the width"
    rows = wrap(text, ink, 150)
    assert len(rows) > 2 and " ".join(rows) == text
    assert all(width_of(row, ink) <= 150 for row in rows)
    assert shorten(text, ink, 3) == ""


def test_photograph_moves_quads_with_their_ink() -> None:
    canvas = blank()
    canvas.write(250, 150, "HHHHHH", canvas.ink(40, (0, 0, 0), "en"))
    photo, (annotation,) = photograph(canvas.rgb, canvas.annotations, np.random.default_rng(2))
    inside = np.zeros(photo.shape[:2], np.uint8)
    cv2.fillConvexPoly(inside, annotation.quad.astype(np.int32), 1)
    ring = cv2.dilate(inside, np.ones((15, 15), np.uint8)) - cv2.dilate(inside, np.ones((5, 5), np.uint8))
    assert photo[inside > 0].min() < 80, "no ink in the quad"
    assert photo[ring > 0].min() > 100, "ink beside the quad"


def test_fonts_are_on_one_side_of_the_split() -> None:
    blank()
    sides = [{p for g in f.chinese + f.latin for p in g} for f in (fonts(), fonts(heldout=True))]
    assert not sides[0] & sides[1]
    assert is_heldout("/a/Some-Regular.ttf") == is_heldout("/b/Some-BoldItalic.otf")
    assert len({is_heldout(f"/a/Family{i}.ttf") for i in range(40)}) == 2


@pytest.mark.parametrize("language", ["zh", "en"])
def test_texts_are_one_line_and_repeatable(language: str) -> None:
    first = Texts(np.random.default_rng(1), language)
    one = [first.value() for _ in range(30)]
    second = Texts(np.random.default_rng(1), language)
    assert one == [second.value() for _ in range(30)]
    assert all(t and "\n" not in t for t in [*one, first.run(40), first.sign(), first.title()])


def test_command_writes_pairs_and_resumes(tmp_path: Path) -> None:
    blank()
    ask = ["--out", str(tmp_path), "--count", "2", "--seed", "3", "--kind", "sign"]
    assert main(ask) == 0
    images, gts = sorted((tmp_path / "images").iterdir()), sorted((tmp_path / "gt").iterdir())
    assert [p.name for p in images] == ["sign_0000003.jpg", "sign_0000004.jpg"]
    assert [p.name for p in gts] == ["gt_sign_0000003.txt", "gt_sign_0000004.txt"]
    for line in gts[0].read_text("utf-8").splitlines():
        assert len(line.split(",", 8)) == 9 and all(v.lstrip("-").isdigit() for v in line.split(",", 8)[:8])
    images[0].unlink()
    before = images[1].stat().st_mtime_ns
    assert main(ask) == 0
    assert images[0].exists() and images[1].stat().st_mtime_ns == before


def test_missing_fonts_say_what_to_do(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("ctpn.synthesis.fonts._scan", lambda folders: {})
    fonts.cache_clear()
    try:
        assert main(["--out", "nowhere", "--count", "1"]) == 1
    finally:
        fonts.cache_clear()
    assert "make fonts" in capsys.readouterr().err


def test_exports_need_no_fonts_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctpn.synthesis.fonts._scan", lambda folders: {})
    fonts.cache_clear()
    try:
        pages = [page(3, kind, faces=BUILT_IN) for kind in KINDS]
    finally:
        fonts.cache_clear()
    texts = "".join(r.text for _, annotations in pages for r in annotations)
    assert any("\u4e00" <= c <= "\u9fff" for c in texts) and any(c.isascii() and c.isalpha() for c in texts)
    blots = [rgb for rgb, annotations in pages if not annotations or np.ptp(rgb) < 100]
    assert not blots


def test_a_waybill_is_marked_as_a_user_does() -> None:
    blank()
    made = waybills.thermal(np.random.default_rng(16), fonts())
    fields = marked(made.annotations)
    assert [f["name"] for f in fields] == ["route", "recipient address", "sender address", "number", "date and time"]
    by_text = {r.text: r.quad for r in made.annotations}
    for field in fields:
        x, y, w, h = field["rectangle"]
        assert field["lines"]
        for line in field["lines"]:
            assert (by_text[line] >= [x, y]).all() and (by_text[line] <= [x + w, y + h]).all()


def test_signs_in_a_photo_leave_its_own_text_alone() -> None:
    blank()
    photo = np.full((400, 600, 3), 90, np.uint8)
    own = TextAnnotation(np.array([[250, 180], [350, 180], [350, 220], [250, 220]], np.float32), "OWN")
    added = 0
    for seed in range(6):
        rgb, annotations = signs_on_photo(seed, photo, [own])
        again, _ = signs_on_photo(seed, photo, [own])
        assert (rgb == again).all() and 640 <= max(rgb.shape) <= 1281
        (kept,) = (r for r in annotations if r.text == "OWN")
        for r in annotations:
            apart, _ = cv2.intersectConvexConvex(kept.quad, r.quad)
            assert r is kept or apart == 0
        added += len(annotations) - 1
    assert added > 12  # large signs sometimes leave no room for others
