"""An ONNX model: traced, and saved as all of ours are."""

from __future__ import annotations

import warnings
from pathlib import Path

import onnx
import onnxsim
import torch

from ctpn.errors import ParityError
from export.graph import INPUT, DetectorGraph, RecognizerGraph
from export.onnx.mobile_compatibility import IR, OPSET


def write_model(graph: DetectorGraph | RecognizerGraph, file: Path, size: tuple[int, int], *, fixed_width: bool) -> None:
    """Trace, simplify, and put the spec into the file's metadata.

    Args:
        size: (H, W) of the traced picture; `graph.axes` says what stays free.
    """
    axes = graph.axes(fixed_width=fixed_width)
    with warnings.catch_warnings():
        # The tracer warns of the GRU's batch (rows of one picture) and of its own age; parity is tested at other sizes.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph, (graph.example(size),), str(file), dynamo=False, opset_version=OPSET,
            input_names=[INPUT], output_names=list(axes)[1:], dynamic_axes=axes,
        )  # fmt: skip
    model, equal = onnxsim.simplify(onnx.load(file))
    if not equal:
        raise ParityError(f"{file.name}: the simplified graph computes something else; report this with your versions")
    save(model, file, graph.spec.to_json())


def save(model: onnx.ModelProto, file: Path, spec: str) -> None:
    """Save a model as all of ours are: the spec alone as metadata, a version that phones read."""
    del model.graph.value_info[:]  # shapes that every runtime infers again: a quarter of the unrolled file
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, {"spec": spec})
    model.ir_version = IR
    for unused in [o for o in model.opset_import if o.domain and o.domain not in {n.domain for n in model.graph.node}]:
        model.opset_import.remove(unused)
    onnx.checker.check_model(model)
    onnx.save(model, file)


def spec_json(file: Path) -> str:
    """The spec that a file carries."""
    return next(str(p.value) for p in onnx.load(file).metadata_props if p.key == "spec")
