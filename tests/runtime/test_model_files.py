"""Whatever is wrong with a model file is one ModelError of one line, with the file's name and what to do; at load and at run."""

import os
import shutil
import warnings

import numpy as np
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper

from ctpn import TextReader
from ctpn.cli import main
from ctpn.errors import ModelError, ModelWarning
from ctpn.files import write_sum
from ctpn.reader import SHIPPED_DETECTOR, SHIPPED_RECOGNIZER
from ctpn.runtime import onnx_file
from ctpn.runtime.onnx_file import read_model
from ctpn.runtime.onnx_runtime import OnnxDetector, OnnxRecognizer, RuntimeOptions
from tests.helpers import tiny_onnx

ONE = RuntimeOptions(threads=1)
PAGE = np.full((64, 96, 3), 255, np.uint8)
PAGE[16:24, 16:80] = 0


def outputs(model, index, shape=None, kind=TensorProto.FLOAT, name=None):
    old = model.graph.output[index]
    dims = shape or [d.dim_param or d.dim_value for d in old.type.tensor_type.shape.dim]
    old.CopyFrom(helper.make_tensor_value_info(name or old.name, kind, dims))


def inputs(model, *infos):
    del model.graph.input[:]
    for name, kind, shape in infos:
        model.graph.input.append(helper.make_tensor_value_info(name, kind, shape))


def weight(model, name, value):
    tensor = next(t for t in model.graph.initializer if t.name == name)
    tensor.CopyFrom(numpy_helper.from_array(value, name))


def external(model):
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="w.bin")


def external_constant(model):
    tensor = numpy_helper.from_array(np.zeros(1, np.float32), "hidden")
    tensor.data_location = TensorProto.EXTERNAL
    model.graph.node.append(helper.make_node("Constant", [], ["unused"], value=tensor))


def external_sparse(model):
    values = numpy_helper.from_array(np.zeros(1, np.float32), "sparse")
    values.external_data.add(key="location", value="w.bin")
    sparse = helper.make_sparse_tensor(values, numpy_helper.from_array(np.zeros(1, np.int64), "at"), [9])
    model.graph.sparse_initializer.append(sparse)


def loop(model):
    body = helper.make_graph([helper.make_node("Identity", ["go"], ["on"])], "body", [], [])
    model.graph.node.append(helper.make_node("If", ["image"], ["unused"], then_branch=body, else_branch=body))


def function(model):
    model.functions.append(helper.make_function("own", "F", ["x"], ["y"], [helper.make_node("Relu", ["x"], ["y"])], []))


def insert(model, op, output, **attributes):
    """One more operator behind an output."""
    node = next(n for n in model.graph.node if output in n.output)
    node.output[list(node.output).index(output)] = "before"
    model.graph.node.append(helper.make_node(op, ["before"], [output], **attributes))


def slices(model, output):
    """Half of an output's cells, under the same declared shape."""
    model.graph.initializer.append(numpy_helper.from_array(np.array([2], np.int64), "two"))
    for name, value in (("s0", [0]), ("s1", [1]), ("ax", [2])):
        model.graph.initializer.append(numpy_helper.from_array(np.array(value, np.int64), name))
    node = next(n for n in model.graph.node if output in n.output)
    node.output[0] = "before"
    model.graph.node.append(helper.make_node("Slice", ["before", "s0", "s1", "ax"], [output]))


UINT8, FLOAT = TensorProto.UINT8, TensorProto.FLOAT
DETECTORS = {
    "no input": (inputs, "can be loaded|inputs do not fit"),
    "two inputs": (lambda m: inputs(m, ("image", UINT8, [1, "h", "w", 3]), ("more", FLOAT, [1])), "expected one, .* got .*tensor.float"),
    "a batch of seven": (lambda m: inputs(m, ("image", UINT8, [7, "h", "w", 3])), r"expected one, tensor\(uint8\) \[1, any, any, 3\], got"),
    "an open batch": (lambda m: inputs(m, ("image", UINT8, ["n", "h", "w", 3])), "inputs do not fit its spec"),
    "four channels": (lambda m: inputs(m, ("image", UINT8, [1, "h", "w", 4])), "inputs do not fit its spec|can be loaded"),
    "float pixels": (lambda m: inputs(m, ("image", FLOAT, [1, "h", "w", 3])), "inputs do not fit its spec"),
    "flat pixels": (lambda m: inputs(m, ("image", UINT8, ["n"])), "inputs do not fit its spec|can be loaded"),
    "another output": (lambda m: outputs(m, 0, name="cells"), "outputs do not fit its spec|can be loaded"),
    "an output of another type": (lambda m: outputs(m, 1, kind=UINT8), "outputs do not fit its spec|can be loaded"),
    "no output": (lambda m: m.graph.ClearField("output"), "outputs do not fit its spec: .* got none|can be loaded"),
    "external data": (external, "external data: weights in another file, which no model of ours has"),
    "external data in a constant": (external_constant, "external data"),
    "external data in a sparse tensor": (external_sparse, "external data"),
    "a branch": (loop, "a loop or a branch"),
    "functions": (function, "functions or training steps of its own"),
    "no graph": (lambda m: m.ClearField("graph"), "no graph in it"),
    "an unknown operator": (lambda m: insert(m, "NoSuchOp", "score"), "not a model that can be loaded"),
    "NaN": (lambda m: weight(m, "w_side", np.full((3, 2), np.nan, np.float32)), "side: expected numbers in .* got nan to nan"),
    "infinite": (lambda m: weight(m, "w_vertical", np.full((3, 2), np.inf, np.float32)), "vertical: expected numbers in"),
    "huge": (lambda m: weight(m, "w_vertical", np.full((3, 2), 1e6, np.float32)), "vertical: expected numbers in"),
    "a score above 1": (lambda m: insert(m, "Exp", "score"), r"score: expected numbers in \[0.0, 1.0\]"),
    "weights of another shape": (lambda m: weight(m, "w_side", np.zeros((5, 2), np.float32)), "fails on an input|can be loaded"),
    "fewer cells than declared": (lambda m: slices(m, "side"), r"side: expected float32 \[1, 8, 6, 2\], got float32"),
}  # fmt: skip


@pytest.mark.parametrize("name", DETECTORS)
def test_what_is_wrong_with_a_detector_is_told(tmp_path, name):
    change, message = DETECTORS[name]
    model = tiny_onnx.detector()
    change(model)
    file = tiny_onnx.save(model, tmp_path / "m.onnx")
    with pytest.raises(ModelError, match=message) as e:
        OnnxDetector(file, ONE).maps(PAGE)
    assert str(e.value).startswith(f"{file}: ") and "\n" not in str(e.value) and "export" in str(e.value)


RECOGNIZERS = {
    "a fixed batch": (lambda m: inputs(m, ("image", UINT8, [7, 32, "w", 3])), r"expected one, tensor\(uint8\) \[any, 32, any, 3\], got"),
    "another height": (lambda m: inputs(m, ("image", UINT8, ["n", 48, "w", 3])), "inputs do not fit its spec|can be loaded"),
    "other classes": (lambda m: weight(m, "w", np.zeros((3, 5), np.float32)), "can be loaded|outputs do not fit|logits: expected"),
    "another name": (lambda m: outputs(m, 0, name="row"), "outputs do not fit its spec|can be loaded"),
    "NaN": (lambda m: weight(m, "w", np.full((3, 12), np.nan, np.float32)), "logits: expected numbers in"),
    "all of minus infinity": (lambda m: weight(m, "w", np.full((3, 12), -np.inf, np.float32)), "logits: expected numbers in"),
    "external data": (external, "external data"),
}


@pytest.mark.parametrize("name", RECOGNIZERS)
def test_what_is_wrong_with_a_recogniser_is_told(tmp_path, name):
    change, message = RECOGNIZERS[name]
    model = tiny_onnx.recognizer()
    change(model)
    file = tiny_onnx.save(model, tmp_path / "m.onnx")
    with pytest.raises(ModelError, match=message) as e:
        OnnxRecognizer(file, ONE).logits(np.full((2, 32, 64, 3), 9, np.uint8))
    assert str(e.value).startswith(f"{file}: ") and "\n" not in str(e.value) and "export" in str(e.value)


def test_the_tiny_models_are_good(tmp_path):
    tiny_onnx.bundle(tmp_path / "bundle")
    with TextReader(tmp_path / "bundle", threads=1) as reader:
        assert np.allclose(reader.read(PAGE)[0].quad[[0, 2]], [[23.64, 13.4], [72.36, 26.6]], atol=0.1)


def test_metadata_that_are_not_utf8_are_damage(tmp_path):
    """One flipped byte."""
    data = SHIPPED_DETECTOR.read_bytes()
    at = data.index(b'"anchor_heights"')
    (tmp_path / "m.onnx").write_bytes(data[: at + 3] + b"\xff" + data[at + 4 :])
    with pytest.raises(ModelError, match=r"m\.onnx: damaged \(its metadata are not UTF-8\); fetch or export it again"):
        OnnxDetector(tmp_path / "m.onnx", ONE)


FILES = {
    "missing": (lambda f: None, "no such model file"),
    "a folder": (lambda f: f.mkdir(), "expected a file, got a folder"),
    "a pipe": (os.mkfifo, "expected a file, got a folder or a device"),
    "empty": (lambda f: f.touch(), "expected an ONNX file of 1 to 536870912 bytes, got 0"),
    "a text": (lambda f: f.write_text("This is a text, and no model."), "not a model that can be loaded"),
    "truncated": (lambda f: f.write_bytes(SHIPPED_DETECTOR.read_bytes()[:300_000]), "ends in the middle of a field"),
    "many fields": (lambda f: f.write_bytes(b"\x08\x01" * (onnx_file.MAX_FIELDS + 1)), "more than 500000 fields"),
    "its number is long": (lambda f: f.write_bytes(b"\xff" * 20), "a number of more than ten bytes"),
    "ONNX Runtime's format": (lambda f: f.write_bytes(b"\0\0\0\0ORTM" + b"\0" * 99), "got one of ONNX Runtime's own format"),
}


@pytest.mark.parametrize("name", FILES)
def test_what_is_no_model_is_told(tmp_path, name):
    make, message = FILES[name]
    make(tmp_path / "m.onnx")
    with pytest.raises(ModelError, match=message) as e:
        OnnxDetector(tmp_path / "m.onnx", ONE)
    assert "\n" not in str(e.value)


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    with (tmp_path / "m.onnx").open("wb") as f:
        f.truncate(onnx_file.MAX_BYTES + 1)
    with pytest.raises(ModelError, match="got 536870913"):
        read_model(tmp_path / "m.onnx")


@pytest.mark.parametrize("file", [SHIPPED_DETECTOR, SHIPPED_RECOGNIZER], ids=lambda f: f.name)
def test_the_shipped_files_are_read_as_they_are(file):
    assert read_model(file) == file.read_bytes()


def test_unknown_fields_are_passed_over(tmp_path):
    """Later versions of ONNX may have more."""
    data = tiny_onnx.detector().SerializeToString()
    more = b"\xb8\x3e\x05" + b"\xba\x3e\x02ab" + b"\xbd\x3e\x00\x00\x00\x00" + b"\xb9\x3e" + b"\0" * 8  # field 999 of every wire type
    (tmp_path / "m.onnx").write_bytes(more + data)
    assert read_model(tmp_path / "m.onnx") == more + data
    assert ModelProto.FromString(more + data).graph.node


@pytest.fixture
def lone(tmp_path):
    """A detector by itself, with its sum."""
    file = tmp_path / "lone.onnx"
    shutil.copy(SHIPPED_DETECTOR, file)
    write_sum(file)
    return file


def test_a_lone_file_with_its_sum_is_loaded(lone):
    assert TextReader(detector=lone, threads=1).detector.spec.name == "mobile"


@pytest.mark.parametrize("line", ["{0}  lone.onnx\n", "{0} *lone.onnx\r\n", "{1}  other.onnx\n{0}  lone.onnx"])
def test_sums_are_read_as_sha256sum_writes_them(lone, line):
    beside = lone.with_name("lone.onnx.sha256")
    digest = beside.read_text(encoding="utf-8").split()[0]
    beside.write_text(line.format(digest, "0" * 64), encoding="utf-8", newline="")
    TextReader(detector=lone, threads=1)


def test_a_lone_file_of_another_sum_is_refused(lone, capsys):
    data = bytearray(lone.read_bytes())
    data[-1] ^= 1
    lone.write_bytes(data)
    with pytest.raises(ModelError, match=r"lone\.onnx: damaged or altered \(sha256 expected .*…, got .*…\); fetch it again with its sum"):
        TextReader(detector=lone)


@pytest.mark.parametrize("text", ["", "no sum", "0" * 64, "0" * 64 + "  other.onnx", ("0" * 64 + "  lone.onnx\n") * 2, "\0\xff"])
def test_what_is_no_sum_is_refused(lone, text):
    lone.with_name("lone.onnx.sha256").write_text(text, encoding="latin-1")
    with pytest.raises(ModelError, match=r"lone\.onnx\.sha256: expected a line of lone\.onnx as sha256sum writes it|damaged"):
        TextReader(detector=lone)


def test_a_lone_file_without_a_sum_is_loaded_with_a_warning(lone, tmp_path, capsys):
    lone.with_name("lone.onnx.sha256").unlink()
    with pytest.warns(ModelWarning, match=r"lone\.onnx: not verified, because there is no lone\.onnx\.sha256 beside it"):
        TextReader(detector=lone, threads=1)
    assert main(["examples/sign.jpg", "--model", str(lone), "--no-text"]) == 0
    assert capsys.readouterr().err.count("ctpn: warning: ") == 1


def test_the_shipped_models_need_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TextReader(threads=1)
    assert all(f.with_name(f.name + ".sha256").is_file() for f in (SHIPPED_DETECTOR, SHIPPED_RECOGNIZER))
