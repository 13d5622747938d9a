"""The peak speed of the machine: a matrix product and a convolution, in float32 and int8, computed by ONNX Runtime.

No model reaches the speed of the processor's data sheet, so models are compared with the faster of these operators in the same run. Their
operands fit into the second-level cache; at these sizes ONNX Runtime is fastest.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto as T
from onnx import helper, numpy_helper

SIDE = 768  # of the square matrices
CHANNELS, PIXELS = 512, 40  # of the 3 x 3 convolution and its square map
OPERATIONS = {"product": 2 * SIDE**3, "convolution": 2 * 9 * CHANNELS**2 * PIXELS**2}
SHAPES = {"product": [SIDE, SIDE], "convolution": [1, CHANNELS, PIXELS, PIXELS]}
PRECISIONS = ("float32", "int8")


def write(kernel: str, precision: str, file: Path) -> Path:
    """Write one operator as a model file and an input beside it; returns the input's file.

    Args:
        kernel: a key of OPERATIONS, which has its number of operations (multiplications and additions).
        precision: float32, or int8: activations uint8, weights int8 per channel.
    """
    rng, quantized = np.random.default_rng(0), precision == "int8"
    shape = SHAPES[kernel]
    weights = (SIDE, SIDE) if kernel == "product" else (CHANNELS, CHANNELS, 3, 3)
    w = rng.integers(-127, 127, weights).astype(np.int8) if quantized else rng.standard_normal(weights).astype(np.float32)
    x = rng.integers(0, 255, shape).astype(np.uint8) if quantized else rng.standard_normal(shape).astype(np.float32)
    node, more, result = _operator(kernel, quantized)
    kind = T.UINT8 if quantized else T.FLOAT
    graph = helper.make_graph(
        [node], "peak", [helper.make_tensor_value_info("x", kind, shape)], [helper.make_tensor_value_info("y", result, shape)],
        [numpy_helper.from_array(np.asarray(a), name) for name, a in {"w": w, **more}.items()],
    )  # fmt: skip
    file.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), file)
    np.save(file.with_suffix(".npy"), x)
    return file.with_suffix(".npy")


def _operator(kernel: str, quantized: bool) -> tuple[Any, dict[str, NDArray[Any]], int]:
    """The node, its constants except `w`, and the type of its output."""
    if kernel == "product":
        return helper.make_node("MatMulInteger" if quantized else "MatMul", ["x", "w"], ["y"]), {}, T.INT32 if quantized else T.FLOAT
    if not quantized:
        return helper.make_node("Conv", ["x", "w"], ["y"], pads=[1] * 4), {}, T.FLOAT
    scales = {"xs": np.float32(0.02), "xz": np.uint8(128), "ws": np.full(CHANNELS, 0.01, np.float32), "wz": np.zeros(CHANNELS, np.int8),
              "ys": np.float32(0.5), "yz": np.uint8(128)}  # fmt: skip
    inputs = ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz"]
    return helper.make_node("QLinearConv", inputs, ["y"], pads=[1] * 4), {k: np.asarray(v) for k, v in scales.items()}, T.UINT8
