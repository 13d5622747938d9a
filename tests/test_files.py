"""Files are written atomically."""

import os
from pathlib import Path

import pytest

from ctpn.errors import CtpnError
from ctpn.files import advice, atomic_write, refuse_overwrite, write


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    file = tmp_path / "new" / "a.txt"
    write(file, "old é")
    with pytest.raises(OSError, match="full"), atomic_write(file) as new:
        new.write_text("half of the n")
        raise OSError("disk full")
    assert file.read_text(encoding="utf-8") == "old é" and list(file.parent.iterdir()) == [file]
    write(file, b"new")
    assert file.read_bytes() == b"new" and list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("link", [os.link, os.symlink, None])
def test_an_output_is_no_input_by_any_name(tmp_path, link):
    write(tmp_path / "a", "a")
    out = tmp_path / "b" if link else tmp_path / "." / "a"
    if link:
        link(tmp_path / "a", out)
    with pytest.raises(CtpnError, match=r"would write over .*a, which is read; give another place"):
        refuse_overwrite(out, [tmp_path / "none", tmp_path / "a"])
    write(tmp_path / "c", "a")
    refuse_overwrite(tmp_path / "c", [tmp_path / "a", Path("none")])
    refuse_overwrite(tmp_path / "new", [tmp_path / "a"])


@pytest.mark.parametrize("action", ["read_bytes", "write_bytes", "mkdir"])
@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("file/x", "no folder"), ("n" * 300, "a shorter name"), ("loop/x", "leads to itself"), ("", "it is a folder|no folder"),
        ("none/x", "check the path"),
    ],
)  # fmt: skip
def test_advice_fits_the_cause(tmp_path, action, place, words):
    write(tmp_path / "file", "")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError) as e:
        getattr(tmp_path / place, action)(*([b""] if action == "write_bytes" else []))
    assert any(word in advice(e.value) for word in words.split("|"))
