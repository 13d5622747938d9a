"""Quantisation: static int8 (activations U8, weights S8 per channel, calibrated on synthetic pages), int8 weights alone, and float16."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
import onnxruntime
import onnxsim
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.calibrate import HistogramCollector, PercentileCalibrater, save_tensors_data
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.float16 import convert_float_to_float16
from onnxruntime.transformers.onnx_model import OnnxModel
from tqdm import tqdm

from ctpn.nn.rounding import stays_float
from export.graph import INPUT
from export.onnx.model import save, spec_json

OPERATORS = ("Conv", "MatMul")
FLOAT_RESULTS = ["MatMul"]  # the logits of 5,128 classes: to round them to 8 bits and back takes longer than the product
BINS = 2048  # of a tensor's histogram at first; each has one width, and larger values add bins
BLOCK = 1 << 15  # numbers at a time, which stay in the processor's cache
METHOD, PERCENTILE = CalibrationMethod.Percentile, 99.99  # a little better than the extremes: outliers are cut


class _CalibrationInputs(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, inputs: Iterable[NDArray[np.uint8]]) -> None:
        self.inputs = iter(inputs)

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        pixels = next(self.inputs, None)
        return None if pixels is None else {INPUT: pixels}


def quantize(source: Path, target: Path, inputs: Iterable[NDArray[np.uint8]]) -> None:
    """Write an ONNX file with int8 weights and activations.

    Args:
        source, target: float and int8 file.
        inputs: uint8 RGB [N, H, W, 3] each, of a size that the graph takes, to take the ranges of the activations from.
    """
    with TemporaryDirectory(prefix=".quantize-", dir=target.parent) as name, _quiet():
        ready, ranges = Path(name, "ready.onnx"), Path(name, "ranges.json")
        quant_pre_process(source, ready, skip_symbolic_shape=True)
        chosen = [n for n in onnx.load(ready).graph.node if n.op_type in OPERATORS and not stays_float(module_name(n.name))]
        _calibrate(ready, ranges, inputs, {name for n in chosen for name in (*n.input, *n.output)})
        quantize_static(
            ready, target, None, quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            nodes_to_quantize=[n.name for n in chosen],
            calibrate_method=METHOD, calibration_cache_path=ranges,
            extra_options={"OpTypesToExcludeOutputQuantization": FLOAT_RESULTS},
        )  # fmt: skip
    save(onnx.load(target), target, spec_json(source))


def quantize_weights(source: Path, target: Path, inputs: Iterable[NDArray[np.uint8]]) -> None:
    """Write an ONNX file whose matrices are int8, with a scale for each column and one for each row; all computing stays float32.

    For the recogniser: 40 % of its bytes are the matrix of its last layer, and with activations of 8 bits too many of its
    texts change (5 % of those that it is confident of). The runtime folds the three nodes that turn it into floats when it
    loads the file; it would fuse DequantizeLinear with the product into a slower one.

    Args:
        source, target: float and int8 file.
        inputs: uint8 RGB [N, height, W, 3] each, of any width: what the matrices are multiplied with decides in which
            direction their weights are rounded.
    """
    model = onnx.load(source)
    constants = {t.name: t for t in model.graph.initializer}
    products = [n for n in model.graph.node if n.op_type == "MatMul" and n.input[1] in constants]
    for node, seen in zip(products, _multiplicands(model, [n.input[0] for n in products], inputs), strict=True):
        name = node.input[1]
        parts = quantize_matrix(onnx.numpy_helper.to_array(constants[name]), seen)
        model.graph.initializer.remove(constants[name])
        model.graph.initializer.extend(onnx.numpy_helper.from_array(a, f"{name}_{part}") for part, a in parts.items())
        for i, (operator, names, output, more) in enumerate([
            ("Cast", [f"{name}_int8"], f"{name}_steps", {"to": onnx.TensorProto.FLOAT}),
            ("Mul", [f"{name}_steps", f"{name}_columns"], f"{name}_even", {}),
            ("Mul", [f"{name}_even", f"{name}_rows"], name, {}),
        ]):  # fmt: skip
            model.graph.node.insert(i, onnx.helper.make_node(operator, names, [output], **more))
    onnx.checker.check_model(model)
    onnx.save(model, target)


def _multiplicands(model: onnx.ModelProto, names: list[str], inputs: Iterable[NDArray[np.uint8]]) -> list[NDArray[np.float64]]:
    """The rows of the tensors of these names over all inputs: float64 [n, D] each."""
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    del probe.graph.output[:]
    probe.graph.output.extend(onnx.helper.make_empty_tensor_value_info(n) for n in names)
    session = onnxruntime.InferenceSession(probe.SerializeToString(), providers=["CPUExecutionProvider"])
    found = [session.run(names, {INPUT: pixels}) for pixels in inputs]
    return [np.concatenate([f[i].reshape(-1, f[i].shape[-1]) for f in found]).astype(np.float64) for i in range(len(names))]


def quantize_matrix(matrix: NDArray[np.float32], seen: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """A matrix as int8 with its scales, row by row; later rows compensate the rounding error of earlier ones (Frantar et al. 2023,
    GPTQ), as far as their inputs correlate. Halves the error of the product.

    Args:
        matrix: float32 [D, classes].
        seen: float64 [n, D], what the matrix is multiplied with.

    Returns:
        "int8" int8 [D, classes], "columns" float32 [classes] and "rows" float32 [D, 1]; their product is the matrix, rounded.
    """
    rows = np.sqrt(np.abs(matrix).max(1, keepdims=True)).clip(1e-6)  # balances the rows, which makes the rounding error a third smaller
    columns = np.maximum(np.abs(matrix / rows).max(0) / 127, 1e-8)
    correlation = seen.T @ seen / max(1, len(seen))
    correlation += (0.01 * np.diag(correlation).mean() + 1e-12) * np.eye(len(matrix))
    factor = np.linalg.cholesky(np.linalg.inv(correlation)).T
    left, steps = matrix.astype(np.float64), np.zeros(matrix.shape, np.int8)
    for d in range(len(matrix)):
        steps[d] = np.floor(left[d] / rows[d] / columns + 0.5).clip(-127, 127)
        error = left[d] - steps[d] * rows[d] * columns
        left[d + 1 :] -= np.outer(factor[d, d + 1 :] / factor[d, d], error)
    return {"int8": steps, "columns": columns.astype(np.float32), "rows": rows.astype(np.float32)}


def to_float16(source: Path, target: Path) -> None:
    """Write an ONNX file whose weights and computing are float16; inputs and outputs keep their types.

    Half the bytes, for GPUs and NPUs that compute so; a CPU gains no time.
    """
    with _quiet():
        model = OnnxModel(convert_float_to_float16(onnx.load(source), keep_io_types=True))
        model.topological_sort()  # the converter puts its casts at the end
    model, _ = onnxsim.simplify(model.model)  # and casts constants too
    save(model, target, spec_json(source))


def module_name(node: str) -> str:
    """The module of a node: "/net/rows8/rows8.1/look/look.0/Conv" is of rows8.1.look.0."""
    *path, _ = node.removeprefix("/net/").split("/")
    return ".".join(part.split(".")[-1] for part in path)


class _Calibrator(PercentileCalibrater):  # type: ignore[misc]
    """ONNX Runtime's calibrator, for the tensors of these names alone: histograms of those that stay float would be wasted."""

    def __init__(self, model: Path, augmented: Path, names: set[str]) -> None:
        self.names = names
        super().__init__(str(model), list(OPERATORS), str(augmented), symmetric=True, num_bins=BINS, percentile=PERCENTILE)
        self.collector = _Histograms(self.method, self.symmetric, BINS, self.num_quantized_bins, self.percentile, self.scenario)

    def select_tensors_to_calibrate(self, model: onnx.ModelProto) -> tuple[set[str], dict[str, Any]]:
        tensors, value_infos = super().select_tensors_to_calibrate(model)
        return tensors & self.names, value_infos


class _Histograms(HistogramCollector):  # type: ignore[misc]
    """ONNX Runtime's histograms of absolute values, number for number. Its own sort every tensor of every page, which takes
    twice as long."""

    def collect_absolute_value(self, name_to_arr: dict[str, list[NDArray[np.float32]]]) -> None:
        for name, (values,) in name_to_arr.items():
            low, high, sizes = values.min(), values.max(), np.abs(values).ravel()
            if name not in self.histogram_dict:
                counts, edges = np.histogram(sizes, bins=self.num_bins)
                self.histogram_dict[name] = (counts, edges.astype(np.float32), low, high)
                continue
            old, edges, old_low, old_high = self.histogram_dict[name]
            largest, width = sizes.max(), edges[1] - edges[0]
            if largest > edges[-1]:  # the edges that are added are float64 for this once, as ONNX Runtime's are
                edges = np.hstack((edges, np.arange(edges[-1] + width, largest + width, width)))
            counts = histogram(sizes, edges)
            counts[: len(old)] += old
            self.histogram_dict[name] = (counts, edges.astype(np.float32), min(old_low, low), max(old_high, high))


def histogram(values: NDArray[np.float32], edges: NDArray[Any]) -> NDArray[np.int64]:
    """What np.histogram counts, faster where the bins are about equally wide: the bin of a number is guessed, then corrected.

    Args:
        values: float32 [n], finite.
        edges: float32 or float64 [bins + 1], ascending.

    Returns:
        int64 [bins]; what lies outside of the edges is not counted, and the last bin has its upper edge too.
    """
    bins = len(edges) - 1
    per_bin, counts = np.float32(bins / (edges[-1] - edges[0])), np.zeros(bins + 2, np.int64)  # the outer two: below and above
    bounds = np.concatenate(([-np.inf], edges, [np.inf])).astype(edges.dtype)
    for begin in range(0, len(values), BLOCK):
        block = values[begin : begin + BLOCK]
        found = ((block - edges[0]) * per_bin + 1).clip(0, bins + 1).astype(np.int32)
        wrong = np.flatnonzero((block < bounds[found]) | (block >= bounds[found + 1]))
        found[wrong] = np.searchsorted(edges, block[wrong], "right")
        counts += np.bincount(found, minlength=bins + 2)
    counts[-2] += np.count_nonzero(values == edges[-1])
    return counts[1:-1]


def _calibrate(ready: Path, ranges: Path, inputs: Iterable[NDArray[np.uint8]], names: set[str]) -> None:
    """Write the ranges of these tensors to `ranges`; one input at a time, because all maps of many pages take gigabytes."""
    calibrator = _Calibrator(ready, ranges.with_name("augmented.onnx"), names)
    calibrator.augment_graph()
    calibrator.create_inference_session()
    for pixels in tqdm(list(inputs), desc="calibrating"):
        calibrator.collect_data(_CalibrationInputs([pixels]))
    save_tensors_data(calibrator.compute_data(), ranges)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's messages off stdout, which is for results, and off the log."""
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.ERROR)
    try:
        with redirect_stdout(StringIO()):
            yield
    finally:
        logging.getLogger().setLevel(level)
