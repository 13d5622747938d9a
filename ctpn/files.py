"""Writing files atomically: a reader sees the old file or the complete new one."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUM = ".sha256"  # ending of the file with a file's sum


@contextmanager
def atomic_write(file: Path) -> Iterator[Path]:
    """A name beside `file` to write to: when the block ends well it becomes `file`, otherwise it is removed and `file` stays as it was.

    Missing folders are made. Several processes and threads may write the same file at once; the last one remains.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        yield new
        os.replace(new, file)
    finally:
        new.unlink(missing_ok=True)


def write(file: Path, data: bytes | str) -> None:
    """Write bytes, or text as UTF-8, atomically."""
    with atomic_write(file) as new:
        new.write_bytes(data.encode() if isinstance(data, str) else data)


def write_sum(file: Path) -> None:
    """Write the sum of a file beside it, as `sha256sum FILE` prints it; `ctpn.runtime.sums` reads it."""
    write(file.with_name(file.name + SUM), f"{sha256(file)}  {file.name}\n")


def sha256(file: Path) -> str:
    """Hex digest of a file's bytes."""
    digest = hashlib.sha256()
    with file.open("rb") as f:
        while part := f.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()
