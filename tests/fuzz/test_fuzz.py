"""Some 500 seeded inputs, in each run the same, end in a result or in an error of one line; and the fuzzer notices what does not."""

import os
import time

import numpy as np
import pytest

from ctpn.errors import CtpnError
from tests.fuzz import __main__ as command
from tests.fuzz import frame, regions
from tests.fuzz.frame import KINDS, Case, run

COUNT = 500
pytestmark = pytest.mark.skipif(not os.path.exists("/proc/self/clear_refs"), reason="needs a system that tells a process's memory")


@pytest.mark.parametrize("kind", KINDS)
def test_every_input_ends_in_a_result_or_an_error(kind, tmp_path):
    outcomes = list(run((Case(kind, seed) for seed in range(COUNT // len(KINDS))), tmp_path))
    assert [o for o in outcomes if o.is_finding] == []
    ends = {o.end for o in outcomes}
    assert ends == {"result", "error"}  # or the inputs would be of little use
    assert [f.name for f in tmp_path.iterdir()] == ["printed"]


def hang(rng, folder):
    time.sleep(60)


def crash(rng, folder):
    os.abort()


def fill(rng, folder):
    (folder / "input").write_text("kept", encoding="utf-8")
    held = [np.ones(50_000_000) for _ in range(6)]  # 2.4 GB
    time.sleep(60)
    assert held


def raise_two_lines(rng, folder):
    raise CtpnError("two\nlines")


def divide(rng, folder):
    np.divide(np.ones(3), np.zeros(3))


def say(rng, folder):
    os.write(1, b"a word\n")


def fine(rng, folder):
    (folder / "input").write_text("removed", encoding="utf-8")


def as_a_fork(monkeypatch):
    """The worker begins with the memory of this process, which may have loaded torch before."""
    monkeypatch.setattr(frame, "START", "fork")
    monkeypatch.setattr(frame, "MAX_MEGABYTES", frame.MAX_MEGABYTES + frame._megabytes(None, "VmRSS"))


@pytest.mark.parametrize(
    ("check", "end", "detail"),
    [
        (hang, "hang", "more than 1 s"), (crash, "crash", "exit code -6"), (fill, "memory", "MB after"),
        (raise_two_lines, "exception", "not one line"), (divide, "exception", "RuntimeWarning"),
        (say, "exception", "it printed 'a word"), (fine, "result", ""),
    ],
    ids=lambda v: v.__name__ if callable(v) else None,
)  # fmt: skip
def test_what_ends_otherwise_is_a_finding(check, end, detail, tmp_path, monkeypatch):
    """The worker is a fork here, so that it has the changed check; the next case finds a new one."""
    monkeypatch.setattr(regions, "check", check)
    as_a_fork(monkeypatch)

    def cases():
        with monkeypatch.context() as patched:
            if check is hang:
                patched.setattr(frame, "MAX_SECONDS", 1.0)
                patched.setattr(frame, "PATIENCE", 1)
            yield Case("regions", 1)
        yield Case("specs", 1)

    first, second = run(cases(), tmp_path)
    assert first.end == end and detail in first.detail and first.is_finding == (end != "result")
    assert (tmp_path / "regions-1").is_dir() == first.is_finding and second.end in ("result", "error")


def test_the_command_counts_and_prints_findings(tmp_path, monkeypatch, capsys):
    as_a_fork(monkeypatch)
    assert command.main(["--count", "4", "--kind", "regions", "--out", str(tmp_path)]) == 0
    assert "0 findings; the slowest case took" in capsys.readouterr().out
    monkeypatch.setattr(regions, "check", divide)
    assert command.main(["--count", "1", "--seed", "7", "--kind", "regions", "--out", str(tmp_path)]) == 1
    assert "regions --seed 7: exception: Traceback" in capsys.readouterr().out and (tmp_path / "regions-7").is_dir()
