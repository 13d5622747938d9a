"""Latency on a small scale: real runtimes and processes on a small page; speeds and tables by hand."""

import importlib.util
import json

import numpy as np
import pytest
import torch

from benchmarks import latency, machine_peak, runtimes, timed_models
from benchmarks.latency import main, peak_speeds, speed, startup_metrics, table, times
from benchmarks.timed_models import TimedKernel
from ctpn.contract.spec import MOBILE
from ctpn.reader import SHIPPED_DETECTOR
from ctpn.stage_timer import STAGES


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A page of 64 x 64, tiny operators, one thread, few rounds."""
    monkeypatch.setattr(timed_models, "SIZES", {"mobile": (64, 64)})
    monkeypatch.setattr(timed_models, "OTHER_SIZES", {"mobile": ((32, 64), (64, 128))})
    monkeypatch.setattr(timed_models, "THREADS", {"onnxruntime": (1,)})
    monkeypatch.setattr(machine_peak, "SHAPES", {"product": [8, 8], "convolution": [1, 8, 4, 4]})
    monkeypatch.setattr(machine_peak, "SIDE", 8)
    monkeypatch.setattr(machine_peak, "CHANNELS", 8)
    for name, value in {"ROUNDS": {"mobile": 2}, "STARTS": 1, "WARMUP": 1, "PHOTOS": ("receipt.jpg",), "PHOTO_ROUNDS": 1}.items():
        monkeypatch.setattr(latency, name, value)
    monkeypatch.setattr(latency, "CACHE", tmp_path / "cache")
    return tmp_path


def test_each_file_is_measured_in_its_own_process(small, monkeypatch, capsys):
    monkeypatch.setattr(timed_models, "FILES", {"mobile": ("mobile-int8.onnx", "mobile-960.onnx")})
    out = small / "latency.json"
    assert main(["--model", "mobile", "--models", str(SHIPPED_DETECTOR.parent), "--out", str(out)]) == 0
    stored = json.loads(out.read_text())
    part = stored["models"]["mobile"]
    (row,) = [r for r in part["rows"] if r["runtime"] == "onnxruntime"]
    assert row["file"] == "mobile-int8.onnx" and (row["precision"], row["variant"], row["threads"]) == ("int8", "any size", 1)
    assert 0 < row["ms_best"] <= row["ms_median"] <= row["ms_p90"] and row["load_ms"] > 0 and row["first_ms"] > 0
    assert 0 < row["memory_added_mb"] < row["memory_mb"] and row["megabytes"] == round(SHIPPED_DETECTOR.stat().st_size / 1e6, 3)
    assert part["input"] == [1, 64, 64, 3] and 0.004 < part["gmac"] < 0.01  # 1.4 for 225 times as many pixels
    assert row["gops"] == pytest.approx(2000 * part["gmac"] / row["ms_best"], rel=0.02)
    assert [(r["file"], r["input"]) for r in part["sizes"]] == [("mobile-int8.onnx", [1, 32, 64, 3]), ("mobile-int8.onnx", [1, 64, 128, 3])]
    for r, of in zip(part["sizes"], (0.5, 2), strict=True):
        assert r["gops"] == pytest.approx(2000 * of * part["gmac"] / r["ms_best"], rel=0.1) and r["memory_mb"] > 0
    assert set(part["peak_gops"]["1"]) == {"float32", "int8"} and all(v > 0 for v in part["peak_gops"]["1"].values())
    for found in stored["stages"]["receipt.jpg"].values():
        assert set(found["ms"]) == {*STAGES, "rest"} and found["found"] > 5
        assert sum(found["ms"].values()) == pytest.approx(found["whole"]["ms_median"], abs=0.1)
    assert {m["what"] for m in stored["missing"]} >= {"mobile-960.onnx, onnxruntime"}
    shown = capsys.readouterr().out
    assert "| mobile-int8.onnx | onnxruntime | 1 |" in shown and "not measured: mobile-960.onnx, onnxruntime: not exported" in shown


def test_a_folder_without_models_is_an_error(small, capsys):
    assert main(["--model", "mobile", "--models", str(small), "--out", str(small / "l.json")]) == 1
    assert "no file of mobile" in capsys.readouterr().err and not (small / "l.json").exists()


def test_partial_results_need_an_output_file():
    with pytest.raises(SystemExit) as stop:
        main(["--model", "crnn"])
    assert stop.value.code == 2


def test_speeds_by_hand():
    kernels = [TimedKernel(None, None, k, p, t) for k in machine_peak.OPERATIONS for p in machine_peak.PRECISIONS for t in (1, 2)]
    milliseconds = iter((10, 5, 4, 2, 80, 40, 40, 20))
    best = peak_speeds(kernels, [[{"net": v} for v in (1e-9, 1e-9, ms, 9 * ms)] for ms in milliseconds])
    product, convolution = (machine_peak.OPERATIONS[k] / 1e9 for k in ("product", "convolution"))
    fastest = max(product / 0.010, convolution / 0.080)
    assert best["1"]["float32"] == pytest.approx(fastest, abs=0.1) and best["2"]["int8"] == pytest.approx(
        max(product / 0.002, convolution / 0.020), abs=0.1
    )
    peaks = {"1": {"float32": 100.0, "int8": 400.0}}
    assert speed(1.0, {"threads": 1, "precision": "int8"}, 10.0, peaks) == {"gops": 200.0, "share_of_peak": 0.5}
    for computed_in_float in ("float32", "float16", "int8 weights"):
        assert speed(1.0, {"threads": 1, "precision": computed_in_float}, 40.0, peaks)["share_of_peak"] == 0.5
    assert times([{"net": v} for v in (99, 99, 1, 2, 3, 4, 11)]) == {"ms_median": 3.0, "ms_p90": 8.2, "ms_best": 1}
    assert table({"models": {}, "stages": {}, "missing": [{"what": "a", "why": "b", "do": "c"}]}).endswith("not measured: a: b; c")


def test_startup_metrics_are_medians_over_processes():
    def answer(load, ms, memory):
        return {"load": load, "net": ms, "memory": memory, "before": 100}

    fresh = [answer(9, 30, 120), answer(9, 5, 140), answer(1, 90, 120), answer(1, 5, 160)]
    assert startup_metrics(fresh, [answer(4, 50, 110), answer(4, 5, 111), answer(4, 5, 150)]) == {
        "load_ms": 4, "first_ms": 50, "memory_mb": 150, "memory_added_mb": 50,
    }  # fmt: skip


def test_unrolled_files_do_not_run_in_openvino(tmp_path, monkeypatch):
    monkeypatch.setattr(timed_models, "inputs", lambda model, cache: tmp_path / "x.npy")
    monkeypatch.setattr(timed_models.importlib.util, "find_spec", lambda name: True if name != "executorch" else None)
    (tmp_path / "mobile.onnx").touch()
    (tmp_path / "mobile-960-int8.onnx").touch()
    (tmp_path / "mobile.pt").touch()
    found, missing = timed_models.timed_models("mobile", tmp_path, tmp_path)
    assert [(f.about["file"], f.about["runtime"], f.about["threads"]) for f in found] == [
        ("mobile.onnx", "onnxruntime", 1), ("mobile.onnx", "onnxruntime", 2), ("mobile.onnx", "openvino", 1),
        ("mobile-960-int8.onnx", "onnxruntime", 1), ("mobile-960-int8.onnx", "onnxruntime", 2), ("mobile.pt", "torchscript", 1),
    ]  # fmt: skip
    hints = {m["what"]: m["do"] for m in missing}
    assert hints["mobile-960.ptl, torchscript"] == "python -m export.torchscript" and "executorch" in hints["mobile-960.pte, executorch"]


def test_operations_of_a_convolution_are_counted(monkeypatch):
    monkeypatch.setattr(timed_models, "build", lambda spec: torch.nn.Identity())
    monkeypatch.setattr(timed_models, "DetectorGraph", lambda net, unrolled: torch.nn.Conv2d(3, 5, 3, padding=1))
    assert timed_models.gmac("vgg16", np.zeros((1, 3, 8, 10), np.float32)) == pytest.approx(8 * 10 * 5 * 3 * 9 / 1e9)


def test_the_operators_compute_what_they_name(tmp_path):
    request = machine_peak.write("product", "int8", tmp_path / "p.onnx")
    (found,) = runtimes.onnxruntime()(str(tmp_path / "p.onnx"), 1)(np.load(request))
    assert found.dtype == np.int32 and found.shape == (machine_peak.SIDE, machine_peak.SIDE)


def test_runtimes_agree(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (1, 64, 96, 3), np.uint8)
    score = runtimes.onnxruntime()(str(SHIPPED_DETECTOR.with_name("mobile.onnx")), 1)(pixels)[MOBILE.outputs.index("score")]
    torch.jit.script(torch.nn.Flatten()).save(tmp_path / "flat.pt")
    assert torch.equal(runtimes.torchscript()(str(tmp_path / "flat.pt"), 1)(pixels), torch.from_numpy(pixels).flatten(1))
    if importlib.util.find_spec("openvino") is None:
        pytest.skip("openvino is not installed")
    found = runtimes.openvino()(str(SHIPPED_DETECTOR.with_name("mobile.onnx")), 1)(pixels)["score"]
    assert np.abs(found - score).max() < 1e-3
