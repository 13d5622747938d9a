"""Annotation formats, by hand."""

import numpy as np
import pytest

from ctpn.annotations.formats import TextAnnotation, read_icdar, read_polygons, read_rctw, read_set, read_sroie, read_voc, write_icdar
from ctpn.annotations.merge_words import merge_words
from ctpn.errors import CtpnError
from tests.helpers.quads import box


def test_icdar_with_bom_commas_and_empty_lines(tmp_path):
    file = tmp_path / "gt.txt"
    file.write_text("\ufeff0,0,10,0,10,5,0,5,a, b\n\n1,1,2,1,2,2,1,2,###\n3,3,4,3,4,4,3,4\n", encoding="utf-8")
    annotations = read_icdar(file)
    assert [r.text for r in annotations] == ["a, b", "###", ""]
    assert annotations[0].quad.tolist() == [[0, 0], [10, 0], [10, 5], [0, 5]]
    assert [r.ignore for r in annotations] == [False, True, False]


def test_numbers_behind_the_eighth_are_the_transcript(tmp_path):
    (tmp_path / "gt.txt").write_text("0,0,10,0,10,5,0,5,17,00\r\n0,0,10,0,10,5,0,5,a\x0cb\n")
    annotations = read_icdar(tmp_path / "gt.txt")
    assert [r.text for r in annotations] == ["17,00", "a\x0cb"] and all(r.quad.shape == (4, 2) for r in annotations)


@pytest.mark.parametrize(
    ("end", "points", "text"),
    [
        ("word", 4, "word"), ("12", 4, "12"), ("1,000", 4, "1,000"), ("", 4, ""),
        ("-3,2,a, b", 5, "a, b"), ("-3,2,-4,1,###", 6, "###"), ("-3,2,12", 5, "12"),
    ],
)  # fmt: skip
def test_polygons(tmp_path, end, points, text):
    (tmp_path / "gt.txt").write_text(f"0,0,10,0,10,5,0,5,{end}\n")
    annotation = read_polygons(tmp_path / "gt.txt")[0]
    assert (annotation.quad.shape, annotation.text) == ((points, 2), text)


@pytest.mark.parametrize("line", ["0,0,10,0,10,5,0,5", "0,0,10,x,10,5,0,5,text", "0,0,text"])
def test_a_damaged_polygon_is_named(tmp_path, line):
    (tmp_path / "gt.txt").write_text(f"\n{line}\n")
    with pytest.raises(CtpnError, match=r"gt\.txt, line 2: expected .* got '0,0"):
        read_polygons(tmp_path / "gt.txt")


@pytest.mark.parametrize("line", ["1,2,3", "a,b,c,d,e,f,g,h,text", "nan,0,1,0,1,1,0,1,x"])
def test_a_damaged_line_is_named(tmp_path, line):
    (tmp_path / "gt.txt").write_text(f"0,0,10,0,10,5,0,5,fine\n{line}\n")
    with pytest.raises(CtpnError, match="line 2"):
        read_icdar(tmp_path / "gt.txt")


def test_rctw(tmp_path):
    (tmp_path / "gt.txt").write_text('0,0,10,0,10,5,0,5,0,"快递, 单"\n0,0,10,0,10,5,0,5,1,"x"\n', encoding="utf-8")
    assert [r.text for r in read_rctw(tmp_path / "gt.txt")] == ["快递, 单", "###"]


@pytest.mark.parametrize("end", ["", ",0", ',2,"x"', ',0,"x', ',0,"', ',,"x"'])
def test_a_damaged_rctw_line_is_named(tmp_path, end):
    fine = '0,0,10,0,10,5,0,5,0,"fine"'
    (tmp_path / "gt.txt").write_text(f"{fine}\n0,0,10,0,10,5,0,5{end}\n{fine}\n")
    with pytest.raises(CtpnError, match="line 2"):
        read_rctw(tmp_path / "gt.txt")


BOX = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>9</xmax><ymax>6</ymax></bndbox>"
VOC = f"<annotation><object><difficult>{{}}</difficult>{BOX}</object></annotation>"


def test_voc(tmp_path):
    (tmp_path / "a.xml").write_text(VOC.format(0))
    assert read_voc(tmp_path / "a.xml")[0].quad.tolist() == [[1, 2], [9, 2], [9, 6], [1, 6]]
    (tmp_path / "b.xml").write_text(VOC.format(1))
    assert read_voc(tmp_path / "b.xml")[0].ignore


def test_an_object_without_extent_is_named(tmp_path):
    for bad in (BOX.replace("9", "1"), BOX.replace("9", "nan"), BOX.replace("9", "wide")):
        (tmp_path / "a.xml").write_text(f"<annotation><object>{BOX}</object><object>{bad}</object></annotation>")
        with pytest.raises(CtpnError, match=r"a\.xml, object 2"):
            read_voc(tmp_path / "a.xml")


@pytest.mark.parametrize("text", ["", "<annotation><object/></annotation>", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_bad_voc_is_refused(tmp_path, text):
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(CtpnError, match=r"a\.xml"):
        read_voc(tmp_path / "a.xml")


def test_there_and_back(tmp_path):
    write_icdar(tmp_path / "gt.txt", [TextAnnotation(box(1, 2, 30.5, 9), "a,b 单")])
    annotation = read_icdar(tmp_path / "gt.txt")[0]
    assert annotation.text == "a,b 单" and np.allclose(annotation.quad, box(1, 2, 30.5, 9))


def test_a_transcript_with_line_breaks_stays_one_line(tmp_path):
    write_icdar(tmp_path / "gt.txt", [TextAnnotation(box(1, 2, 30, 9), "a\nb")])
    assert [r.text for r in read_icdar(tmp_path / "gt.txt")] == ["a b"]
    assert [p.name for p in tmp_path.iterdir()] == ["gt.txt"]


def test_sroie_has_its_files_side_by_side(tmp_path):
    for name in ("b.jpg", "b.txt", "a.jpg", "a.txt"):
        (tmp_path / name).touch()
    assert [(i.name, t.name) for i, t in read_sroie(tmp_path)] == [("a.jpg", "a.txt"), ("b.jpg", "b.txt")]
    (tmp_path / "a.txt").unlink()
    with pytest.raises(CtpnError, match=r"a\.txt"):
        read_sroie(tmp_path)


def test_an_empty_set_and_a_lost_annotation_are_errors(tmp_path):
    with pytest.raises(CtpnError, match="found no picture"):
        read_set(tmp_path)
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "x.jpg").touch()
    with pytest.raises(CtpnError, match=r"gt_x\.txt"):
        read_set(tmp_path)


def test_words_of_a_line_are_joined_and_others_not():
    words = [
        TextAnnotation(box(60, 10, 100, 30), "two"), TextAnnotation(box(0, 10, 50, 30), "one"),  # 10 px apart, 20 high
        TextAnnotation(box(140, 10, 180, 30), "far"), TextAnnotation(box(0, 40, 50, 60), "below"),
        TextAnnotation(box(105, 12, 130, 32), "###"),
    ]  # fmt: skip
    lines = {r.text: r.quad.tolist() for r in merge_words(words)}
    assert sorted(lines) == ["###", "below", "far", "one two"]
    assert np.allclose(lines["one two"], box(0, 10, 100, 30))


def test_slanted_words_keep_their_direction():
    c, s = np.cos(0.3), np.sin(0.3)
    turn = np.array([[c, s], [-s, c]])
    words = [TextAnnotation((box(x, 0, x + 40, 20) @ turn).astype(np.float32), t) for x, t in ((0, "a"), (50, "b"))]
    joined = merge_words(words)
    assert len(joined) == 1 and np.allclose(joined[0].quad, box(0, 0, 90, 20) @ turn, atol=1e-3)


def test_words_that_differ_in_height_or_lie_too_low_are_not_joined():
    word = TextAnnotation(box(0, 10, 50, 30), "a")
    for other in (box(60, 0, 120, 40), box(60, 19, 100, 39), box(71, 10, 100, 30)):  # twice as high; 9 px lower; 21 px apart
        assert len(merge_words([word, TextAnnotation(other, "b")])) == 2
    assert len(merge_words([word, TextAnnotation(box(69, 13, 100, 33), "b")])) == 1  # 19 px apart, 3 px lower


def test_ignored_words_join_among_themselves_and_polygons_stay():
    words = [TextAnnotation(box(x, 0, x + 40, 20), t) for x, t in ((0, "###"), (50, "###"), (100, "a"), (150, "b"))]
    curved = TextAnnotation(np.array([[200, 0], [220, 5], [240, 0], [240, 20], [200, 20]], np.float32), "c")
    lines = {r.text: r.quad.tolist() for r in merge_words([*words, curved])}
    assert lines == {"###": box(0, 0, 90, 20).tolist(), "a b": box(100, 0, 190, 20).tolist(), "c": curved.quad.tolist()}
