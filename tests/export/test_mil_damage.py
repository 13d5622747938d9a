"""The evaluator of Core ML packages: what is damaged is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ctpn.errors import CtpnError
from export.mil.program import Program
from tests.helpers.mil_case import conv, package, picture

MODEL, WEIGHTS = (Path("Data", "com.apple.CoreML", *p) for p in (("model.mlmodel",), ("weights", "weight.bin")))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("mil") / "a.mlpackage"
    package(out, conv((4, 3, 3, 3), pad_type="valid"))
    return out


def _truncate(file: Path, share: float) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * share)])


def _elsewhere(package: Path) -> None:
    manifest = json.loads((package / "Manifest.json").read_text())
    for item in manifest["itemInfoEntries"].values():
        item["path"] = "../../secret"
    (package / "Manifest.json").write_text(json.dumps(manifest))


DAMAGES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "nothing there": (shutil.rmtree, "expected an .mlpackage"),
    "no manifest": (lambda p: (p / "Manifest.json").unlink(), "expected an .mlpackage"),
    "half a manifest": (lambda p: _truncate(p / "Manifest.json", 0.5), "names no model"),
    "a manifest of something else": (lambda p: (p / "Manifest.json").write_text("[1]"), "names no model"),
    "a manifest that leads out": (_elsewhere, "secret, which is missing"),
    "no model": (lambda p: (p / MODEL).unlink(), "which is missing"),
    "an empty model": (lambda p: (p / MODEL).write_bytes(b""), "expected an ML program"),
    "half a model": (lambda p: _truncate(p / MODEL, 0.5), "damaged"),
    "noise for a model": (lambda p: (p / MODEL).write_bytes(bytes(range(255, 0, -1))), "no protobuf"),
    "no weights": (lambda p: (p / WEIGHTS).unlink(), "no such file of weights"),
    "no bytes of weights": (lambda p: (p / WEIGHTS).write_bytes(b""), "expected weights at byte 64, the file has 0"),
    "half the weights": (lambda p: _truncate(p / WEIGHTS, 0.7), r"expected \d+ bytes, got \d+"),
    "other weights": (lambda p: (p / WEIGHTS).write_bytes(bytes((p / WEIGHTS).stat().st_size)), "expected 0xdeadbeef"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_package_is_refused(damage: str, whole: Path, tmp_path: Path) -> None:
    copy = tmp_path / "b.mlpackage"
    shutil.copytree(whole, copy)
    assert Program(copy)(picture())
    DAMAGES[damage][0](copy)
    with pytest.raises(CtpnError, match=DAMAGES[damage][1]):
        Program(copy)


def test_no_byte_of_the_model_is_believed(whole: Path, tmp_path: Path) -> None:
    """Damaged anywhere, the model is read as it is, or refused by our error and no other."""
    copy = tmp_path / "b.mlpackage"
    shutil.copytree(whole, copy)
    data, rng, refused = (whole / MODEL).read_bytes(), np.random.default_rng(0), 0
    for _ in range(200):
        changed = bytearray(data)
        changed[rng.integers(len(data))] = rng.integers(256)
        (copy / MODEL).write_bytes(bytes(changed))
        try:
            Program(copy)(picture())
        except CtpnError:
            refused += 1
    assert refused > 20


def test_a_function_that_is_not_there(whole: Path) -> None:
    with pytest.raises(CtpnError, match=r"expected a function of \['main'\], got 'w640'"):
        Program(whole, "w640")
