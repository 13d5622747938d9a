"""Exports that are killed, find the disk full, or meet another one: what was there stays, or the new is there, whole."""

import os
import re
import signal
import sys
from pathlib import Path

import pytest
import torch

from ctpn.errors import ModelError
from ctpn.files import sha256
from export import executorch, exporter, torchscript
from export.coreml import __main__ as coreml
from export.exporter import export
from export.graph import RecognizerGraph
from export.onnx import __main__ as onnx
from export.onnx.model import write_model
from export.onnx.ort import convert
from export.staging import files_of, staged_directory
from tests.helpers.children import in_a_child
from tests.helpers.small_nets import DETECTOR, SIZE, detector, reader, use_small_samples

COMMANDS = {"onnx": onnx, "torchscript": torchscript, "coreml": coreml, "executorch": executorch}
NEEDS = {"coreml": "coremltools", "executorch": "executorch"}

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system with fork")


@pytest.fixture(autouse=True)
def small_samples(monkeypatch):
    use_small_samples(monkeypatch)


def killed_at(event, work):
    """Do `work` in a process that is killed when it touches the file system for the `event`th time; whether it came so far."""

    def counted():
        left = event

        def hook(name, _):
            nonlocal left
            if name in ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree", "tempfile.mkdtemp", "ctypes.dlsym"):
                left -= 1
                if not left:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        work()

    status = in_a_child(counted)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def fill(out, text):
    """A set of a file and a folder, as an export writes them: each in two writes."""
    with staged_directory(out) as folder:
        (folder / "package").mkdir()
        for file in (folder / "model", folder / "package" / "part", folder / "package" / f"of-{text}"):
            with file.open("w") as f:
                f.write(text)
                f.flush()
                f.write(text)


def test_killed_at_any_moment_the_old_or_the_new_is_there(tmp_path):
    fill(tmp_path, "old")
    seen = set()
    for event in range(1, 1000):
        died = killed_at(event, lambda: fill(tmp_path, "new"))
        file = (tmp_path / "model").read_text()
        folder = {f.name: f.read_text() for f in (tmp_path / "package").iterdir()}
        assert file in ("oldold", "newnew") and folder in ({"part": t * 2, f"of-{t}": t * 2} for t in ("old", "new"))
        seen.add((file, len(folder)))
        fill(tmp_path, "old")  # the next one works, and sweeps
        assert sorted(f.name for f in tmp_path.iterdir()) == ["model", "package"]
        if not died:
            break
    assert event > 20 and len(seen) == 2  # it was killed often, before and after the rename


def test_a_command_that_was_killed_leaves_nothing_that_stays(tmp_path):
    """The real one, at the beginning, in its midst, and while it moves its files: what has a name is whole."""
    for event in (10, 100, 200, 300, 400):
        killed_at(event, lambda: export(detector(), tmp_path, SIZE, torchscript.write_files))
        for file in tmp_path.glob("*.pt"):
            assert len(torch.jit.load(file)(torch.zeros(1, *SIZE, 3, dtype=torch.uint8))) == len(DETECTOR.outputs)
    export(detector(), tmp_path, SIZE, torchscript.write_files)
    assert not [f for f in tmp_path.iterdir() if f.name.startswith(".")]


def test_the_folder_of_a_command_that_runs_is_not_swept(tmp_path):
    with staged_directory(tmp_path) as ours:
        (ours / "a").write_text("ours")
        assert in_a_child(lambda: fill(tmp_path, "theirs")) == 0
        assert (ours / "a").read_text() == "ours"
    assert sorted(f.name for f in tmp_path.iterdir()) == ["a", "model", "package"]


def test_two_at_once_do_not_mix(tmp_path):
    def many(text):
        for i in range(20):
            fill_checked(tmp_path, f"{text}{i}")

    children = []
    for text in ("a", "b", "c"):
        child = os.fork()
        if not child:
            try:
                many(text)
                os._exit(0)
            finally:
                os._exit(70)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    assert (tmp_path / "sums").read_text() == f"{sha256(tmp_path / 'model')} {sha256(tmp_path / 'package' / 'part')}"
    assert sorted(f.name for f in tmp_path.iterdir()) == ["model", "package", "sums"]


def fill_checked(out, text):
    with staged_directory(out) as folder:
        (folder / "package").mkdir()
        (folder / "model").write_text(text)
        (folder / "package" / "part").write_text(text)
        (folder / "sums").write_text(f"{sha256(folder / 'model')} {sha256(folder / 'package' / 'part')}")


def in_a_command(name, out, said, *, before):
    """The wait status of the exporter's command in a process of its own, writing a small net into `out` after `before()`;
    what it says is in the file `said`."""
    pytest.importorskip(NEEDS.get(name, "torch"), reason="an optional package is not installed")
    net = detector()

    def work():
        sys.stderr = said.open("w", buffering=1)
        exporter.load = lambda name, weights=None: net
        before()
        return COMMANDS[name].main(["--model", "mobile", "--size", "64x96", "--out", str(out)])

    return in_a_child(work)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_is_an_error_in_one_line(name, tmp_path):
    """No file may become longer than 20 kB, which is what a full disk does to a write."""
    resource = pytest.importorskip("resource")
    out, said = tmp_path / "out", tmp_path / "said"
    status = in_a_command(name, out, said, before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)))
    last = said.read_text().replace("\r", "\n").strip().splitlines()[-1]
    assert os.WEXITSTATUS(status) == 1, last
    assert re.match(rf"export\.{name}: .*(File too large|Errno 27|is the disk full)", last)
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_killed_between_two_moves_what_has_a_name_is_whole(name, tmp_path):
    """As its sums say, which are still among the files that have no name yet."""
    out, said = tmp_path / "out", tmp_path / "said"

    def dies_at_the_second_move():
        moves = 0

        def hook(name, arguments):
            nonlocal moves
            if name == "os.rename" and Path(os.fsdecode(arguments[1])).parent == out:
                moves += 1
                if moves == 2:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)

    assert os.WIFSIGNALED(in_a_command(name, out, said, before=dies_at_the_second_move)), said.read_text()
    first, rest = sorted(out.iterdir(), key=lambda p: p.name.startswith("."))
    sums = dict(reversed(line.split("  ")) for line in next(rest.glob("*.sha256")).read_text().splitlines())
    assert {f.relative_to(out).as_posix(): sha256(f) for f in files_of(first)}.items() <= sums.items() and files_of(first)


def test_ort_on_a_full_disk(tmp_path):
    resource = pytest.importorskip("resource")
    write_model(RecognizerGraph(reader(), unrolled=False), tmp_path / "crnn.onnx", (32, 64), fixed_width=False)

    def full():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        try:
            convert(tmp_path / "crnn.onnx", tmp_path / "crnn.ort", accelerated=False)
        except ModelError:
            return 1
        return 0

    assert os.WEXITSTATUS(in_a_child(full)) == 1


def test_a_folder_may_take_the_place_of_a_file_and_the_other_way_round(tmp_path):
    for kind in ("file", "folder", "file"):
        with staged_directory(tmp_path) as folder:
            if kind == "file":
                (folder / "a").write_text("file")
            else:
                (folder / "a").mkdir()
    assert [(f.name, f.read_text()) for f in Path(tmp_path).iterdir()] == [("a", "file")]


def test_where_names_cannot_be_swapped_there_are_two_renames(tmp_path, monkeypatch):
    fill(tmp_path, "old")
    monkeypatch.setattr("export.staging._swap", lambda a, b: (_ for _ in ()).throw(OSError(22, "invalid argument")))
    fill(tmp_path, "new")
    assert sorted(f.name for f in (tmp_path / "package").iterdir()) == ["of-new", "part"]
    monkeypatch.setattr("export.staging._swap", lambda a, b: (_ for _ in ()).throw(PermissionError(1, "not permitted")))
    with pytest.raises(PermissionError):
        fill(tmp_path, "newer")
    assert sorted(f.name for f in (tmp_path / "package").iterdir()) == ["of-new", "part"]
