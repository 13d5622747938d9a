"""What `pip install` installs: ctpn alone, with what reading needs."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import ctpn
from tests.helpers.wheel import ROOT, build_wheel, tracked_files

DATA = {
    "ctpn/py.typed",
    "ctpn/contract/charset.txt",
    "ctpn/weights/mobile-int8.onnx",
    "ctpn/weights/crnn-int8.onnx",
    "ctpn/weights/mobile-int8.onnx.sha256",
    "ctpn/weights/crnn-int8.onnx.sha256",
    "ctpn/weights/mobile.json",
    "ctpn/weights/crnn.json",
}
INFO = f"ctpn-{ctpn.__version__}.dist-info/"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("no git checkout")
    with zipfile.ZipFile(build_wheel(tmp_path_factory.mktemp("wheel"))) as archive:
        yield archive


def test_the_wheel_holds_ctpn_and_what_reading_needs(wheel: zipfile.ZipFile) -> None:
    names = {name for name in wheel.namelist() if not name.startswith(INFO)}
    assert {name for name in names if not name.endswith(".py")} == DATA
    assert {Path(name).parts[0] for name in names} == {"ctpn"}


def test_every_module_of_ctpn_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    modules = {name for name in tracked_files() if name.startswith("ctpn/") and name.endswith(".py")}
    assert modules - set(wheel.namelist()) == set()


def test_the_wheel_installs_the_command_and_asks_for_four_packages(wheel: zipfile.ZipFile) -> None:
    assert "ctpn = ctpn.cli:main" in wheel.read(f"{INFO}entry_points.txt").decode()
    lines = wheel.read(f"{INFO}METADATA").decode().splitlines()
    needed = [line.split()[1] for line in lines if line.startswith("Requires-Dist") and "extra" not in line]
    assert sorted(name.split(">")[0] for name in needed) == ["numpy", "onnxruntime", "opencv-python-headless", "simplejpeg"]
