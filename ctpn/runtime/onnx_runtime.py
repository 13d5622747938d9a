"""The graphs under ONNX Runtime: a file as a function from pixels to maps, or from line crops to logits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctpn.contract.spec import DetectorSpec, RecognizerSpec, read_spec
from ctpn.errors import CtpnError, ModelError

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]

HINT = "export it again with python -m export.onnx"
CPU = ("CPUExecutionProvider",)
MAX_THREADS = 256
QUIET = 4  # ONNX Runtime's log level: errors are raised, not printed


@dataclass(frozen=True)
class RuntimeOptions:
    """How ONNX Runtime runs a graph.

    Attributes:
        threads: for one call, 0 to MAX_THREADS; 0 lets ONNX Runtime choose.
        providers: execution providers in the order of preference, as names or as (name, options); each must be available.
        session_options: an `onnxruntime.SessionOptions` that is used as it is, in place of ours; `threads` must be 0 then.
    """

    threads: int = 0
    providers: Sequence[str | tuple[str, dict[str, Any]]] = CPU
    session_options: Any = None


DEFAULT = RuntimeOptions()


class OnnxDetector:
    """A detector file under ONNX Runtime; it may be called from several threads at once.

    Attributes:
        spec: the DetectorSpec from the file's metadata.

    Args:
        file: written by `python -m export.onnx`.
        options: how it is run.

    Raises:
        ModelError: the file is missing, damaged, not one of ours or of a newer version.
        CtpnError: ONNX Runtime or an execution provider is missing.
    """

    def __init__(self, file: str | Path, options: RuntimeOptions = DEFAULT) -> None:
        self.file = Path(file)
        self.session = _session(self.file, options)
        self.spec = read_spec(DetectorSpec, _spec(self.session, self.file, "detector"), self.file)
        self.outputs = [o.name for o in self.session.get_outputs()]
        shape, kind = self.session.get_inputs()[0].shape, self.session.get_inputs()[0].type
        channels = [o.shape[-1:] for o in self.session.get_outputs()]
        expected = [[self.spec.anchors * (2 if name in ("vertical", "side") else 1)] for name in self.outputs]
        if tuple(self.outputs) != self.spec.outputs or channels != expected or kind != "tensor(uint8)" or len(shape) != 4:
            raise ModelError(f"{file}: inputs or outputs do not fit its spec; {HINT}")
        self.fixed = tuple(v if isinstance(v, int) else None for v in shape[1:3])  # (H, W), None where any size is taken

    def maps(self, pixels_net: U8) -> dict[str, F32]:
        """See `protocols.Detector`; for a file of fixed size the pixels are padded with `spec.pad`.

        Raises:
            ModelError: the file's fixed size is smaller than the pixels.
        """
        h, w = pixels_net.shape[:2]
        net_h, net_w = self.fixed[0] or h, self.fixed[1] or w
        if h > net_h or w > net_w:
            raise ModelError(f"{self.file}: takes at most {net_h} x {net_w} pixels, got {h} x {w}; export a larger --size")
        if (h, w) != (net_h, net_w):
            padded = np.full((net_h, net_w, 3), self.spec.pad, np.uint8)
            padded[:h, :w] = pixels_net
            pixels_net = padded
        maps = self.session.run(None, {self.session.get_inputs()[0].name: pixels_net[None]})
        rows, columns = h // self.spec.stride_y, w // self.spec.stride_x
        return {name: m[0, :rows, :columns] for name, m in zip(self.outputs, maps, strict=True)}


class OnnxRecognizer:
    """A recogniser file under ONNX Runtime; it may be called from several threads at once.

    Attributes:
        spec: the RecognizerSpec from the file's metadata.
        width: of its line crops, None where any width is taken.

    Args:
        file: written by `python -m export.onnx`.
        options: how it is run.

    Raises:
        ModelError: the file is missing, damaged, not one of ours or of a newer version.
        CtpnError: ONNX Runtime or an execution provider is missing.
    """

    def __init__(self, file: str | Path, options: RuntimeOptions = DEFAULT) -> None:
        self.file = Path(file)
        self.session = _session(self.file, options)
        self.spec = read_spec(RecognizerSpec, _spec(self.session, self.file, "recogniser"), self.file)
        (taken, *more), (given, *others) = self.session.get_inputs(), self.session.get_outputs()
        fits = taken.type == "tensor(uint8)" and len(taken.shape) == 4 and taken.shape[1] == self.spec.height
        if more or others or not fits or given.name != "logits" or given.shape[2:] != [self.spec.classes]:
            raise ModelError(f"{file}: inputs or outputs do not fit its spec; {HINT}")
        self.width = taken.shape[2] if isinstance(taken.shape[2], int) else None

    def logits(self, line_crops: U8) -> F32:
        """See `protocols.Recognizer`; for a file of fixed width the line crops are padded with `spec.pad`.

        Raises:
            ModelError: the file's fixed width is smaller than the line crops'.
        """
        steps = line_crops.shape[2] // self.spec.stride
        if self.width is not None:
            missing = self.width - line_crops.shape[2]
            if missing < 0:
                raise ModelError(
                    f"{self.file}: takes line crops of {self.width} pixels, got {line_crops.shape[2]}; use a file of a larger width"
                )
            line_crops = np.pad(line_crops, ((0, 0), (0, 0), (0, missing), (0, 0)), constant_values=self.spec.pad)
        (found,) = self.session.run(None, {self.session.get_inputs()[0].name: line_crops})
        logits: F32 = found[:, :steps]
        return logits


def _spec(session: Any, file: Path, kind: str) -> str:
    metadata = session.get_modelmeta().custom_metadata_map
    if "spec" not in metadata:
        raise ModelError(f"{file}: no {kind} of ours (no spec in its metadata); write one with python -m export.onnx")
    return str(metadata["spec"])


def _session(file: Path, options: RuntimeOptions) -> Any:
    try:
        import onnxruntime as ort
    except ImportError:
        raise CtpnError("onnxruntime is missing; install it with: pip install onnxruntime") from None
    if not file.is_file():
        raise ModelError(f"{file}: no such model file or bundle; write one with python -m export.onnx or export.bundle")
    names = [p if isinstance(p, str) else p[0] for p in options.providers]
    missing = [name for name in names if name not in ort.get_available_providers()]
    if missing or not names:
        here = ", ".join(ort.get_available_providers())
        raise CtpnError(f"execution providers {names}: expected some of {here}; install an onnxruntime that has the others")
    settings = _session_options(ort, options)
    try:
        session = ort.InferenceSession(file.read_bytes(), settings, providers=list(options.providers))
    except Exception as e:  # ONNX Runtime's own exceptions share no public root
        reason = " ".join(str(e).split())[:160]
        raise ModelError(f"{file}: not a model that can be loaded ({reason}); fetch or export it again") from None
    if session.get_providers()[0] != names[0]:  # ONNX Runtime takes the CPU where a provider fails to start
        raise CtpnError(f"execution provider {names[0]} does not start on this machine; give one that does, or {CPU[0]}")
    return session


def _session_options(ort: Any, options: RuntimeOptions) -> Any:
    if options.session_options is not None:
        if options.threads:
            raise CtpnError("threads and session_options are both given; set intra_op_num_threads in the session options alone")
        return options.session_options
    if type(options.threads) is not int or not 0 <= options.threads <= MAX_THREADS:
        raise CtpnError(f"threads: expected a number from 0 to {MAX_THREADS}, got {options.threads!r}; 0 lets ONNX Runtime choose")
    ours = ort.SessionOptions()
    ours.intra_op_num_threads = options.threads
    ours.log_severity_level = QUIET
    return ours
