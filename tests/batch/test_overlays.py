"""Overlays are never written over a photo, over each other, or over what somebody else has made."""

import os
import shutil
from pathlib import Path

import pytest

from ctpn.batch.inputs import Input, find_inputs
from ctpn.batch.overlays import overlay_files
from ctpn.errors import CtpnError
from ctpn.imaging.decode import open_image
from ctpn.output.overlay import write_overlay

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


def test_a_name_of_no_picture_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(CtpnError, match=r"seen\.doc: expected a picture's name"):
        overlay_files(inputs("a.jpg"), tmp_path / "seen.doc", folder=False)
