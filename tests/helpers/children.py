"""Processes of their own, for tests of what a command leaves that dies or finds the disk full."""

from __future__ import annotations

import os
from collections.abc import Callable


def in_a_child(work: Callable[[], int | None]) -> int:
    """Its wait status: `work` is done in a process of its own, whose exit code it gives."""
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        code = 70
        try:
            code = work() or 0
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1]
