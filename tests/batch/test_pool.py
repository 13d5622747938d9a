"""Several processes: one that dies is replaced, the photo that it had is named, and none outlives the command."""

import contextlib
import json
import os
import signal
from pathlib import Path

import cv2
import pytest

from ctpn.batch.bulk import ReadOptions
from ctpn.batch.item import Item
from ctpn.batch.pool import outcomes
from tests.helpers.command import ctpn, is_alive, started, wait_until, workers_of

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    file = tmp_path_factory.mktemp("photos") / "a.png"
    cv2.imwrite(str(file), cv2.imread(str(EXAMPLES / "waybill.jpg"))[240:330, :500])
    return file


class Deadly(bytes):
    """Bytes that end the process which receives them."""

    def __new__(cls, how):
        self = super().__new__(cls, b"x")
        self.how = how
        return self

    def __reduce__(self):
        return self.how


def die(how):
    """As the kernel does for lack of memory, as a fault in a library, or as a library that gives up."""
    if how == "exit":
        os._exit(3)
    os.kill(os.getpid(), how)


@pytest.mark.parametrize(
    ("how", "said"),
    [(signal.SIGKILL, "SIGKILL, perhaps for lack of memory"), (signal.SIGSEGV, "SIGSEGV"), ("exit", "exit code 3")],
    ids=["killed", "fault", "exit"],
)
@pytest.mark.parametrize("deadly", [[0], [1, 2], [4], [0, 1, 2, 3, 4]], ids=str)
def test_a_process_that_dies_is_replaced_and_its_photo_named(photo, how, said, deadly):
    items = [Item(f"{i}", Deadly((die, (how,))) if i in deadly else photo) for i in range(5)]
    found = list(outcomes(items, ReadOptions(threads=1, text=False), 2))
    assert [o.name for o in found] == ["0", "1", "2", "3", "4"] and [i for i, o in enumerate(found) if o.page is None] == deadly
    for i in deadly:
        assert found[i].error == f"{i}: the process that read it has died ({said}); read it alone, or give fewer --jobs"


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_unforeseen_error_ends_one_photo_alone(photo, jobs):
    items = [Item("a", photo), Item("b", photo, overlay=3), Item("c", photo)]
    found = list(outcomes(items, ReadOptions(threads=1, text=False), jobs))
    assert [bool(o.error) for o in found] == [False, True, False] and [len(o.page) for o in found] == [1, 1, 1]
    assert found[1].error.startswith("b: failed by an error of the program (AttributeError: ") and found[1].error.endswith(
        "please report it"
    )


def test_a_killed_worker_of_the_command(photo, tmp_path):
    """The photo that it reads is a pipe to which nobody writes, so that it is known who reads it."""
    pipe = tmp_path / "never.png"
    os.mkfifo(pipe)
    ours = os.open(pipe, os.O_RDWR)
    with started("--json", "--jobs", 2, photo, photo, pipe, *[photo] * 4) as process:
        wait_until(lambda: any(has_open(pid, pipe) for pid in workers_of(process)))
        (holder,) = (pid for pid in workers_of(process) if has_open(pid, pipe))
        os.kill(holder, signal.SIGKILL)
        output, errors = process.communicate(timeout=120)
    os.close(ours)
    results = [json.loads(line) for line in output.splitlines()]
    assert process.returncode == 1 and ["error" in r for r in results] == [False, False, True, *[False] * 4]
    assert errors.decode() == f"ctpn: {results[2]['error']}\n" and str(pipe) in results[2]["error"] and "SIGKILL" in results[2]["error"]


def has_open(pid, file):
    """Whether a process has a file open (Linux)."""
    try:
        return str(file) in [os.readlink(fd) for fd in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:  # it, or what it had open, is gone
        return False


def feed(pipe, data):
    """Write to a named pipe if somebody waits there now; never says that all are served, for a second one may come later."""
    try:
        descriptor = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:  # nobody has it open
        return False
    os.set_blocking(descriptor, True)
    with contextlib.suppress(BrokenPipeError), open(descriptor, "wb", buffering=0) as file:
        file.write(data)
    return False


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT, "a reader that has ended"], ids=str)
@pytest.mark.parametrize("busy", [True, False])
def test_workers_end_with_the_command(photo, tmp_path, how, busy):
    os.mkfifo(tmp_path / "never")
    waiting = [tmp_path / "never"] * 2 if busy else [tmp_path / "never", photo]
    with started("--json", "--jobs", 2, photo, *waiting, photo, photo) as process:
        process.stdout.readline()
        workers = workers_of(process)
        assert len(workers) == 2 and all(map(is_alive, workers))
        if isinstance(how, str):
            process.stdout.close()
            wait_until(lambda: feed(tmp_path / "never", photo.read_bytes()) or not any(map(is_alive, workers)), 60)
        else:
            process.send_signal(how)
        wait_until(lambda: not any(map(is_alive, workers)), 60)
        process.wait(60)
    assert process.returncode == {signal.SIGTERM: -15, signal.SIGKILL: -9, signal.SIGINT: 130}.get(how, 1)


def test_what_only_the_command_has_open_is_read_with_jobs_too(photo):
    """As by `ctpn <(cat a.png) a.png` in a shell."""
    ours, theirs = os.pipe()
    os.write(theirs, photo.read_bytes())
    os.close(theirs)
    done = ctpn("--json", "--jobs", 2, f"/dev/fd/{ours}", photo, pass_fds=[ours])
    os.close(ours)
    piped, named = (json.loads(line) for line in done.stdout.splitlines())
    assert done.returncode == 0 and piped["lines"] == named["lines"] != []
