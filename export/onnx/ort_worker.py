"""Writes one `.ort` file, in a process of its own: ort_worker.py SOURCE TARGET save|no. It needs onnxruntime alone."""

from __future__ import annotations

import sys

from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions


def convert(source: str, target: str, runtime: str) -> None:
    """The steps of onnxruntime.tools.convert_onnx_models_to_ort, for one file.

    Args:
        runtime: "save" leaves the graph as it is for accelerators, and what may be optimised for a CPU beside it.
    """
    options = SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    options.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_ALL
    options.optimized_model_filepath = target
    options.add_session_config_entry("session.save_model_format", "ORT")
    if runtime == "save":
        options.add_session_config_entry("optimization.minimal_build_optimizations", "save")
    # The layout NCHWc is one of x86 alone; folding would write the recogniser's int8 matrix out as float.
    disabled = ["NchwcTransformer", "ConstantFolding"]
    InferenceSession(source, options, providers=["CPUExecutionProvider"], disabled_optimizers=disabled)


if __name__ == "__main__":
    convert(*sys.argv[1:])
