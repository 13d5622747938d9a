"""Runs cases in a worker process, and says which did not end as they must: in a result, or in a CtpnError of one line.

A kind of case is a module with `check(rng, folder)`: it makes an input from the random numbers, writes to the folder what it needs,
and gives it to the product. A case is a kind and a seed, so it can be run again. The folder of a finding is kept.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sys
import time
import traceback
import warnings
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from ctpn.errors import CtpnError

KINDS = ("bundles", "models", "pictures", "regions", "specs")
MAX_SECONDS = 20.0  # of the processor; the other programs of a busy machine are not the case's fault
PATIENCE = 6  # times as long may it take in all, also when it only waits
MAX_MEGABYTES = 1000
START = "spawn"  # a fork would begin with the memory of whoever starts it


@dataclass(frozen=True)
class Case:
    """One input: what it is, and the seed that it is made from."""

    kind: str
    seed: int


@dataclass(frozen=True)
class Outcome:
    """How a case ended.

    Attributes:
        end: "result" or "error" as they must be; else "crash" (the process died), "hang", "memory" or "exception".
        detail: of an error its message, of an exception its trace, of a crash the exit code.
        seconds, megabytes: what it took; the memory is that of the whole worker.
    """

    case: Case
    end: str
    detail: str
    seconds: float
    megabytes: int

    @property
    def is_finding(self) -> bool:
        """Whether it ended otherwise than it must."""
        return self.end not in ("result", "error")


def run(cases: Iterable[Case], folder: Path) -> Iterator[Outcome]:
    """Run cases one after another; the inputs of findings stay in `folder`, each in a folder of its own."""
    worker = _Worker(folder)
    try:
        for case in cases:
            yield worker.run(case)
    finally:
        worker.stop()


class _Worker:
    """A process that runs cases, and is replaced when it has died or was killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._context = multiprocessing.get_context(START)
        self._start()

    def _start(self) -> None:
        self._pipe, theirs = self._context.Pipe()
        self._process = self._context.Process(target=_serve, args=(theirs, self.folder), daemon=True)
        self._process.start()
        theirs.close()
        self._pipe.recv()  # the imports are done

    def stop(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def run(self, case: Case) -> Outcome:
        start, used, most = time.monotonic(), _seconds(self._process.pid), 0
        self._pipe.send(case)
        end, detail = "hang", f"more than {MAX_SECONDS:g} s"
        while (seconds := time.monotonic() - start) < PATIENCE * MAX_SECONDS and _seconds(self._process.pid) - used < MAX_SECONDS:
            if self._pipe.poll(0.05):
                try:
                    end, detail, peak = self._pipe.recv()
                except EOFError:
                    self._process.join()
                    end, detail, peak = "crash", f"exit code {self._process.exitcode}", most
                most = max(most, peak)
                break
            most = max(most, _megabytes(self._process.pid, "VmRSS"))
            if most > MAX_MEGABYTES:
                break
        if most > MAX_MEGABYTES:
            end, detail = "memory", f"{most} MB after {seconds:.1f} s"
        outcome = Outcome(case, end, detail, time.monotonic() - start, most)
        if outcome.is_finding:
            self.stop()
            self._start()
        else:
            shutil.rmtree(_place(self.folder, case), ignore_errors=True)
        return outcome


def _place(folder: Path, case: Case) -> Path:
    return folder / f"{case.kind}-{case.seed}"


def _megabytes(pid: int | None, name: str) -> int:
    """VmRSS (now) or VmHWM (the most since it was last reset) of a process; 0 if it has ended or the system does not say."""
    try:
        lines = Path(f"/proc/{pid or 'self'}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith(f"{name}:")), 0)


def _seconds(pid: int | None) -> float:
    """Of the processor, which a process has used; 0 if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _print_to(file: Path) -> None:
    """Let what this process prints to stdout, also from C++, go to a new file: a reading prints nothing where a program's output goes."""
    sys.stdout.flush()
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.close(descriptor)


def _serve(pipe: Connection, folder: Path) -> None:
    """The worker: runs what it is sent until the pipe is closed."""
    printed = folder / "printed"
    _print_to(printed)
    modules = {kind: import_module(f"tests.fuzz.{kind}") for kind in KINDS}
    warnings.simplefilter("error", RuntimeWarning)  # a division by zero in the middle of a reading is a finding too
    pipe.send("ready")
    while True:
        try:
            case: Case = pipe.recv()
        except EOFError:
            return
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # VmHWM begins anew
        place = _place(folder, case)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        rng = np.random.default_rng([case.seed, zlib.crc32(case.kind.encode())])
        end, detail = "result", ""
        try:
            modules[case.kind].check(rng, place)
        except CtpnError as e:
            end, detail = "error", str(e)
            if not detail or len(detail.splitlines()) != 1 or len(detail) > 2000:
                end, detail = "exception", f"an error that is not one line: {detail[:500]!r}"
        except BaseException:
            end, detail = "exception", traceback.format_exc()
        if end in ("result", "error") and printed.stat().st_size:
            end, detail = "exception", f"it printed {printed.read_text(encoding='utf-8', errors='replace')[:500]!r}"
        pipe.send((end, detail, _megabytes(None, "VmHWM")))
