"""A staged directory: a set of files and folders that appears completely or not at all, whatever happens meanwhile."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PREFIX = ".export-"
NO_SWAP = (errno.ENOSYS, errno.EINVAL, errno.EXDEV, errno.EOPNOTSUPP)  # this system, or this file system, has none


@contextmanager
def staged_directory(out: Path) -> Iterator[Path]:
    """A fresh folder inside `out`; when the block ends well all that is in it moves to `out`, otherwise nothing does.

    Killed at any moment, each name in `out` holds what it held before or what it is to hold. Two commands at once have a folder each,
    and neither moves while the other does, so their sets do not mix. What a killed command left, the next one removes.

    Raises:
        OSError: the disk is full, or `out` cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise OSError(f"{out}: expected a folder, there or to be made, got: {e.strerror}; choose another --out") from None
    with ExitStack() as ours:
        with _locked(out):  # nobody may sweep our folder away before it is locked
            _sweep(out)
            folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=out))
            ours.callback(shutil.rmtree, folder, ignore_errors=True)
            ours.enter_context(_locked(folder))
        yield folder
        _flush(folder)
        with _locked(out):
            for new in sorted(folder.iterdir()):
                move_into_place(new, out / new.name)


def move_into_place(new: Path, place: Path) -> None:
    """Move a file or a folder to its place in one step; a folder that was there ends up as `new`."""
    if place.exists() and (new.is_dir() or place.is_dir()):
        _exchange(new, place)
    else:
        os.replace(new, place)


def files_of(path: Path) -> list[Path]:
    """A file itself, or all files under a folder, for some formats are folders."""
    return sorted(f for f in path.rglob("*") if f.is_file()) if path.is_dir() else [path]


@contextmanager
def _locked(folder: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold a folder's lock, which the system takes back when we are killed; False where folders cannot be locked.

    Raises:
        BlockingIOError: another process holds it and `wait` is False.
    """
    if fcntl is None:
        yield False
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield _lock(handle, wait)
    finally:
        os.close(handle)


def _lock(handle: int, wait: bool) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        raise
    except OSError:  # NFS
        return False
    return True


def _sweep(out: Path) -> None:
    """Remove the folders of commands that were killed: nobody holds their locks."""
    for left in out.glob(f"{PREFIX}*"):
        with suppress(OSError), _locked(left, wait=False) as abandoned:  # in use, or its owner has just removed it
            if abandoned:
                shutil.rmtree(left, ignore_errors=True)


def _flush(folder: Path) -> None:
    """Wait until the disk has the files: some file systems tell only then that they are full."""
    for file in files_of(folder):
        with file.open("rb+") as handle:
            os.fsync(handle.fileno())


def _exchange(a: Path, b: Path) -> None:
    """Swap two names, in one step; where the system has none, there is a moment in which b is missing."""
    try:
        _swap(a, b)
    except OSError as e:
        if e.errno not in NO_SWAP:
            raise
        old = a.with_name(f"{a.name}.old")
        os.rename(b, old)
        os.rename(a, b)
        os.rename(old, a)


def _swap(a: Path, b: Path) -> None:
    libc: Any = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None
    first, second = os.fsencode(a), os.fsencode(b)
    if hasattr(libc, "renamex_np"):  # macOS: RENAME_SWAP
        failed = libc.renamex_np(first, second, 2)
    elif hasattr(libc, "renameat2"):  # Linux: RENAME_EXCHANGE, both relative to the working folder
        failed = libc.renameat2(-100, first, -100, second, 2)
    else:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if failed:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(b))
