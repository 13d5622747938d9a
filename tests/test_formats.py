"""Annotation formats, by hand."""

import numpy as np
import pytest

from ctpn.data.bridge import bridge_words
from ctpn.data.formats import Region, read_icdar, read_rctw, read_set, read_voc, write_icdar
from ctpn.errors import CtpnError
from tests.test_anchors import box


def test_icdar_with_bom_commas_and_empty_lines(tmp_path):
    file = tmp_path / "gt.txt"
    file.write_text("\ufeff0,0,10,0,10,5,0,5,a, b\n\n1,1,2,1,2,2,1,2,###\n3,3,4,3,4,4,3,4\n", encoding="utf-8")
    regions = read_icdar(file)
    assert [r.text for r in regions] == ["a, b", "###", ""]
    assert regions[0].quad.tolist() == [[0, 0], [10, 0], [10, 5], [0, 5]]
    assert [r.ignore for r in regions] == [False, True, False]


@pytest.mark.parametrize("line", ["1,2,3", "a,b,c,d,e,f,g,h,text", "nan,0,1,0,1,1,0,1,x"])
def test_a_damaged_line_is_named(tmp_path, line):
    (tmp_path / "gt.txt").write_text(f"0,0,10,0,10,5,0,5,fine\n{line}\n")
    with pytest.raises(CtpnError, match="line 2"):
        read_icdar(tmp_path / "gt.txt")


def test_rctw(tmp_path):
    (tmp_path / "gt.txt").write_text('0,0,10,0,10,5,0,5,0,"快递, 单"\n0,0,10,0,10,5,0,5,1,"x"\n', encoding="utf-8")
    assert [r.text for r in read_rctw(tmp_path / "gt.txt")] == ["快递, 单", "###"]


BOX = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>9</xmax><ymax>6</ymax></bndbox>"
VOC = f"<annotation><object><difficult>{{}}</difficult>{BOX}</object></annotation>"


def test_voc(tmp_path):
    (tmp_path / "a.xml").write_text(VOC.format(0))
    assert read_voc(tmp_path / "a.xml")[0].quad.tolist() == [[1, 2], [9, 2], [9, 6], [1, 6]]
    (tmp_path / "b.xml").write_text(VOC.format(1))
    assert read_voc(tmp_path / "b.xml")[0].ignore


@pytest.mark.parametrize("text", ["", "<annotation><object/></annotation>", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_bad_voc_is_refused(tmp_path, text):
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(CtpnError, match=r"a\.xml"):
        read_voc(tmp_path / "a.xml")


def test_there_and_back(tmp_path):
    write_icdar(tmp_path / "gt.txt", [Region(box(1, 2, 30.5, 9), "a,b 单")])
    region = read_icdar(tmp_path / "gt.txt")[0]
    assert region.text == "a,b 单" and np.allclose(region.quad, box(1, 2, 30.5, 9))


def test_an_empty_set_and_a_lost_annotation_are_errors(tmp_path):
    with pytest.raises(CtpnError, match="found no picture"):
        read_set(tmp_path)
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "x.jpg").touch()
    with pytest.raises(CtpnError, match=r"gt_x\.txt"):
        read_set(tmp_path)


def test_words_of_a_line_are_joined_and_others_not():
    words = [
        Region(box(60, 10, 100, 30), "two"), Region(box(0, 10, 50, 30), "one"),  # 10 px apart, 20 high
        Region(box(140, 10, 180, 30), "far"), Region(box(0, 40, 50, 60), "below"),
        Region(box(105, 12, 130, 32), "###"),
    ]  # fmt: skip
    lines = {r.text: r.quad.tolist() for r in bridge_words(words)}
    assert sorted(lines) == ["###", "below", "far", "one two"]
    assert np.allclose(lines["one two"], box(0, 10, 100, 30))


def test_slanted_words_keep_their_direction():
    c, s = np.cos(0.3), np.sin(0.3)
    turn = np.array([[c, s], [-s, c]])
    words = [Region((box(x, 0, x + 40, 20) @ turn).astype(np.float32), t) for x, t in ((0, "a"), (50, "b"))]
    joined = bridge_words(words)
    assert len(joined) == 1 and np.allclose(joined[0].quad, box(0, 0, 90, 20) @ turn, atol=1e-3)
