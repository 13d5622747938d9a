"""Sets out of photos that have no annotation folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ctpn.annotations.collect import main
from ctpn.annotations.formats import read_icdar, read_set
from ctpn.files import write


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three images; the first two have no text, of the third a teacher says so much."""
    folder = tmp_path / "photos"
    for name in ("a.jpg", "b.png", "c.jpg"):
        write(folder / "images" / name, b"pixels")
    write(folder / "list_negative.txt", "a\nb.png\n")
    return folder


def test_lists_name_images_without_text(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main([str(photos / "list_negative.txt"), "--out", str(out)]) == 0
    pairs = read_set(out)
    assert [p.name for p, _ in pairs] == ["photos_a.jpg", "photos_b.png"]
    assert all(image.read_bytes() == b"pixels" and read_icdar(gt) == [] for image, gt in pairs)


def test_a_folder_brings_what_its_teacher_says_or_no_text(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main([str(photos), "--out", str(out)]) == 0
    assert [len(read_icdar(gt)) for _, gt in read_set(out)] == [0, 0, 0]
    for name in "abc":
        write(photos / "teacher" / f"gt_{name}.txt", "0,0,9,0,9,5,0,5,Text\n" if name == "c" else "")
    assert main([str(photos), "--out", str(out)]) == 0  # again: links and annotations are replaced
    assert [len(read_icdar(gt)) for _, gt in read_set(out)] == [0, 0, 1]
    assert read_icdar(read_set(out)[2][1])[0].quad.tolist() == np.array([[0, 0], [9, 0], [9, 5], [0, 5]]).tolist()


@pytest.mark.parametrize(("source", "text"), [("list_negative.txt", "z.jpg: no such image"), ("images", "found no image")])
def test_what_is_missing_is_named(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str, text: str) -> None:
    write(photos / "list_negative.txt", "a\nz.jpg\n")
    assert main([str(photos / source), "--out", str(tmp_path / "out")]) == 1
    assert text in capsys.readouterr().err


def test_an_image_is_never_replaced_by_a_link_or_by_another(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, other = tmp_path / "out", tmp_path / "more" / "photos"
    write(other / "images" / "c.jpg", b"another")
    assert main([str(photos), str(photos), "--out", str(out)]) == 0  # the same image twice is one
    assert main([str(photos), str(other), "--out", str(out)]) == 1 and "would have the name photos_c" in capsys.readouterr().err
    (out / "images" / "photos_c.jpg").unlink()
    write(out / "images" / "photos_c.jpg", b"a photo")
    assert main([str(photos), "--out", str(out)]) == 1 and "photos_c.jpg: is there, and no link" in capsys.readouterr().err
    assert (out / "images" / "photos_c.jpg").read_bytes() == b"a photo"
