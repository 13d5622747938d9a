"""The recogniser's export: every variant reads what PyTorch reads, or nothing is written."""

import hashlib
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch

from ctpn.contract.spec import CRNN, RecognizerSpec
from ctpn.errors import ParityError
from ctpn.nn.recognizer import Crnn
from export.exporter import export
from export.graph import LOGITS, RecognizerGraph
from export.onnx.model import write_model
from export.onnx.quantization import quantize_matrix, quantize_weights
from export.onnx.session import Session
from export.onnx.writer import writer
from export.parity import TextTolerance, compare_texts, torch_logits
from export.samples import batched

CHARSET = " 0123456789abc快递"
SPEC = replace(
    CRNN, charset=CHARSET, charset_sha256=hashlib.sha256(CHARSET.encode()).hexdigest(), widths=(64,),
    mean=(10.0, 20.0, 30.0), channels="BGR",
)  # fmt: skip


def _line_crops(spec, count=3):
    rng = np.random.default_rng(4)
    return [rng.integers(0, 256, (2, spec.height, w, 3), dtype=np.uint8) for w in (32, 64, 96)[:count]]


@pytest.fixture
def net(monkeypatch):
    """Small, with batch norms that are not the identity."""
    monkeypatch.setattr("export.variants.parity_line_crops", _line_crops)
    torch.manual_seed(0)
    net = Crnn(SPEC, hidden=8, neck=8)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.2, 0.2)
            torch.nn.init.uniform_(module.running_var, 0.5, 2)
    return net.eval()


def test_what_is_right_gets_its_name(net, tmp_path):
    rows = export(net, tmp_path, (64, 64), writer(int8=False))
    assert [r.file for r in rows] == ["crnn.onnx", "crnn-64.onnx"]
    assert all(r.agreement.difference <= 1e-3 and r.agreement.lines == 1 for r in rows)
    free, fixed = (onnx.load(tmp_path / r.file) for r in rows)
    assert [d.dim_param or d.dim_value for d in free.graph.input[0].type.tensor_type.shape.dim] == ["line_crops", 32, "width", 3]
    assert [d.dim_param or d.dim_value for d in fixed.graph.input[0].type.tensor_type.shape.dim] == ["line_crops", 32, 64, 3]
    assert "GRU" in {n.op_type for n in free.graph.node} and "GRU" not in {n.op_type for n in fixed.graph.node}
    assert {RecognizerSpec.from_json(p.value) for p in free.metadata_props} == {SPEC}


def test_a_broken_file_is_refused_and_leaves_nothing(net, tmp_path, monkeypatch):
    monkeypatch.setattr("export.graph._fold_std", lambda net, spec: None)
    with pytest.raises(ParityError, match=r"crnn.onnx: .*values: expected within 0.001"):
        export(net, tmp_path, (64, 64), writer(int8=False))
    assert list(tmp_path.iterdir()) == []


def test_another_text_is_refused(net):
    line_crops = _line_crops(SPEC, 1)
    logits = torch_logits(net, line_crops[0])
    wrong = logits.copy()
    wrong[0, 3, 5] += 100
    with pytest.raises(ParityError, match=r"texts: expected 0\.995 the same, got 0\.5"):
        compare_texts(lambda _: {LOGITS: wrong}, net, line_crops, TextTolerance(value=None, min_same=0.995))
    with pytest.raises(ParityError, match="expected finite"):
        compare_texts(lambda _: {LOGITS: wrong * np.nan}, net, line_crops)
    with pytest.raises(ParityError, match="batch 0: outputs"):
        compare_texts(lambda _: {"text": logits}, net, line_crops)


def test_line_crops_without_text_are_no_agreement(net):
    with torch.no_grad():
        net.characters.weight.zero_()
    line_crops = _line_crops(SPEC, 1)
    with pytest.raises(ParityError, match="nothing was compared"):
        compare_texts(lambda s: {LOGITS: torch_logits(net, s)}, net, line_crops)


def test_a_text_that_the_net_is_not_confident_of_may_change(net):
    line_crops = _line_crops(SPEC, 1)[0]
    logits = np.zeros((2, 8, SPEC.classes), np.float32)
    logits[0, 3, 5] = 20
    wavers = np.log(0.8 * SPEC.classes)  # a probability of 0.45 or so
    logits[1, [0, 2, 4, 6], [5, 6, 7, 8]] = 20, 20, 20, wavers  # sure as a whole, but not of its last character
    theirs = net.characters.forward
    net.characters.forward = lambda x: torch.from_numpy(logits)
    for line, passes in ((1, True), (0, False)):
        ours = logits.copy()
        ours[line, 6, 9] = 30
        if passes:
            found = compare_texts(lambda _, o=ours: {LOGITS: o}, net, [line_crops], TextTolerance(value=None, min_confidence=0.7))
            assert found.lines == 0.5 and found.difference == 30
        else:
            with pytest.raises(ParityError, match=r"got 0\.0000 of 1"):
                compare_texts(lambda _, o=ours: {LOGITS: o}, net, [line_crops], TextTolerance(value=None, min_confidence=0.7))
    net.characters.forward = theirs


def test_int8_holds_the_last_matrix_in_bytes(net, tmp_path):
    file, small = tmp_path / "a.onnx", tmp_path / "a-int8.onnx"
    write_model(RecognizerGraph(net, unrolled=False), file, (32, 64), fixed_width=False)
    line_crops = _line_crops(SPEC, 1)[0]
    quantize_weights(file, small, [line_crops])
    kinds = {t.dims[-1]: t.data_type for t in onnx.load(small).graph.initializer if SPEC.classes in t.dims and len(t.dims) == 2}
    assert kinds == {SPEC.classes: onnx.TensorProto.INT8} and small.stat().st_size < file.stat().st_size
    ours, theirs = (Session(f)(line_crops)[LOGITS] for f in (small, file))
    largest = np.abs(net.characters.weight.detach().numpy()).max()
    assert 0 < np.abs(ours - theirs).max() < largest  # a rounding error, not another net
    assert {p.key for p in onnx.load(small).metadata_props} == {p.key for p in onnx.load(file).metadata_props}


def test_rounding_makes_up_for_what_it_loses():
    rng = np.random.default_rng(0)
    matrix = rng.normal(0, 1, (24, 40)).astype(np.float32)
    seen = np.maximum(rng.normal(0.5, 1, (500, 6)) @ rng.normal(0, 1, (6, 24)), 0)  # ReLU's: never below zero, and going together
    parts = quantize_matrix(matrix, seen)
    assert parts["int8"].dtype == np.int8 and np.abs(parts["int8"]).max() == 127
    nearest = np.floor(matrix / parts["rows"] / parts["columns"] + 0.5) * parts["rows"] * parts["columns"]
    lost, plain = (np.abs(seen @ (m - matrix)).mean() for m in (parts["int8"] * parts["rows"] * parts["columns"], nearest))
    assert lost < 0.6 * plain
    assert np.isfinite(quantize_matrix(matrix, np.zeros((0, 24)))["columns"]).all()  # nothing seen: to the nearest


def test_batches_waste_little():
    line_crops = [np.full((32, w, 3), 9, np.uint8) for w in (100, 30, 2000, 33)]
    (batch,) = batched(line_crops, SPEC)  # the one above max_width is left out
    assert batch.shape == (3, 32, 128, 3)
    assert (batch[0, :, :30] == 9).all() and (batch[0, :, 30:] == SPEC.pad).all()
