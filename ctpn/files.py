"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(file: Path) -> Iterator[Path]:
    """A name beside `file` to write to: when the block ends well it becomes `file`, otherwise it goes and `file` stays.

    Missing folders are made. Two processes that write the same file at once do not meet; one of them comes last.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        yield aside
        os.replace(aside, file)
    finally:
        aside.unlink(missing_ok=True)


def write(file: Path, data: bytes | str) -> None:
    """Write bytes, or text as UTF-8, whole or not at all."""
    with whole(file) as aside:
        aside.write_bytes(data.encode() if isinstance(data, str) else data)
