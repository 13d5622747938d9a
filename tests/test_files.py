"""Files are written atomically."""

import pytest

from ctpn.files import atomic_write, write


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    file = tmp_path / "new" / "a.txt"
    write(file, "old é")
    with pytest.raises(OSError, match="full"), atomic_write(file) as new:
        new.write_text("half of the n")
        raise OSError("disk full")
    assert file.read_text(encoding="utf-8") == "old é" and list(file.parent.iterdir()) == [file]
    write(file, b"new")
    assert file.read_bytes() == b"new" and list(file.parent.iterdir()) == [file]
