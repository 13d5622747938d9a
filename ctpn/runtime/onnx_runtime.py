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
from ctpn.runtime.onnx_file import read_model

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
Shape = tuple[int | None, ...]

HINT = "export it again with python -m export.onnx"
MAX_VALUE = 1e6  # of a map or a logit; beyond, and with NaN, the weights are damaged
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
        self._input, shape = _input(self.session, self.file, (1, None, None, 3))
        _check_outputs(self.session, self.file, {name: (1, None, None, _channels(name, self.spec)) for name in self.spec.outputs})
        self.outputs = list(self.spec.outputs)
        self.fixed = tuple(v if isinstance(v, int) else None for v in shape[1:3])  # (H, W), None where any size is taken

    def maps(self, pixels_net: U8) -> dict[str, F32]:
        """See `protocols.Detector`; for a file of fixed size the pixels are padded with `spec.pad`.

        Raises:
            ModelError: the file's fixed size is smaller than the pixels, ONNX Runtime fails, or maps are not what the spec says.
        """
        h, w = pixels_net.shape[:2]
        net_h, net_w = self.fixed[0] or h, self.fixed[1] or w
        if h > net_h or w > net_w:
            raise ModelError(f"{self.file}: takes at most {net_h} x {net_w} pixels, got {h} x {w}; export a larger --size")
        if (h, w) != (net_h, net_w):
            padded = np.full((net_h, net_w, 3), self.spec.pad, np.uint8)
            padded[:h, :w] = pixels_net
            pixels_net = padded
        maps = dict(zip(self.outputs, _run(self.session, self.file, {self._input: pixels_net[None]}), strict=True))
        cells = {name: _cell(name, self.spec) for name in maps}
        for name, values in maps.items():
            down, across = cells[name]
            low, high = (0.0, 1.0) if name in ("score", "link") else (-MAX_VALUE, MAX_VALUE)
            _check_values(self.file, name, values, (1, net_h // down, net_w // across, _channels(name, self.spec)), (low, high))
        return {name: m[0, : h // cells[name][0], : w // cells[name][1]] for name, m in maps.items()}


def _channels(name: str, spec: DetectorSpec) -> int:
    """Of a map."""
    return 3 if name == "direction" else spec.anchors * (2 if name in ("vertical", "side") else 1)


def _cell(name: str, spec: DetectorSpec) -> tuple[int, int]:
    """Height and width of a map's cells in pixels."""
    return (spec.direction.stride, spec.direction.stride) if name == "direction" and spec.direction else (spec.stride_y, spec.stride_x)


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
        self._input, shape = _input(self.session, self.file, (None, self.spec.height, None, 3))
        _check_outputs(self.session, self.file, {"logits": (None, None, self.spec.classes)})
        self.width = shape[2] if isinstance(shape[2], int) else None

    def logits(self, line_crops: U8) -> F32:
        """See `protocols.Recognizer`; for a file of fixed width the line crops are padded with `spec.pad`.

        Raises:
            ModelError: the file's fixed width is smaller than the line crops', ONNX Runtime fails, or logits are not what the spec says.
        """
        steps = line_crops.shape[2] // self.spec.stride
        if self.width is not None:
            missing = self.width - line_crops.shape[2]
            if missing < 0:
                raise ModelError(
                    f"{self.file}: takes line crops of {self.width} pixels, got {line_crops.shape[2]}; use a file of a larger width"
                )
            line_crops = np.pad(line_crops, ((0, 0), (0, 0), (0, missing), (0, 0)), constant_values=self.spec.pad)
        (found,) = _run(self.session, self.file, {self._input: line_crops})
        shape = (len(line_crops), line_crops.shape[2] // self.spec.stride, self.spec.classes)
        _check_values(self.file, "logits", found, shape, (-np.inf, MAX_VALUE), peaks=True)
        logits: F32 = found[:, :steps]
        return logits


def _spec(session: Any, file: Path, kind: str) -> str:
    try:
        metadata = session.get_modelmeta().custom_metadata_map
    except UnicodeDecodeError:
        raise ModelError(f"{file}: damaged (its metadata are not UTF-8); fetch or export it again") from None
    if "spec" not in metadata:
        raise ModelError(f"{file}: no {kind} of ours (no spec in its metadata); write one with python -m export.onnx")
    return str(metadata["spec"])


def _input(session: Any, file: Path, expected: Shape) -> tuple[str, list[Any]]:
    """Name and shape of the one input, uint8 of a shape where None may be any size."""
    inputs = session.get_inputs()
    if len(inputs) != 1 or inputs[0].type != "tensor(uint8)" or not _fits(inputs[0].shape, expected):
        got = ", ".join(f"{i.type} {i.shape}" for i in inputs)[:200] or "none"
        raise ModelError(f"{file}: inputs do not fit its spec: expected one, tensor(uint8) {_shown(expected)}, got {got}; {HINT}")
    return str(inputs[0].name), list(inputs[0].shape)


def _check_outputs(session: Any, file: Path, expected: dict[str, Shape]) -> None:
    """Whether a graph's outputs are these, float32 in this order."""
    outputs = session.get_outputs()
    fits = [o.name for o in outputs] == list(expected) and all(
        o.type == "tensor(float)" and _fits(o.shape, expected[o.name]) for o in outputs
    )
    if not fits:
        want = ", ".join(f"{name} {_shown(shape)}" for name, shape in expected.items())
        got = ", ".join(f"{o.name} {o.type} {o.shape}" for o in outputs)[:300] or "none"
        raise ModelError(f"{file}: outputs do not fit its spec: expected tensor(float) {want}, got {got}; {HINT}")


def _fits(shape: Any, expected: Shape) -> bool:
    """Whether a declared shape allows what is given and expected: a size is as expected, and whatever is open has no size or any."""
    if len(shape) != len(expected):
        return False
    pairs = list(zip(shape, expected, strict=True))
    open_batch = expected[0] is None  # a batch of any size cannot be declared fixed
    return not (open_batch and isinstance(shape[0], int)) and all(want is None or got == want for got, want in pairs)


def _shown(shape: Shape) -> str:
    return str([v if v is not None else "any" for v in shape]).replace("'", "")


def _run(session: Any, file: Path, feeds: dict[str, U8]) -> list[Any]:
    try:
        found: list[Any] = session.run(None, feeds)
    except Exception as e:  # ONNX Runtime's own exceptions share no public root
        size = " x ".join(map(str, next(iter(feeds.values())).shape))
        raise ModelError(f"{file}: fails on an input of {size} ({_reason(e)}); {HINT}") from None
    return found


def _check_values(file: Path, name: str, values: Any, shape: tuple[int, ...], allowed: tuple[float, float], peaks: bool = False) -> None:
    """Whether an output is float32 of a shape, with values in a range; with `peaks` the highest of each row alone, which is quicker."""
    if not isinstance(values, np.ndarray) or values.dtype != np.float32 or values.shape != shape:
        got = f"{values.dtype} {list(values.shape)}" if isinstance(values, np.ndarray) else type(values).__name__
        raise ModelError(f"{file}: {name}: expected float32 {list(shape)}, got {got}; {HINT}")
    seen = values.max(-1) if peaks else values
    low, high = (float(seen.min()), float(seen.max())) if seen.size else (0.0, 0.0)
    if not (allowed[0] <= low and high <= allowed[1]) or (peaks and low == -np.inf):  # NaN is neither
        raise ModelError(f"{file}: {name}: expected numbers in {list(allowed)}, got {low:g} to {high:g}; its weights are damaged, {HINT}")


def _reason(e: Exception) -> str:
    return " ".join(str(e).split())[:160] or type(e).__name__


def _session(file: Path, options: RuntimeOptions) -> Any:
    try:
        import onnxruntime as ort
    except ImportError:
        raise CtpnError("onnxruntime is missing; install it with: pip install onnxruntime") from None
    data = read_model(file)
    names = [p if isinstance(p, str) else p[0] for p in options.providers]
    missing = [name for name in names if name not in ort.get_available_providers()]
    if missing or not names:
        here = ", ".join(ort.get_available_providers())
        raise CtpnError(f"execution providers {names}: expected some of {here}; install an onnxruntime that has the others")
    settings = _session_options(ort, options)
    try:
        # Else, after an error, ONNX Runtime prints to stdout and tries the CPU, which is told below; here it is the CPU already.
        fallback = int(names != list(CPU))
        session = ort.InferenceSession(data, settings, providers=list(options.providers), enable_fallback=fallback)
    except Exception as e:  # ONNX Runtime's own exceptions share no public root
        raise ModelError(f"{file}: not a model that can be loaded ({_reason(e)}); fetch or export it again") from None
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
