"""Each runtime's way to load a model file and run it on pixels, for competitor_process.py.

A runtime is imported when its function is called. The `load(file, threads)` that it returns then loads only the file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Infer = Callable[[NDArray[np.generic]], Any]
Load = Callable[[str, int], Infer]


def onnxruntime() -> Load:
    """ONNX Runtime on the CPU; .onnx and .ort."""
    import onnxruntime as ort

    def load(file: str, threads: int) -> Infer:
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 3
        options.add_session_config_entry("session.enable_saved_runtime_optimizations", "1")  # of .ort files
        session = ort.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        return lambda pixels: session.run(None, {name: pixels})

    return load


def torchscript() -> Load:
    """TorchScript as plain torch loads it, and .ptl in the lite interpreter."""
    import torch
    from torch.jit.mobile import _load_for_lite_interpreter

    def load(file: str, threads: int) -> Infer:
        torch.set_num_threads(threads)
        net = _load_for_lite_interpreter(file) if file.endswith(".ptl") else torch.jit.load(file)

        def run(pixels: NDArray[np.generic]) -> Any:
            with torch.inference_mode():
                return net(torch.from_numpy(pixels))

        return run

    return load


def executorch() -> Load:
    """ExecuTorch's runtime; a file takes one image or line crop at a time."""
    import torch
    from executorch.extension.pybindings.portable_lib import _unsafe_reset_threadpool
    from executorch.runtime import Runtime

    runtime = Runtime.get()

    def load(file: str, threads: int) -> Infer:
        _unsafe_reset_threadpool(threads)  # unsafe while something runs
        net = runtime.load_program(file).load_method("forward")
        return lambda pixels: [net.execute([torch.from_numpy(one[None])]) for one in pixels]

    return load


def openvino() -> Load:
    """OpenVINO on the CPU, which reads ONNX."""
    import openvino as ov

    def load(file: str, threads: int) -> Infer:
        options = {
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",
        }
        net = ov.Core().compile_model(file, "CPU", options)
        return lambda pixels: net([pixels])

    return load


RUNTIMES: dict[str, Callable[[], Load]] = {
    "onnxruntime": onnxruntime, "torchscript": torchscript, "executorch": executorch, "openvino": openvino,
}  # fmt: skip
