"""An exported ONNX file, run."""

from __future__ import annotations

from pathlib import Path

from onnxruntime import InferenceSession, SessionOptions

from export.graph import INPUT
from export.parity import Maps, Pixels


class Session:
    """An exported file, .onnx or .ort, on one thread, as a function of its input."""

    def __init__(self, file: Path) -> None:
        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.enable_saved_runtime_optimizations", "1")  # of .ort files
        self.session = InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        self.names = [o.name for o in self.session.get_outputs()]

    def __call__(self, pixels: Pixels) -> Maps:
        """Outputs of uint8 RGB [N, H, W, 3] by name, with the batch axis."""
        return dict(zip(self.names, self.session.run(None, {INPUT: pixels}), strict=True))
