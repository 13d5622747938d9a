"""Resident memory of a process and of those that it started (Linux)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


def family(pid: int) -> list[int]:
    """A process and its reader processes."""
    found = [pid]
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == pid and b"spawn_main" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:  # it has ended meanwhile
            continue
    return found


def megabytes(pids: Sequence[int]) -> float:
    """Resident memory of processes; one that has ended has none."""
    return sum(map(_pages, pids)) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _pages(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
