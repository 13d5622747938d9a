"""ONNX models of a few hundred bytes that are wired as ours are, for tests that damage them; and a bundle of such models."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from ctpn.contract.manifest import KIND, MANIFEST, SCHEMA
from ctpn.contract.spec import CRNN, MOBILE, RecognizerSpec, revise
from ctpn.version import __version__

CHARSET = " abcdefghij"
DETECTOR = revise(
    MOBILE,
    {
        "name": "tiny", "anchor_heights": [12.0], "long_side": 192, "tiling": {"overlap": 32, "tile_short_side": 64},
        "outputs": ["score", "vertical", "side", "link"], "direction": None,
    },
)  # fmt: skip
RECOGNIZER: RecognizerSpec = revise(
    CRNN, {"name": "tiny", "charset": CHARSET, "charset_sha256": hashlib.sha256(CHARSET.encode()).hexdigest(), "widths": [32]}
)


def detector() -> ModelProto:
    """Dark cells are text: every map is a product of the mean colour of a cell."""
    k = DETECTOR.anchors
    score, link = np.full((3, k), -8 / 765), np.full((3, k), -8 / 765)
    nodes, weights = _pooled(DETECTOR.stride_y, DETECTOR.stride_x)
    outputs = []
    for name, matrix in (("score", score), ("vertical", np.zeros((3, 2 * k))), ("side", np.zeros((3, 2 * k))), ("link", link)):
        raw = name if name in ("vertical", "side") else f"{name}_raw"
        weights[f"w_{name}"] = matrix.astype(np.float32)
        nodes.append(helper.make_node("MatMul", ["cells", f"w_{name}"], [raw]))
        if raw != name:
            weights[f"b_{name}"] = np.full(matrix.shape[1], 4, np.float32)
            nodes.append(helper.make_node("Add", [raw, f"b_{name}"], [f"{name}_sum"]))
            nodes.append(helper.make_node("Sigmoid", [f"{name}_sum"], [name]))
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "h", "w", matrix.shape[1]]))
    taken = helper.make_tensor_value_info("image", TensorProto.UINT8, [1, "height", "width", 3])
    return _model(nodes, [taken], outputs, weights, DETECTOR.to_json())


def recognizer() -> ModelProto:
    """A class for each mean colour of four columns."""
    nodes, weights = _pooled(RECOGNIZER.height, RECOGNIZER.stride)
    weights["axis"] = np.array([1], np.int64)
    weights["w"] = np.random.default_rng(0).normal(0, 0.05, (3, RECOGNIZER.classes)).astype(np.float32)
    nodes += [helper.make_node("Squeeze", ["cells", "axis"], ["row"]), helper.make_node("MatMul", ["row", "w"], ["logits"])]
    taken = helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", RECOGNIZER.height, "width", 3])
    given = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", "steps", RECOGNIZER.classes])
    return _model(nodes, [taken], [given], weights, RECOGNIZER.to_json())


def _pooled(height: int, width: int) -> tuple[list[NodeProto], dict[str, NDArray[Any]]]:
    """Nodes from `image` to `cells`, the mean colours of cells, channels last."""
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["float"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("AveragePool", ["planes"], ["pooled"], kernel_shape=[height, width], strides=[height, width]),
        helper.make_node("Transpose", ["pooled"], ["cells"], perm=[0, 2, 3, 1]),
    ]
    return nodes, {}


def _model(nodes: list[NodeProto], inputs: list[Any], outputs: list[Any], weights: dict[str, NDArray[Any]], spec: str) -> ModelProto:
    tensors = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    helper.set_model_props(model, {"spec": spec})
    return model


def save(model: ModelProto, file: Path) -> Path:
    """Write a model as it is, also an invalid one."""
    file.write_bytes(model.SerializeToString(deterministic=True))
    return file


def bundle(folder: Path) -> dict[str, Any]:
    """Write a bundle of the tiny models: its manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    save(detector(), folder / "detector.onnx")
    save(recognizer(), folder / "recognizer.onnx")
    golden = {"photo": "golden.png", "regions": [], "tolerance": {"quad": 1.0, "score": 0.1}, "lines": []}
    texts = {
        **{"detector.spec.json": DETECTOR.to_json(), "recognizer.spec.json": RECOGNIZER.to_json()},
        **{"charset.txt": CHARSET, "golden.json": json.dumps(golden), "golden.png": "a picture"},
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    manifest = {
        **{"schema": SCHEMA, "kind": KIND, "version": __version__, "charset": "charset.txt", "golden": "golden.json"},
        **{"models": {part: {"onnx": f"{part}.onnx"} for part in ("detector", "recognizer")}},
        **{"specs": {part: f"{part}.spec.json" for part in ("detector", "recognizer")}},
        **{"tools": {}, "measured": {}, "cards": {}},
    }
    sign(folder, manifest, sorted([*texts, "detector.onnx", "recognizer.onnx"]))
    return manifest


def sign(folder: Path, manifest: dict[str, Any], names: list[str]) -> None:
    """Write the manifest with the sums that these files have now."""
    manifest["files"] = {
        name: {"bytes": (folder / name).stat().st_size, "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()}
        for name in names
    }
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
