"""What permissions forbid, also where root runs the tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


@contextmanager
def bound_by_permissions(folder: Path) -> Iterator[None]:
    """Work in `folder` as somebody whom permissions bind: root becomes nobody, in this whole process, until the block ends.

    Names of files must be relative to the folder: those above it may be root's alone. What the block needs is imported before.
    """
    before, is_root = Path.cwd(), os.geteuid() == 0
    folder.chmod(0o755)
    os.chdir(folder)
    try:
        if is_root:
            os.seteuid(NOBODY)  # root's power to read everything goes with it
        yield
    finally:
        if is_root:
            os.seteuid(0)
        os.chdir(before)
