"""One thread, and the same examples in every run; and a bundle and the Android app, made once for all who look at them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before anything loads numpy or torch

import cv2
import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]
ANDROID_TOOLS = ("javac", "mvn", "npm", "zip", "unzip", "aapt2", "zipalign", "apksigner")

cv2.setNumThreads(1)
settings.register_profile("house", derandomize=True, deadline=None, database=None)
settings.load_profile("house")


@pytest.fixture(scope="session")
def shipped_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a bundle of what ships, for tests that change nothing in it."""
    from export.bundle import main

    folder = tmp_path_factory.mktemp("bundle") / "made"
    assert main(["--out", str(folder)]) == 0
    return folder


@pytest.fixture(scope="session")
def apk() -> Path:
    """Path of the APK for phones and emulators; all tests of core, reader and app have passed."""
    lacking = [tool for tool in ANDROID_TOOLS if not shutil.which(tool)]
    if lacking:
        pytest.skip(f"{', '.join(lacking)} not found; on Debian: make android-tools")
    here = f"BIN={Path(sys.executable).parent}"  # this environment, as it is
    done = subprocess.run(["make", "-s", "-o", ".venv/ready", here, "android"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-8000:]
    return Path(done.stdout.splitlines()[-1])
