"""Inference: an ONNX file as a function from pixels to maps, or from strips to logits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctpn.contract.spec import DetectorSpec, RecognizerSpec, read_spec
from ctpn.errors import CtpnError, ModelError

REMEDY = "export it again with python -m export.onnx"


class OnnxDetector:
    """A detector file under ONNX Runtime.

    Attributes:
        spec: the DetectorSpec from the file's metadata.

    Args:
        file: written by `python -m export.onnx`.
        threads: for one picture; 0 lets ONNX Runtime choose.

    Raises:
        ModelError: the file is missing, damaged, not one of ours or of a newer version.
    """

    def __init__(self, file: str | Path, threads: int = 0) -> None:
        self.file = Path(file)
        self.session = _session(self.file, threads)
        self.spec = read_spec(DetectorSpec, _spec(self.session, self.file, "detector"), self.file)
        self.outputs = [o.name for o in self.session.get_outputs()]
        shape, kind = self.session.get_inputs()[0].shape, self.session.get_inputs()[0].type
        channels = [o.shape[-1:] for o in self.session.get_outputs()]
        wanted = [[self.spec.anchors * (2 if name in ("vertical", "side") else 1)] for name in self.outputs]
        if tuple(self.outputs) != self.spec.outputs or channels != wanted or kind != "tensor(uint8)" or len(shape) != 4:
            raise ModelError(f"{file}: inputs or outputs do not fit its spec; {REMEDY}")
        self.fixed = tuple(v if isinstance(v, int) else None for v in shape[1:3])  # (H, W), None where any goes

    def maps(self, pixels_net: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Maps [h, w, C] of uint8 RGB [H, W, 3]; a file of fixed size gets its pixels padded with `spec.pad`."""
        h, w = pixels_net.shape[:2]
        want_h, want_w = self.fixed[0] or h, self.fixed[1] or w
        if h > want_h or w > want_w:
            raise ModelError(f"{self.file}: takes at most {want_h} x {want_w} pixels, got {h} x {w}; export a larger --size")
        if (h, w) != (want_h, want_w):
            padded = np.full((want_h, want_w, 3), self.spec.pad, np.uint8)
            padded[:h, :w] = pixels_net
            pixels_net = padded
        found = self.session.run(None, {self.session.get_inputs()[0].name: pixels_net[None]})
        rows, columns = h // self.spec.stride_y, w // self.spec.stride_x
        return {name: m[0, :rows, :columns] for name, m in zip(self.outputs, found, strict=True)}


class OnnxRecognizer:
    """A recogniser file under ONNX Runtime.

    Attributes:
        spec: the RecognizerSpec from the file's metadata.
        width: of its strips, None where any goes.

    Args:
        file: written by `python -m export.onnx`.
        threads: for one batch; 0 lets ONNX Runtime choose.

    Raises:
        ModelError: the file is missing, damaged, not one of ours or of a newer version.
    """

    def __init__(self, file: str | Path, threads: int = 0) -> None:
        self.file = Path(file)
        self.session = _session(self.file, threads)
        self.spec = read_spec(RecognizerSpec, _spec(self.session, self.file, "recogniser"), self.file)
        (taken, *more), (given, *others) = self.session.get_inputs(), self.session.get_outputs()
        fits = taken.type == "tensor(uint8)" and len(taken.shape) == 4 and taken.shape[1] == self.spec.height
        if more or others or not fits or given.name != "logits" or given.shape[2:] != [self.spec.classes]:
            raise ModelError(f"{file}: inputs or outputs do not fit its spec; {REMEDY}")
        self.width = taken.shape[2] if isinstance(taken.shape[2], int) else None

    def logits(self, strips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Logits float32 [N, W / stride, classes] of uint8 RGB strips [N, height, W, 3], W a multiple of `width_multiple`.

        A file of fixed width gets its strips padded with `spec.pad`.
        """
        steps = strips.shape[2] // self.spec.stride
        if self.width is not None:
            missing = self.width - strips.shape[2]
            if missing < 0:
                raise ModelError(f"{self.file}: takes strips of {self.width} pixels, got {strips.shape[2]}; use a wider form")
            strips = np.pad(strips, ((0, 0), (0, 0), (0, missing), (0, 0)), constant_values=self.spec.pad)
        (found,) = self.session.run(None, {self.session.get_inputs()[0].name: strips})
        logits: NDArray[np.float32] = found[:, :steps]
        return logits


def _spec(session: Any, file: Path, kind: str) -> str:
    metadata = session.get_modelmeta().custom_metadata_map
    if "spec" not in metadata:
        raise ModelError(f"{file}: no {kind} of ours (no spec in its metadata); write one with python -m export.onnx")
    return str(metadata["spec"])


def _session(file: Path, threads: int) -> Any:
    try:
        import onnxruntime as ort
    except ImportError:
        raise CtpnError("onnxruntime is missing; install it with: pip install onnxruntime") from None
    if not file.is_file():
        raise ModelError(f"{file}: no such model file or bundle; write one with python -m export.onnx or export.bundle")
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # errors are raised, not printed
    try:
        return ort.InferenceSession(file.read_bytes(), options, providers=["CPUExecutionProvider"])
    except Exception as e:  # ONNX Runtime's own exceptions share no public root
        reason = " ".join(str(e).split())[:160]
        raise ModelError(f"{file}: not a model that can be loaded ({reason}); fetch or export it again") from None
