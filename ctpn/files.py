"""Writing files atomically: a reader sees the old file or the complete new one. What to do about errors of the file system."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ctpn.errors import CtpnError

SUM = ".sha256"  # ending of the file with a file's sum
ADVICE = {
    errno.ENOSPC: "make room on that disk",
    errno.EFBIG: "raise the limit of a file's size (ulimit -f), or choose another disk",
    errno.EACCES: "check its permissions",
    errno.EPERM: "check its permissions",
    errno.EROFS: "that disk can only be read, choose another place",
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "a part of the path is no folder, check the path",
    errno.EEXIST: "a part of the path is no folder, check the path",
    errno.EISDIR: "it is a folder, give a file",
    errno.ENAMETOOLONG: "give a shorter name",
    errno.ELOOP: "it is a link that leads to itself, give the file",
    errno.EMFILE: "too many files are open, raise the limit (ulimit -n)",
    errno.ENXIO: "nobody is at its other end",
    errno.EIO: "the disk or the connection fails, copy the file from another place",
}


def advice(error: OSError) -> str:
    """What to do about an error of the file system, such as "make room on that disk"."""
    return ADVICE.get(error.errno or 0, "check the path and the disk")


def refuse_overwrite(out: Path, inputs: Iterable[Path]) -> None:
    """Check that an output is none of the inputs, also not by a link or by another spelling of its name.

    Raises:
        CtpnError: it is one.
    """
    if not out.exists():
        return
    for file in inputs:
        if file.exists() and os.path.samefile(file, out):
            raise CtpnError(f"{out}: would write over {file}, which is read; give another place")


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
