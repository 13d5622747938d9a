"""Files that appear whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def aside(out: Path) -> Iterator[Path]:
    """A fresh folder beside `out`'s files; when the block ends well all of it moves into `out`, otherwise nothing.

    Two commands at once do not meet, because each has a folder of its own and a rename replaces a file whole.
    """
    out.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".export-", dir=out))
    try:
        yield folder
        for file in sorted(folder.iterdir()):
            os.replace(file, out / file.name)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sha256(file: Path) -> str:
    """Hex digest of a file's bytes."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
