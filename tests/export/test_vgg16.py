"""The original's net, exported: Keras's recurrences as ONNX, and lines out of the file."""

from __future__ import annotations

import importlib.util
import json
import tarfile
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

import export.onnx.__main__ as command
import export.onnx.writer as onnx_writer
from ctpn.contract.spec import CLASSIC, revise
from ctpn.errors import ParityError
from ctpn.nn import load_detector
from ctpn.nn.keras_import import main as import_keras
from ctpn.nn.maps import Detector
from ctpn.nn.recurrent import RowRecurrence
from ctpn.reader import TextReader
from ctpn.runtime.onnx_runtime import OnnxDetector, RuntimeOptions
from export import executorch, torchscript
from export.exporter import export
from export.graph import DetectorGraph
from export.onnx.model import write_model
from export.onnx.writer import writer
from tests.helpers.published_checkpoint import small_state, write_checkpoint
from tests.helpers.small_nets import SIZE, use_small_samples

FIXTURES = Path(__file__).parents[1] / "fixtures" / "keras" / "fixtures.tar.xz"
OLD = "keras2-gru-before-hard.keras"
# Weights that were never trained find no line of 0.9: every line must count, or nothing is compared.
SPEC = revise(CLASSIC, {"score_threshold": 0.5, "lines": {"line_score": 0.0}})


@pytest.fixture(autouse=True)
def small_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    use_small_samples(monkeypatch, min_hmean=0.5)


def keras_net(name: str, folder: Path) -> Detector:
    with tarfile.open(FIXTURES) as tar:
        tar.extract(name, folder, filter="data")
    assert import_keras([str(folder / name), str(folder / "net.safetensors")]) == 0
    net = load_detector(folder / "net.safetensors")
    net.spec = SPEC
    return net


@pytest.mark.parametrize("name", ["keras2-gru-before-hard", "keras3-gru-before-hard", "keras2-gru-before-sigmoid", "keras3-lstm-hard"])
def test_a_recurrence_that_onnx_lacks_is_unrolled(name: str, tmp_path: Path) -> None:
    rows = export(keras_net(f"{name}.keras", tmp_path), tmp_path / "out", SIZE, writer(int8=False))
    assert [r.file for r in rows] == ["vgg16-96.onnx"]
    assert rows[0].agreement.difference < 1e-5 and rows[0].agreement.lines == 1
    graph = onnx.load(tmp_path / "out" / "vgg16-96.onnx").graph
    assert not {"GRU", "LSTM"} & {n.op_type for n in graph.node}
    assert [d.dim_param or d.dim_value for d in graph.input[0].type.tensor_type.shape.dim] == [1, "height", 96, 3]


def test_int8_keeps_the_unrolled_recurrence_in_float(tmp_path: Path) -> None:
    rows = export(keras_net(OLD, tmp_path), tmp_path / "out", SIZE, writer(int8=True))
    assert [r.file for r in rows] == ["vgg16-96.onnx", "vgg16-96-int8.onnx"]
    graph = onnx.load(tmp_path / "out" / "vgg16-96-int8.onnx").graph
    made = {output: n.op_type for n in graph.node for output in n.output}
    rounded = {n.name.split("/")[2]: made.get(n.input[0]) == "DequantizeLinear" for n in graph.node if n.op_type == "Conv"}
    assert rounded["rpn"] and rounded["lstm_fc"] and not rounded["brnn"]


def test_it_goes_through_every_format(tmp_path: Path) -> None:
    """The recurrence that no operator computes, unrolled; Core ML has a test of its own."""
    net = keras_net(OLD, tmp_path)
    rows = export(net, tmp_path / "out", SIZE, torchscript.write_files) + export(
        net, tmp_path / "out", SIZE, writer(float16=True, ort=True)
    )
    names = ["vgg16-96.pt", "vgg16-96.ptl", "vgg16-96.onnx", "vgg16-96.ort", "vgg16-96-float16.onnx"]
    assert [r.file for r in rows] == names and all(r.agreement.difference < (0.05 if "float16" in r.file else 1e-5) for r in rows)
    if importlib.util.find_spec("executorch"):
        (row,) = export(net, tmp_path / "out", SIZE, executorch.write_files)
        assert row.file == "vgg16-96.pte" and row.agreement.difference < 1e-5


@pytest.mark.parametrize(("cell", "operator"), [("gru-after-sigmoid", "GRU"), ("lstm-sigmoid", "LSTM")])
def test_a_recurrence_that_onnx_has_comes_in_both_variants(cell: str, operator: str, tmp_path: Path) -> None:
    rows = export(keras_net(f"keras2-{cell}.keras", tmp_path), tmp_path / "out", SIZE, writer(int8=False))
    assert [r.file for r in rows] == ["vgg16.onnx", "vgg16-96.onnx"]
    assert operator in {n.op_type for n in onnx.load(tmp_path / "out" / "vgg16.onnx").graph.node}


def test_the_file_computes_what_keras_computes(tmp_path: Path) -> None:
    """Without the gate between: Keras's own numbers against ONNX Runtime's, at the width of Keras's picture."""
    net = keras_net(OLD, tmp_path)
    with tarfile.open(FIXTURES) as tar:
        golden_name = json.load(tar.extractfile("index.json"))["files"][OLD]["golden"]  # type: ignore[arg-type]
        tar.extract(golden_name, tmp_path, filter="data")
    golden = np.load(tmp_path / golden_name)
    image = golden["image"]
    write_model(DetectorGraph(net, unrolled=True), tmp_path / "a.onnx", (image.shape[0], image.shape[1]), fixed_width=True)
    maps = OnnxDetector(tmp_path / "a.onnx", RuntimeOptions(threads=1)).maps(image)
    background, text = golden["logits"].reshape(3, 5, 10, 2).transpose(3, 0, 1, 2)
    np.testing.assert_allclose(maps["score"], 1 / (1 + np.exp(background - text)), atol=1e-5)
    np.testing.assert_allclose(maps["vertical"], golden["vertical"], atol=1e-5)


def test_another_recurrence_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = keras_net(OLD, tmp_path)
    gru = RowRecurrence._gru

    def after(self: RowRecurrence, *args: object) -> torch.Tensor:
        self.reset_after = True
        return gru(self, *args)  # type: ignore[arg-type]

    def write_wrong(graph: DetectorGraph, *args: object, **options: object) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(RowRecurrence, "_gru", after)
            write_right(graph, *args, **options)  # type: ignore[arg-type]

    write_right = onnx_writer.write_model
    monkeypatch.setattr(onnx_writer, "write_model", write_wrong)
    with pytest.raises(ParityError, match=r"vgg16-96\.onnx: .*values"):
        export(net, tmp_path / "out", SIZE, writer(int8=False))
    assert list((tmp_path / "out").iterdir()) == []


def test_a_checkpoint_becomes_a_file_that_finds_lines(tmp_path: Path) -> None:
    state = small_state()
    state["rpn_class.conv.weight"] *= 0.01
    state["rpn_class.conv.bias"][0::2] = 5
    state["rpn_class.conv.bias"][2:4] = torch.tensor([0.0, 5])  # the anchor that is 16 pixels high sees text everywhere
    file = write_checkpoint(tmp_path / "ctpn.pth.tar", state)
    out = tmp_path / "out"
    assert command.main(["--model", "vgg16", "--weights", str(file), "--size", "64x96", "--out", str(out)]) == 0
    reader = TextReader(detector=out / "vgg16.onnx", threads=1)
    assert reader.detector.spec == CLASSIC  # the small page is looked at again, enlarged three times
    lines = reader.detect(np.zeros((64, 128, 3), np.uint8))
    assert len(lines) == 3 * 64 / 16 and all(line.score > 0.9 for line in lines)
