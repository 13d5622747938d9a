"""ARM under emulation: the aarch64 runtime really runs here, on a net of a few channels."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import arm as command
from benchmarks.samples import Photo
from ctpn.contract.spec import MOBILE, revise
from ctpn.errors import CtpnError, ModelError
from ctpn.nn.mobile import MobileCtpn
from export.arm import root
from export.arm.session import PROCESSORS, ArmSession
from export.arm.worker import receive, send
from export.graph import DetectorGraph
from export.onnx.model import write_model
from export.onnx.quantization import quantize

emulated = pytest.mark.skipif(
    bool(root.missing()) or not root.folder().is_dir(), reason=f"ARM: {root.missing() or 'run make arm, which fetches the aarch64 runtime'}"
)
SIZE = (32, 64)
PAGE = np.random.default_rng(0).integers(0, 256, (1, *SIZE, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A float and an int8 file of an untrained net, small, but wide enough that int8 pays."""
    torch.manual_seed(0)
    made = tmp_path_factory.mktemp("arm")
    net = MobileCtpn(revise(MOBILE, {"lines": {"line_score": 0.0}}), width=32, hidden=8).eval()
    write_model(DetectorGraph(net, unrolled=False), made / "small.onnx", SIZE, fixed_width=False)
    quantize(made / "small.onnx", made / "small-int8.onnx", [PAGE])
    return made


@emulated
def test_files_agree_with_this_machine_and_are_counted(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "examples", lambda: [Photo("noise", PAGE[0])])
    files = [str(folder / name) for name in ("small.onnx", "small-int8.onnx")]
    cpus = [f"--cpu={cpu}" for cpu in ("cortex-a53", "cortex-a76")]
    assert command.main([*files, *cpus, "--pages", "1", "--out", str(tmp_path / "arm.json")]) == 0
    result = json.loads((tmp_path / "arm.json").read_text())
    rows = {(r["file"], r["cpu"]): r for r in result["rows"]}
    assert len(rows) == 4 and result["environment"]["packages"]["onnxruntime"]
    for (file, cpu), row in rows.items():
        assert ("asimddp" in row["features"]) == (cpu == "cortex-a76")
        assert row["where"]["page"] == "noise" and row["lines"]["of"] == row["lines"]["equal"] > 0
        assert row["largest_difference"] < 1e-5, file
    if all(r["instructions"] for r in rows.values()):
        count = {key: row["instructions"] for key, row in rows.items()}
        assert count["small.onnx", "cortex-a53"] > 100_000
        assert count["small-int8.onnx", "cortex-a76"] < count["small-int8.onnx", "cortex-a53"]  # dot products
        assert rows["small-int8.onnx", "cortex-a76"]["to_float"] == pytest.approx(
            count["small-int8.onnx", "cortex-a76"] / count["small.onnx", "cortex-a76"], abs=1e-4
        )
    assert "| small-int8.onnx | cortex-a76 | yes |" in capsys.readouterr().out


@emulated
def test_what_the_emulated_runtime_refuses_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    with pytest.raises(CtpnError, match=r"bad\.onnx on cortex-a76: .*exit code 1.*(?i:protobuf|invalid)"):
        ArmSession(tmp_path / "bad.onnx", "cortex-a76")


def test_without_the_emulator_the_reason_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(root, "CACHE", tmp_path)
    monkeypatch.setattr(root.shutil, "which", lambda tool: None if tool == root.EMULATOR else tool)
    assert command.main(["--out", str(tmp_path / "arm.json")]) == 1
    assert "no qemu-aarch64 on this machine; on Debian: apt-get install qemu-user" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_unknown_files_are_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such file; write it with"):
        command.case(tmp_path / "none.onnx", 1)


def test_arrays_are_sent_and_received() -> None:
    pipe, arrays = BytesIO(), {"a": np.arange(6, dtype=np.uint8).reshape(1, 2, 3), "b": np.float32([0.5])}
    send(pipe, arrays)
    send(pipe, {"features": np.array([], dtype=str)})
    pipe.seek(0)
    back = receive(pipe)
    assert back and list(back) == ["a", "b"]
    assert all(np.array_equal(back[k], arrays[k]) and back[k].dtype == arrays[k].dtype for k in arrays)
    assert (receive(pipe) or {})["features"].size == 0 and receive(pipe) is None


def test_processors_are_named_as_the_command_offers_them() -> None:
    assert set(command.CPUS) <= set(PROCESSORS)
