"""The ONNX export: what agrees with PyTorch is written, what differs leaves no file."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import numpy_helper

import export.onnx.__main__ as command
import export.onnx.writer as onnx_writer
from ctpn.contract.spec import CRNN, DETECTORS, DetectorSpec
from ctpn.errors import ParityError
from ctpn.nn.checkpoint import save_weights
from ctpn.nn.mobile import MobileCtpn
from ctpn.runtime.sums import missing_sum
from export import __main__ as commands
from export.exporter import export, table
from export.graph import DetectorGraph
from export.onnx.model import write_model
from export.onnx.quantization import histogram, quantize
from export.onnx.writer import writer
from export.parity import Expected, LineComparison, LineTolerance, compare_lines, match, same, same_directions, torch_maps
from export.staging import staged_directory
from tests.helpers.small_nets import DETECTOR as SPEC
from tests.helpers.small_nets import SIZE, detector, pages, use_small_samples


@pytest.fixture(autouse=True)
def small_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    use_small_samples(monkeypatch, min_hmean=0.98)


@pytest.fixture
def net() -> MobileCtpn:
    return detector()


def test_what_is_right_gets_its_name(net: MobileCtpn, tmp_path: Path) -> None:
    rows = export(net, tmp_path, SIZE, writer(int8=False))
    assert [r.file for r in rows] == ["mobile.onnx", "mobile-96.onnx"]
    assert all(r.agreement.difference <= 1e-4 and r.agreement.lines == 1 for r in rows)
    assert sorted(f.name for f in tmp_path.iterdir()) == [
        "mobile-96.onnx", "mobile-96.onnx.sha256", "mobile.onnx", "mobile.onnx.json", "mobile.onnx.sha256", "mobile.spec.json",
    ]  # fmt: skip
    assert [missing_sum(tmp_path / r.file) for r in rows] == [None, None]
    for line in (tmp_path / "mobile.onnx.sha256").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
        props = {p.key: p.value for p in onnx.load(tmp_path / name).metadata_props}
        assert DetectorSpec.from_json(props["spec"]) == SPEC
    assert "mobile-96.onnx" in table(rows)


def test_the_two_variants_differ_in_their_operators(net: MobileCtpn, tmp_path: Path) -> None:
    export(net, tmp_path, SIZE, writer(int8=False))
    free, fixed = (onnx.load(tmp_path / f).graph for f in ("mobile.onnx", "mobile-96.onnx"))
    assert [d.dim_param or d.dim_value for d in free.input[0].type.tensor_type.shape.dim] == [1, "height", "width", 3]
    assert [d.dim_param or d.dim_value for d in fixed.input[0].type.tensor_type.shape.dim] == [1, "height", 96, 3]
    assert "GRU" in {n.op_type for n in free.node}
    assert "GRU" not in {n.op_type for n in fixed.node}


def _shifted(file: Path) -> None:
    """A head that is off by a hundredth: too small for lines of 0.98, far too much for 1e-4."""
    model = onnx.load(file)
    bias = next(i for i in model.graph.initializer if i.name == "net.link.bias")
    bias.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(bias) + np.float32(0.01), bias.name))
    onnx.save(model, file)


def test_a_broken_file_is_refused_and_leaves_nothing(net: MobileCtpn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = onnx_writer.write_model

    def broken(graph: DetectorGraph, file: Path, size: tuple[int, int], *, fixed_width: bool) -> None:
        write(graph, file, size, fixed_width=fixed_width)
        if fixed_width:  # the second file: the first, which was right, must not stay behind either
            _shifted(file)

    monkeypatch.setattr(onnx_writer, "write_model", broken)
    with pytest.raises(ParityError, match=r"mobile-96.onnx: .*values: expected within 0.0001"):
        export(net, tmp_path, SIZE, writer(int8=False))
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_folding_of_the_normalisation_is_refused(net: MobileCtpn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("export.graph._fold_std", lambda net, spec: None)
    with pytest.raises(ParityError, match="values"):
        export(net, tmp_path, SIZE, writer(int8=False))


def test_writing_does_not_put_the_graph_into_training(net: MobileCtpn, tmp_path: Path) -> None:
    graph, page = DetectorGraph(net, unrolled=False), torch.from_numpy(pages(SPEC, SIZE)[0][None])
    before = graph(page)
    write_model(graph, tmp_path / "a.onnx", SIZE, fixed_width=False)
    assert all(torch.equal(a, b) for a, b in zip(before, graph(page), strict=True))


def test_int8_keeps_stem_recurrence_and_first_depthwise_in_float(net: MobileCtpn, tmp_path: Path) -> None:
    file, small = tmp_path / "a.onnx", tmp_path / "a-int8.onnx"
    write_model(DetectorGraph(net, unrolled=True), file, SIZE, fixed_width=True)
    quantize(file, small, [page[None] for page in pages(SPEC, SIZE)])
    model = onnx.load(small)
    made = {output: n for n in model.graph.node for output in n.output}
    convolutions = [n for n in model.graph.node if n.op_type == "Conv"]
    in_float = [n.name for n in convolutions if made.get(n.input[0], n).op_type != "DequantizeLinear"]
    assert {name.split("/")[2] for name in in_float} == {"stem", "rows", "scale8"}
    assert [name for name in in_float if "/scale8/" in name] == ["/net/scale8/scale8.1/look/look.0/Conv"]
    weights = {i.name: i.data_type for i in model.graph.initializer}
    assert weights["net.score.weight_quantized"] == onnx.TensorProto.INT8
    assert {p.key for p in model.metadata_props} == {"spec"}
    assert sorted(f.name for f in tmp_path.iterdir()) == ["a-int8.onnx", "a.onnx"]


def _maps(net: MobileCtpn) -> tuple[NDArray[np.uint8], dict[str, NDArray[np.float32]]]:
    page = pages(SPEC, SIZE)[0]
    return page, torch_maps(net, page)


def test_all_problems_are_reported_at_once(net: MobileCtpn) -> None:
    page, maps = _maps(net)
    bad = maps | {"score": maps["score"][:1], "side": maps["side"] * np.nan, "link": maps["link"].astype(np.float64)}
    with pytest.raises(ParityError, match=r"score: expected .*side: expected finite .*link: expected float32"):
        compare_lines(lambda _: bad, net, [page])
    renamed = {("score2" if n == "score" else n): m for n, m in maps.items()}
    with pytest.raises(ParityError, match=r"page 0: outputs: .*page 1: outputs: "):
        compare_lines(lambda _: renamed, net, [page, page])


def test_no_line_at_all_is_no_agreement(net: MobileCtpn) -> None:
    net.spec = replace(SPEC, score_threshold=1.0)
    page, maps = _maps(net)
    with pytest.raises(ParityError, match="nothing was compared"):
        compare_lines(lambda _: maps, net, [page])


def test_turned_directions_are_refused(net: MobileCtpn) -> None:
    _, maps = _maps(net)
    maps["direction"] = np.broadcast_to(np.array([3, 1, 0], np.float32), maps["direction"].shape).copy()
    turned = maps["direction"].copy()
    turned[0, :2] = 3, np.cos(np.radians(24)), np.sin(np.radians(24))  # by 12 degrees
    same = same_directions(turned, maps["direction"])
    assert same.size == maps["direction"].size // 3 and (~same).sum() == 2
    unsure = maps["direction"] * np.array([1, 0.5, 1], np.float32)
    assert not same_directions(turned, unsure).size and not same_directions(turned, -maps["direction"]).size
    comparison = LineComparison(LineTolerance(value=None, min_hmean=0.0, min_directions=0.999))
    comparison.add(maps | {"direction": turned}, Expected(maps, net.spec))
    with pytest.raises(ParityError, match=r"direction: expected 0.999 of the cells the same, got 0\.9"):
        comparison.result()


def test_lost_lines_are_refused(net: MobileCtpn) -> None:
    page, maps = _maps(net)
    lost = maps | {"score": np.where(np.arange(maps["score"].shape[1])[:, None] < 3, maps["score"], 0)}
    with pytest.raises(ParityError, match=r"hmean of 0\.98"):
        compare_lines(lambda _: lost, net, [page], LineTolerance(value=None, min_hmean=0.98))


SQUARE = np.float32([[0, 0], [10, 0], [10, 4], [0, 4]])


def test_lines_match_one_to_one_from_half_an_overlap() -> None:
    def shifted(by: float) -> NDArray[np.float32]:
        return SQUARE + np.float32([by, 0])

    assert match(np.stack([SQUARE]), np.stack([shifted(3.3)])) == 1  # 6.7 / 13.3
    assert match(np.stack([SQUARE]), np.stack([shifted(3.4)])) == 0
    assert match(np.stack([SQUARE, SQUARE]), np.stack([shifted(1)])) == 1
    assert match(np.zeros((0, 4, 2), np.float32), np.stack([SQUARE])) == 0


def test_lines_that_are_almost_equal_match() -> None:
    """OpenCV's intersectConvexConvex finds nothing in common between these two."""
    quad = np.float32([[53.6199, 570.727], [646.698, 557.4992], [647.0713, 573.3629], [54.0277, 588.0526]])
    noise = np.random.default_rng(0).normal(0, 1e-4, (50, 4, 2)).astype(np.float32)
    assert all(match(quad[None], (quad + n)[None]) == 1 for n in noise)


def test_same_lines_in_any_order_but_none_twice() -> None:
    a, b, c = SQUARE, SQUARE + 0.06, SQUARE + 50
    assert same(np.stack([a, c]), np.stack([c + 0.05, a]), 0.1)
    assert not same(np.stack([a, c]), np.stack([a, c + 0.2]), 0.1)
    assert not same(np.stack([a, b]), np.stack([a, c]), 0.1)
    assert not same(np.stack([a]), np.stack([a, b]), 0.1)


def test_a_failure_in_the_midst_keeps_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with pytest.raises(ZeroDivisionError), staged_directory(tmp_path) as folder:
        (folder / "a").write_text("new")
        _ = 1 / 0
    assert [(f.name, f.read_text()) for f in tmp_path.iterdir()] == [("a", "old")]


@pytest.mark.parametrize("out", ["file", "file/below"])
def test_a_file_in_the_place_of_the_folder_is_reported(out: str, net: MobileCtpn, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError, match=rf"{out}: expected a folder, .*choose another --out"):
        export(net, tmp_path / out, SIZE, writer(int8=False))
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("command", ["export.onnx", "ctpn.train"])
def test_without_torch_a_command_says_what_to_install(command: str) -> None:
    run = f"import sys, runpy; sys.modules['torch'] = None; runpy.run_module('{command}', run_name='__main__')"
    ended = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert re.fullmatch(r"torch is missing; .* pip install -c constraints.txt -e '\.\[\w+\]'\n", ended.stderr)


@pytest.mark.parametrize("size", ["960", "960x950", "0x960", "axb", "9600x960"])
def test_bad_sizes_are_usage_errors(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        command.main(["--size", size])
    assert stop.value.code == 2
    assert "expected" in capsys.readouterr().err


def test_a_size_for_the_recogniser_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        command.main(["--model", "crnn", "--size", "64x96"])
    assert stop.value.code == 2 and "--size is the detector's" in capsys.readouterr().err


def test_the_command_fails_in_one_line(net: MobileCtpn, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--model", "mobile", "--weights", str(tmp_path / "none.safetensors")]) == 1
    save_weights(tmp_path / "w.safetensors", MobileCtpn(SPEC).state_dict(), {"spec": SPEC.to_json()})
    assert command.main(["--model", "vgg16", "--weights", str(tmp_path / "w.safetensors")]) == 1
    assert command.main(["--model", "crnn", "--weights", str(tmp_path / "w.safetensors")]) == 1
    out, err = capsys.readouterr()
    assert out == "" and len(err.splitlines()) == 3
    assert "expected weights of vgg16, got mobile" in err
    assert "w.safetensors: spec: expected kind 'recognizer', got 'detector'" in err


def test_stopped_by_hand_it_ends_in_one_line(
    net: MobileCtpn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("export.exporter.load", lambda *_: net)
    monkeypatch.setattr(onnx_writer, "write_model", stopped)
    assert command.main(["--model", "mobile", "--size", "64x96", "--out", str(tmp_path)]) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "export.onnx: stopped" and list(tmp_path.iterdir()) == []


def test_every_command_is_listed_and_explains_itself() -> None:
    found = commands.commands()
    assert found.keys() >= {"export.onnx", "export.bundle", "export.stamp"} and "export.exporter" not in found
    assert all(purpose and len(purpose) < 90 for purpose in found.values())
    shown = subprocess.run([sys.executable, "-m", "export", "--help"], capture_output=True, text=True, check=True).stdout
    assert all(f"python -m {name} " in shown for name in found)
    assert all(name in shown for name in (*DETECTORS, CRNN.name))
    for name in found:
        helped = subprocess.run([sys.executable, "-m", name, "--help"], capture_output=True, text=True)
        assert helped.returncode == 0 and f"python -m {name}" in helped.stdout
        formats = name.split(".")[-1] in ("onnx", "torchscript", "coreml", "executorch")
        assert not formats or all(option in helped.stdout for option in ("--model", "--weights", "--size", "--out")), name


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_histogram_counts_as_numpys(kind):
    random = np.random.default_rng(0)
    values = np.abs(random.standard_normal(100_000)).astype(np.float32)
    values[random.random(len(values)) < 0.4] = 0
    _, edges = np.histogram(values[:50_000], bins=64)
    edges = np.hstack((edges.astype(np.float32), np.arange(edges[-1] + 0.07, 5, 0.071).astype(kind)))  # a little wider at the end
    values[:200] = np.repeat(edges, 3)[:200].astype(np.float32)
    for some in (edges, edges[5:-20]):
        assert histogram(values, some).tolist() == np.histogram(values, bins=some)[0].tolist()
