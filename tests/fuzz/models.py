"""Model files: damaged bytes, and graphs that are wired otherwise than ours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from ctpn.files import write_sum
from ctpn.reader import TextReader
from ctpn.runtime.onnx_runtime import OnnxDetector, OnnxRecognizer, RuntimeOptions
from tests.fuzz import tables
from tests.helpers import tiny_onnx

ONE_THREAD = RuntimeOptions(threads=1)
MODELS = {"detector": tiny_onnx.detector(), "recognizer": tiny_onnx.recognizer()}
TYPES = (
    TensorProto.FLOAT,
    TensorProto.UINT8,
    TensorProto.INT8,
    TensorProto.FLOAT16,
    TensorProto.INT64,
    TensorProto.STRING,
    TensorProto.BOOL,
)


def check(rng: np.random.Generator, folder: Path) -> None:
    """Read a photo with a model of which something is wrong."""
    part = "detector" if rng.random() < 0.6 else "recognizer"
    model = ModelProto()
    model.CopyFrom(MODELS[part])
    for _ in range(int(rng.integers(0, 3))):
        rewire(rng, model)
    data = model.SerializeToString()
    file = folder / "model.onnx"
    file.write_bytes(damaged(rng, data) if rng.random() < 0.6 else data)
    write_sum(file)
    rgb, _ = tables.page(rng)
    good = tiny_onnx.save(MODELS["recognizer" if part == "detector" else "detector"], folder / "good.onnx")
    detector = OnnxDetector(file if part == "detector" else good, ONE_THREAD)
    recognizer = OnnxRecognizer(good if part == "detector" else file, ONE_THREAD)
    for line in TextReader.of(detector, recognizer).read(rgb):
        assert np.isfinite(line.quad).all()
        assert 0 <= line.score <= 1


def damaged(rng: np.random.Generator, data: bytes) -> bytes:
    """Bytes changed, inserted, repeated or cut off."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 6))):
        at, length = int(rng.integers(0, len(changed) + 1)), int(rng.integers(1, 9))
        way = int(rng.integers(0, 6))
        if way < 3:
            changed[at : at + 1] = rng.bytes(1)
        elif way == 3:
            changed[at:at] = rng.bytes(length)
        elif way == 4:
            del changed[at : at + length]
        else:
            changed[at:] = changed[at : at + int(rng.integers(0, len(changed) + 1))]
    return bytes(changed)


def rewire(rng: np.random.Generator, model: ModelProto) -> None:
    """One change of a graph that remains a graph."""
    graph = model.graph
    ways = (_shape, _type, _other_input, _name, _weights, _node, _external, _metadata)
    ways[int(rng.integers(len(ways)))](rng, model)
    assert graph is model.graph


def _pick(rng: np.random.Generator, values: object) -> object:
    found = list(values)  # type: ignore[call-overload]  # protobuf's repeated fields
    return found[int(rng.integers(len(found)))] if found else None


def _shape(rng: np.random.Generator, model: ModelProto) -> None:
    info = _pick(rng, [*model.graph.input, *model.graph.output])
    if info is not None:
        dims = [_pick(rng, [0, 1, 2, 3, 7, 32, 64, 2**40, "n"]) for _ in range(int(rng.integers(0, 6)))]
        info.CopyFrom(helper.make_tensor_value_info(info.name, info.type.tensor_type.elem_type, dims))  # type: ignore[attr-defined]


def _type(rng: np.random.Generator, model: ModelProto) -> None:
    info = _pick(rng, [*model.graph.input, *model.graph.output])
    if info is not None:
        info.type.tensor_type.elem_type = TYPES[int(rng.integers(len(TYPES)))]  # type: ignore[attr-defined]


def _other_input(rng: np.random.Generator, model: ModelProto) -> None:
    if rng.random() < 0.5:
        model.graph.input.append(helper.make_tensor_value_info("second", TensorProto.FLOAT, [1]))
    elif len(model.graph.input):
        del model.graph.input[0]


def _name(rng: np.random.Generator, model: ModelProto) -> None:
    output = _pick(rng, model.graph.output)
    if output is not None:
        output.name = str(_pick(rng, ["score", "logits", "", "cells", "\N{SNOWMAN}"]))  # type: ignore[attr-defined]


def _weights(rng: np.random.Generator, model: ModelProto) -> None:
    tensor = _pick(rng, [t for t in model.graph.initializer if t.data_location != TensorProto.EXTERNAL])
    if tensor is not None:
        factor = np.array([np.nan, np.inf, -np.inf, 1e30, -1e3, 0, 1e6])[int(rng.integers(7))]
        with np.errstate(all="ignore"):
            value = (numpy_helper.to_array(tensor) * factor).astype(np.float32)  # type: ignore[arg-type]  # a tensor
        extra = rng.normal(size=[int(v) for v in rng.integers(1, 5, int(rng.integers(0, 3)))]).astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array(value if rng.random() < 0.7 else extra, tensor.name))  # type: ignore[attr-defined]


def _node(rng: np.random.Generator, model: ModelProto) -> None:
    at = int(rng.integers(len(model.graph.node) + 1))
    node = _pick(rng, model.graph.node)
    if node is not None and rng.random() < 0.5:
        node.op_type = str(_pick(rng, ["Relu", "Shape", "Log", "Sqrt", "Loop", "NoSuchOp", "Flatten", "Concat", "Gather"]))  # type: ignore[attr-defined]
    elif node is not None:
        source = str(_pick(rng, [i for n in model.graph.node for i in n.input]))
        model.graph.node.insert(at, helper.make_node(str(_pick(rng, ["Relu", "Log", "Identity", "Flatten"])), [source], [node.output[0]]))  # type: ignore[attr-defined]


def _external(rng: np.random.Generator, model: ModelProto) -> None:
    tensor = _pick(rng, model.graph.initializer)
    if tensor is not None:
        tensor.data_location = TensorProto.EXTERNAL  # type: ignore[attr-defined]
        tensor.external_data.add(key="location", value=str(_pick(rng, ["w.bin", "/etc/passwd", "../x", ""])))  # type: ignore[attr-defined]


def _metadata(rng: np.random.Generator, model: ModelProto) -> None:
    prop = model.metadata_props[0] if len(model.metadata_props) else model.metadata_props.add()
    prop.key = str(_pick(rng, ["spec", "spec", "Spec", ""]))
    prop.value = str(_pick(rng, ["", "{}", "[]", prop.value[:50], prop.value.replace("960", "1e9"), prop.value.replace("16", "0")]))
