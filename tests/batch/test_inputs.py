"""What the names on a command line stand for: folders, wildcards, stdin; and what is passed over is said."""

import io
import os
import sys
from pathlib import Path

import pytest

from ctpn.batch import inputs
from ctpn.batch.inputs import find_inputs
from ctpn.imaging import limits
from ctpn.imaging.kind import HEAD_BYTES, KINDS, picture_kind
from ctpn.imaging.limits import MAX_PIXELS, Limits
from tests.helpers.users import bound_by_permissions

EXAMPLES = Path(__file__).parents[2] / "examples"
JPEG = (EXAMPLES / "sign.jpg").read_bytes()
HEADS = {  # the first bytes of real files
    "JPEG": JPEG[:HEAD_BYTES],
    "PNG": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "GIF": b"GIF89a\x10\0",
    "TIFF": b"II*\0\x08\0\0\0",
    "WebP": b"RIFF\x24\0\0\0WEBPVP8 ",
    "BMP": b"BM\x8a\x30\0\0\0\0\0\0\x8a\0\0\0\x7c\0\0\0",
    "HEIC": b"\0\0\0\x24ftypheic\0\0\0\0",
    "AVIF": b"\0\0\0\x1cftypavif\0\0\0\0",
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n",
    "JPEG XL": b"\xff\x0a\x7f",
    "PDF": b"%PDF-1.7\n",
    "PNM": b"P6\n# by hand\n3 4\n",
    "Radiance HDR": b"#?RADIANCE\n",
    "OpenEXR": b"\x76\x2f\x31\x01\x02",
    "Sun raster": b"\x59\xa6\x6a\x95\0",
    "Photoshop": b"8BPS\0\x01",
}


def names(found):
    return [i.name for i in found.found]


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_known_by_its_content(tmp_path, kind):
    (tmp_path / "photo").write_bytes(HEADS[kind])
    assert picture_kind(HEADS[kind]) == kind and names(find_inputs([str(tmp_path)])) == [str(tmp_path / "photo")]


@pytest.mark.parametrize(
    "content",
    [b"", b"text", b"BM is short for bitmap, isn't it?", b"P1 is a place to park", b"RIFF\0\0\0\0WAVE", b"\0\0\0\x20ftypisom", b"PK\3\4"],
)
def test_what_is_no_picture_is_passed_over_and_said(tmp_path, content):
    (tmp_path / "a.jpg").write_bytes(JPEG)
    (tmp_path / "other").write_bytes(content)
    found = find_inputs([str(tmp_path)])
    assert names(found) == [str(tmp_path / "a.jpg")]
    assert found.report() == [f"passed over 1, no picture by its content: {tmp_path / 'other'}"]


def test_each_reason_is_said_with_ten_names_and_the_rest_counted(tmp_path):
    (tmp_path / "a").write_bytes(JPEG)
    (tmp_path / ".hidden.jpg").write_bytes(JPEG)
    (tmp_path / "sub").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")  # to open it would wait for ever
    for i in range(12):
        (tmp_path / f"n{i:02d}.txt").write_text("text", encoding="utf-8")
    report = find_inputs([str(tmp_path)]).report()
    assert report == [
        f"passed over 1, hidden: {tmp_path / '.hidden.jpg'}",
        f"passed over 12, no picture by its content: {', '.join(str(tmp_path / f'n{i:02d}.txt') for i in range(10))} and 2 more",
        f"passed over 1, no regular file: {tmp_path / 'pipe.jpg'}",
        f"passed over 1, a folder: give --recursive: {tmp_path / 'sub'}",
    ]


def test_what_is_named_like_a_picture_or_cannot_be_opened_is_not_passed_over(tmp_path):
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "nowhere.txt").symlink_to(tmp_path / "gone")
    found = find_inputs([str(tmp_path)])
    assert names(found) == [str(tmp_path / "empty.jpg"), str(tmp_path / "nowhere.txt")] and not found.report()


def test_recursion_follows_links_and_ends_in_loops(tmp_path):
    for folder in ("a", "a/b", "c"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "p").write_bytes(JPEG)
    (tmp_path / "a" / "b" / "back").symlink_to(tmp_path)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a")
    (tmp_path / "d").symlink_to(tmp_path / "c")
    (tmp_path / "o").symlink_to("o")
    found = find_inputs([str(tmp_path)], recursive=True)
    assert names(found) == [str(tmp_path / p) for p in ("a/b/p", "a/p", "c/p", "o")]
    assert [str(i.place) for i in found.found] == ["a/b/p", "a/p", "c/p", "o"]
    assert found.passed_over == {inputs.LOOP: [str(tmp_path / p) for p in ("a/b/back", "a/self", "d")]}


def test_folders_without_a_picture_fail_and_the_others_are_read(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.jpg").write_bytes(JPEG)
    found = find_inputs([str(tmp_path / "empty"), str(tmp_path / "a.jpg")])
    assert [bool(i.error) for i in found.found] == [True, False]
    assert found.found[0].error.startswith(f"{tmp_path / 'empty'}: no picture in this folder; ")


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path):
    (tmp_path / "shut").mkdir(mode=0)
    (tmp_path / "z").write_bytes(JPEG)
    with bound_by_permissions(tmp_path):
        found = find_inputs(["."], recursive=True)
    assert names(found) == ["shut", "z"] and not found.found[1].error
    assert found.found[0].error == "shut: the folder cannot be read (Permission denied); check its permissions"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.jpg", ["a.jpg", "b.jpg"]),
        ("?.png", ["c.png"]),
        ("**/*.jpg", ["a.jpg", "b.jpg", "sub/d.jpg"]),
        ("a[1].jpg", ["a[1].jpg"]),
        ("*.gif", ["*.gif"]),
        ("s*", ["sub/d.jpg"]),
    ],
)
def test_wildcards_that_the_shell_has_not_expanded(tmp_path, pattern, expected):
    (tmp_path / "sub").mkdir()
    for name in ("a.jpg", "b.jpg", "c.png", "sub/d.jpg", *(["a[1].jpg"] if pattern.startswith("a") else [])):
        (tmp_path / name).write_bytes(JPEG)
    assert names(find_inputs([str(tmp_path / pattern)])) == [str(tmp_path / name) for name in expected]


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Broken(io.RawIOBase):
    def readable(self):
        return True

    def readinto(self, buffer):
        raise OSError(5, "Input/output error")


@pytest.mark.parametrize(
    ("stdin", "message"),
    [
        (None, "stdin is closed"), (Terminal(), "stdin is a terminal"), (io.TextIOWrapper(io.BytesIO()), "no bytes came from stdin"),
        (io.TextIOWrapper(io.BufferedReader(Broken())), "stdin cannot be read (Input/output error)"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_a_stdin_that_gives_nothing_is_said(monkeypatch, name, stdin, message):
    monkeypatch.setattr(sys, "stdin", stdin)
    (found,) = find_inputs([name]).found
    assert found.error.startswith(f"{name}: {message}")


def test_the_limit_of_a_file_s_bytes_holds_for_stdin_and_rises_with_the_one_for_pixels(monkeypatch):
    monkeypatch.setattr(limits, "MAX_BYTES", len(JPEG))
    for factor in (1, 2):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(JPEG)))
        (found,) = find_inputs(["-"], limits=Limits(factor * MAX_PIXELS)).found
        assert ("raise --max-pixels" in found.error, found.source == JPEG) == (factor == 1, factor == 2)


def test_a_name_that_is_empty_is_no_folder():
    (found,) = find_inputs([""]).found
    assert found.error == "'': expected the name of a file, got an empty one"


def test_stdin_is_read_once(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(JPEG)))
    first, second = find_inputs(["-", "/dev/stdin"]).found
    assert first.source == JPEG and not first.error and second.error == "/dev/stdin: stdin can be read once; give it once"
