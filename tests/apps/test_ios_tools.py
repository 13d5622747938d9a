"""The scripts behind `make ios`: elsewhere they say what is missing and how to get it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "ios-demo"


def run(script, folder, tools, **variables):
    """A script where only these tools are there, and the cache is empty."""
    folder.mkdir()
    for tool in ("bash", "dirname", "mktemp", "rm", "cut", *tools):
        (folder / tool).symlink_to(shutil.which(tool))
    environment = {"PATH": str(folder), "HOME": str(folder)} | variables
    done = subprocess.run(["bash", DEMO / script], env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def test_without_debians_tools_it_says_so(tmp_path):
    code, out, message = run("tools/setup-swift.sh", tmp_path / "bin", [], SWIFT_ROOT=str(tmp_path / "swift"))
    assert (code, out) == (1, "") and "apt-get not found" in message and "Xcode" in message and message.count("\n") == 1


def test_without_npm_it_says_so(tmp_path):
    code, out, message = run("tools/setup-ort.sh", tmp_path / "bin", [], ORT_ROOT=str(tmp_path / "ort"))
    assert (code, out) == (1, "") and "npm not found" in message and "make android-tools" in message and message.count("\n") == 1


@pytest.mark.skipif(not (DEMO.parent / ".cache" / "swift-trixie" / "run").is_file(), reason="no Swift toolchain; make ios installs it")
def test_what_is_installed_is_found_at_once():
    done = subprocess.run([DEMO / "tools" / "setup-swift.sh"], capture_output=True, text=True, env=os.environ)
    assert done.stdout.strip().endswith(".cache/swift-trixie")
    done = subprocess.run([f"{done.stdout.strip()}/run", "swift", "--version"], capture_output=True, text=True)
    assert done.returncode == 0 and "Swift version 6" in done.stdout
