"""The wheel as a user gets it, built from what git tracks."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def tracked_files() -> list[str]:
    """Names of the files that git tracks and that are there, relative to the checkout."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout.split("\0")
    return [name for name in listed if name and (ROOT / name).is_file()]


def build_wheel(folder: Path) -> Path:
    """Build the wheel in a copy of the tracked files, so that nothing else in this checkout can get into it.

    Args:
        folder: an empty folder for the copy and the wheel.

    Returns:
        Path of the wheel.
    """
    source = folder / "source"
    for name in tracked_files():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, source / name)
    # Without build isolation: this environment has setuptools, and nothing needs to be fetched.
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    done = subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(source)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the wheel cannot be built: {done.stderr[-4000:]}")
    (wheel,) = folder.glob("*.whl")
    return wheel
