"""The command line in processes of its own, as a user starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parents[2]
QUICK = ("--threads", "1")


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without what decides encodings, and with the changes."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "PYTHONIO", "PYTHONUTF8"))}
    return {**kept, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **(changes or {})}


def ctpn(*args: object, env: Mapping[str, str] | None = None, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run `python -m ctpn`; stdout and stderr are captured unless `options` say otherwise."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 300, **options}
    return subprocess.run(arguments(args), env=environment(env), **options)


def started(*args: object, **options: Any) -> subprocess.Popen[bytes]:
    """`python -m ctpn` that runs while the test goes on, in a process group of its own; Ctrl-C counts even where it does not for the tests,
    as in a shell's background."""
    heeds_ctrl_c = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    options = {"preexec_fn": heeds_ctrl_c, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "start_new_session": True, **options}
    return Running(arguments(args), env=environment(), **options)


class Running(subprocess.Popen[bytes]):
    """A command that a failed test does not wait for."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind:
            self.kill()
        super().__exit__(kind, error, trace)


def arguments(args: Sequence[object]) -> list[str | bytes]:
    """The whole command."""
    return [sys.executable, "-m", "ctpn", *QUICK, *(a if isinstance(a, bytes) else str(a) for a in args)]


def workers_of(process: subprocess.Popen[bytes]) -> list[int]:
    """The process ids of its workers, which are all of its children but the one that tracks resources (Linux)."""
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
    return [int(pid) for pid in found if b"spawn_main" in _command_line(pid)]


def is_alive(pid: int) -> bool:
    """Whether a process is there, and not only waits to be counted."""
    return _state(pid) not in ("", "Z")


def is_waiting(pid: int) -> bool:
    """Whether a process sleeps, looked at after a moment."""
    time.sleep(0.02)
    return _state(pid) == "S"


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return ""


def _command_line(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something that another process does.

    Raises:
        TimeoutError: it has not come.
    """
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("it has not come")
        time.sleep(0.02)
