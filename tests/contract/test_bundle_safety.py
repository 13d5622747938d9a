"""Writing a bundle is stopped, by a full disk or by a kill: the old bundle is there, the new one, or none; never a part of one."""

import json
import os
import shutil
import signal
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from ctpn.contract.bundle import open_bundle
from ctpn.contract.manifest import MANIFEST
from export.bundle import main
from export.staging import staged_directory
from tests.helpers.children import in_a_child

ROOT = Path(__file__).parents[2]
# In their order; a model has its net's name until it is moved.
WRITTEN = (
    "mobile.onnx", "crnn.onnx", "detector.spec.json", "recognizer.spec.json", "charset.txt", "golden.png", "golden.json", MANIFEST,
)  # fmt: skip
# A bundle is written where none was or in the place of an old one, and killed right before something is done to a name.
MOMENTS = (
    ("tempfile.mkdtemp", ".export-*"), ("open w", "mobile.onnx"), ("os.rename", "recognizer.onnx"), ("open w", "golden.json"),
    ("open w", MANIFEST), ("open r", MANIFEST), ("open r+", MANIFEST),
)  # fmt: skip
KILLS = [
    *((before, event, name, before) for before in ("none", "old") for event, name in MOMENTS),  # written, verified, flushed
    ("none", "os.rename", "bundle", "none"), ("old", "ctypes.dlsym", "rename*", "old"),  # about to take its place
    ("none", "shutil.rmtree", ".export-*", "new"), ("old", "shutil.rmtree", ".export-*", "new"),  # it has its place
    ("old", "os.remove", "golden.png", "new"),  # the old one is being removed
]  # fmt: skip

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system with fork")]
resource = pytest.importorskip("resource", reason="needs a system that limits its processes")


def old(shipped_bundle, place):
    """A bundle that is another than the new one will be."""
    folder = shutil.copytree(shipped_bundle, place / "bundle")
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    (folder / MANIFEST).write_text(json.dumps(manifest | {"version": "old"}), encoding="utf-8")
    return folder


def found(folder):
    """Which bundle is there, whole."""
    if not folder.exists():
        return "none"
    return "old" if open_bundle(folder).manifest.version == "old" else "new"


def right_before(event, name, act):
    """Call `act` when this process is about to do that to a file or function whose name fits; "open" goes with its mode."""

    def hook(happens, arguments):
        happens = f"open {arguments[1]}" if happens == "open" else happens
        names = (Path(os.fsdecode(a)).name for a in arguments if isinstance(a, (str, bytes, os.PathLike)))
        if happens.startswith(event) and any(fnmatch(n, name) for n in names):
            act()

    sys.addaudithook(hook)


def written(out, before):
    """Wait status and words of the command that writes a bundle, in a process of its own, after `before()`."""
    ours, theirs = os.pipe()

    def work():
        sys.stderr = os.fdopen(theirs, "w", buffering=1)
        before()
        return main(["--out", str(out)])

    status = in_a_child(work)
    os.close(theirs)
    with os.fdopen(ours) as said:
        return status, said.read()


def full():
    """No file may become longer than 100 bytes, which is what a full disk does to a write."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


def test_on_a_full_disk_there_is_one_line_and_no_bundle(tmp_path):
    command = [sys.executable, "-m", "export.bundle", "--out", str(tmp_path / "bundle")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, preexec_fn=full)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    assert done.stderr.startswith(f"export.bundle: {tmp_path / 'bundle'}: ") and "File too large" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", WRITTEN)
def test_whichever_file_finds_the_disk_full_the_old_bundle_stays(name, shipped_bundle, tmp_path):
    out = old(shipped_bundle, tmp_path)
    status, said = written(out, lambda: right_before("open w", name, full))
    assert (os.waitstatus_to_exitcode(status), said.count("\n")) == (1, 1), said
    assert said.startswith(f"export.bundle: {out}: ") and "File too large" in said
    assert found(out) == "old" and [f.name for f in tmp_path.iterdir()] == ["bundle"]


@pytest.mark.parametrize(("before", "event", "name", "left"), KILLS)
def test_killed_at_any_moment_the_old_or_the_new_is_there(before, event, name, left, shipped_bundle, tmp_path):
    out = old(shipped_bundle, tmp_path) if before == "old" else tmp_path / "bundle"
    status, said = written(out, lambda: right_before(event, name, lambda: os.kill(os.getpid(), signal.SIGKILL)))
    assert os.WIFSIGNALED(status), said
    assert found(out) == left
    with staged_directory(tmp_path):  # as the next command does: it sweeps
        pass
    assert [f.name for f in tmp_path.iterdir()] == ["bundle"] * (left != "none") and found(out) == left


def test_after_a_kill_the_next_one_works(tmp_path):
    out = tmp_path / "bundle"
    status, _ = written(out, lambda: right_before("open r+", MANIFEST, lambda: os.kill(os.getpid(), signal.SIGKILL)))
    assert os.WIFSIGNALED(status) and [f.name[:8] for f in tmp_path.iterdir()] == [".export-"]
    assert written(out, lambda: None) == (0, "")
    assert found(out) == "new" and [f.name for f in tmp_path.iterdir()] == ["bundle"]
