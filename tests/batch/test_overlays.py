"""Overlays are never written over a photo, over each other, or over what somebody else has made."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from ctpn.batch import item
from ctpn.batch.bulk import ReadOptions
from ctpn.batch.inputs import OVERLAY, Input, find_inputs
from ctpn.batch.item import Item, read_item
from ctpn.batch.overlays import overlay_files
from ctpn.errors import CtpnError
from ctpn.imaging.decode import open_image
from ctpn.output.overlay import COLOUR, overlay, write_overlay
from ctpn.page import TextLine
from tests.helpers.quads import box

EXAMPLES = Path(__file__).parents[2] / "examples"


def inputs(*places):
    return [Input(place, Path("/nowhere") / place, Path(place)) for place in places]


def names(found, out, folder=True):
    return [str(file.relative_to(out)) for file in overlay_files(found, out, folder=folder)]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        (["a.jpg", "b.jpg"], ["a.png", "b.png"]),
        (["a.jpg", "a.png"], ["a.jpg.png", "a.png.png"]),
        (["a.jpg", "a.jpg"], ["a.jpg.png", "a.jpg-2.png"]),
        (["A.jpg", "a.png"], ["A.jpg.png", "a.png.png"]),  # one file where case is ignored
        (["A.jpg", "a.jpg", "a.JPG"], ["A.jpg.png", "a.jpg-2.png", "a.JPG-3.png"]),
        (["caf\u00e9.jpg", "cafe\u0301.jpg"], ["caf\u00e9.jpg.png", "cafe\u0301.jpg-2.png"]),  # one file on macOS
        (["a.jpg", "sub/a.jpg", "stdin"], ["a.png", "sub/a.png", "stdin.png"]),
        (["a.jpg", "a.png", "a.jpg.png", "a.png.jpg"], ["a.jpg.png", "a.png.png", "a.jpg-2.png", "a.png-2.png"]),
    ],
)
def test_no_two_photos_have_one_overlay(tmp_path, places, expected):
    found = names(inputs(*places), tmp_path)
    assert found == expected and len({f.casefold() for f in found}) == len(found)


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    shutil.copy(EXAMPLES / "sign.jpg", folder / "a.png")  # a name says nothing
    shutil.copy(EXAMPLES / "sign.jpg", folder / "b.jpg")
    return folder


@pytest.mark.parametrize("link", [os.link, os.symlink, None])
@pytest.mark.parametrize("folder", [True, False])
def test_a_photo_is_never_replaced(photos, tmp_path, link, folder):
    found, out = find_inputs([str(photos / "a.png")]).found, photos
    if link:
        out = tmp_path / "out"
        out.mkdir()
        link(photos / "a.png", out / "a.png")
    with pytest.raises(CtpnError, match=r"would write over the photo .*a\.png; give another place"):
        overlay_files(found, out if folder else out / "a.png", folder=folder)


def test_what_ctpn_has_not_written_stays_and_its_own_is_replaced(photos):
    found = find_inputs([str(photos / "b.jpg")]).found
    (photos / "b.png").write_bytes((photos / "a.png").read_bytes())  # a photo that is not read now
    with pytest.raises(CtpnError, match=r"b\.png is there, and no overlay of ctpn's; move it"):
        overlay_files(found, photos, folder=True)
    write_overlay(open_image(photos / "b.jpg"), [], photos / "b.png")
    assert overlay_files(found, photos, folder=True) == [photos / "b.png"]
    assert open_image(photos / "b.png").tolist() == open_image(photos / "b.jpg").tolist()  # the mark leaves the picture whole
    found = find_inputs([str(photos)])
    assert [Path(i.name).name for i in found.found] == ["a.png", "b.jpg"]  # an overlay is not read as a photo
    assert found.report() == [f"passed over 1, an overlay that ctpn wrote: {photos / 'b.png'}"]


@pytest.mark.parametrize("name", ["seen.png", "seen.jpg", "SEEN.JPEG"])
def test_a_file_of_that_name_stays_unless_it_is_an_overlay(photos, tmp_path, name):
    """As in `ctpn --overlay a.jpg b.jpg`, where somebody took the option for one without a name."""
    found, out = find_inputs([str(photos / "b.jpg")]).found, tmp_path / name
    out.write_bytes(b"")
    assert overlay_files(found, out, folder=False) == [out], "nothing is lost with an empty file"
    out.write_bytes((EXAMPLES / "waybill.jpg").read_bytes())
    with pytest.raises(CtpnError, match=f"{name} is there, and no overlay of ctpn's; move it, or give another place"):
        overlay_files(found, out, folder=False)
    write_overlay(open_image(photos / "b.jpg"), [], out)
    assert overlay_files(found, out, folder=False) == [out] and open_image(out).shape == open_image(photos / "b.jpg").shape
    assert OVERLAY in find_inputs([str(tmp_path)]).passed_over, "it is no photo of the folder"


@pytest.mark.parametrize("name", ["a.jpg", "a.webp"])
def test_a_format_that_cannot_hold_the_overlay_is_said(tmp_path, name):
    with pytest.raises(CtpnError, match=rf"{name}: \{name[1:]} cannot hold an overlay of 70000 x 4 pixels; give a name that ends in .png"):
        write_overlay(np.zeros((4, 70000, 3), np.uint8), [], tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_marks_of_a_long_image_are_as_large_as_of_a_photo():
    """Its long side would have made them cover the whole picture."""
    rgb, line = np.full((400, 40000, 3), 255, np.uint8), TextLine(box(20000, 180, 20400, 220), 0.9)
    assert (overlay(rgb, [line])[:, 20500:] == 255).all()


def test_the_overlay_of_a_very_large_photo_is_reduced(photos, tmp_path, monkeypatch):
    monkeypatch.setattr(item, "MAX_FULL_PIXELS", 100_000)
    read = read_item(Item("a", photos / "b.jpg", tmp_path / "seen.png"), ReadOptions(threads=1, text=False))
    seen, photo = open_image(tmp_path / "seen.png"), open_image(photos / "b.jpg")
    assert seen.shape == (-(-photo.shape[0] // 4), -(-photo.shape[1] // 4), 3) and len(read.page) > 3
    middles = [line.quad[:2].mean(0) / 4 for line in read.page]
    drawn = [np.abs(seen[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3].astype(int) - COLOUR).sum(2).min() < 120 for x, y in middles]
    assert all(drawn), "its lines are where they are in the photo"


def test_a_name_of_no_picture_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(CtpnError, match=r"seen\.doc: expected a picture's name"):
        overlay_files(inputs("a.jpg"), tmp_path / "seen.doc", folder=False)
