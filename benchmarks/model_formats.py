"""The formats of exported models: their files, the command that writes them, and the function that loads and runs a file.

One entry of FORMATS per format. Runtimes are imported when a file is loaded.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ctpn.contract.spec import DetectorSpec, RecognizerSpec
from export.arm import root
from export.arm.session import ArmSession
from export.onnx.session import Session
from export.parity import Run

Spec = DetectorSpec | RecognizerSpec
ARM_CPU = "cortex-a76"  # with dot products, as in phones since 2018; benchmarks.arm has more
DETECTOR, RECOGNIZER = 960, 320  # widths of the files of one width; the exporters verify the others
# Why files differ from PyTorch, by precision, or by model and precision.
FLOAT32 = {"": "float32 summed in another order, so the last bits differ"}
FLOAT16 = {"float16": "11 significant bits: each operation has a relative error of up to 1/2000"}
IN_ONNX = {
    **FLOAT32, **FLOAT16,
    "mobile int8": "weights and activations are rounded to 8 bits; a cell near a threshold, and with it a line's end, may change",
    "crnn int8": "the weights of the last matrix are rounded to 8 bits; where two characters are almost equally likely, the other may win",
}  # fmt: skip
IN_CORE_ML = {
    **FLOAT32, **FLOAT16,
    "int8": "weights are rounded to 8 bits, and all operations are in float16",
    "6bit": "each weight is the nearest of 64 values, and all operations are in float16",
}  # fmt: skip
ON_ARM = IN_ONNX | {"mobile int8": "as int8 here; where the last bit of float32 decides between two 8-bit values, ARM may give the other"}


@dataclass(frozen=True)
class Format:
    """One format under one runtime.

    Attributes:
        name: in tables.
        ending: of its files' names.
        variants: of its files: any size, or one width.
        precisions: of its files; "" is float32.
        command: writes them.
        load: turns a file into a function, given its spec and its width, None for any size.
        reasons: why its files differ.
        package: must be installed.
        max_samples: a limit of pages or line crops, where a run takes seconds; None: no limit.
    """

    name: str
    ending: str
    variants: tuple[str, ...]
    precisions: tuple[str, ...]
    command: str
    load: Callable[[Path, Spec, int | None], AbstractContextManager[Run]]
    reasons: dict[str, str]
    package: str = "onnxruntime"
    max_samples: int | None = None

    def files(self, model: str, spec: Spec) -> Iterator[tuple[str, int | None, str]]:
        """Name, width and precision of each file of a model."""
        width = DETECTOR if isinstance(spec, DetectorSpec) else RECOGNIZER
        for variant in self.variants:
            for precision in self.precisions:
                fixed = width if variant == ONE else None
                parts = [model, *([str(fixed)] if fixed and self._in_name(spec) else []), *([precision] if precision else [])]
                yield "-".join(parts) + self.ending, fixed, precision

    def _in_name(self, spec: Spec) -> bool:
        """A Core ML recogniser is one package with a function for each width."""
        return self.ending != ".mlpackage" or isinstance(spec, DetectorSpec)

    def unavailable(self) -> tuple[str, str] | None:
        """Why its files cannot run on this machine, and what to do; None if they can."""
        if self.load is arm and (reason := root.missing()):
            return tuple(reason.split("; on Debian: "))  # type: ignore[return-value]
        if importlib.util.find_spec(self.package) is None:
            return f"{self.package} is not installed", f"pip install -c constraints.txt {self.package}"
        return None


def onnx(file: Path, spec: Spec, width: int | None) -> AbstractContextManager[Run]:
    """ONNX Runtime; .onnx and .ort."""
    return nullcontext(Session(file))


def torchscript(file: Path, spec: Spec, width: int | None) -> AbstractContextManager[Run]:
    """TorchScript as plain torch loads it."""
    import torch

    from export import torchscript as exporter

    return nullcontext(exporter.runner(torch.jit.load(str(file)), _outputs(spec)))


def lite(file: Path, spec: Spec, width: int | None) -> AbstractContextManager[Run]:
    """TorchScript in the interpreter of PyTorch Mobile."""
    from torch.jit.mobile import _load_for_lite_interpreter

    from export import torchscript as exporter

    return nullcontext(exporter.runner(_load_for_lite_interpreter(str(file)), _outputs(spec)))


def executorch(file: Path, spec: Spec, width: int | None) -> AbstractContextManager[Run]:
    """ExecuTorch's own runtime, which takes one image at a time."""
    from export import executorch as exporter

    run = exporter.runner(file, _outputs(spec))

    def each(pixels: np.ndarray) -> dict[str, np.ndarray]:
        found = [run(image[None]) for image in pixels]
        return {name: np.concatenate([maps[name] for maps in found]) for name in found[0]}

    return nullcontext(each)


def coreml(file: Path, spec: Spec, width: int | None) -> AbstractContextManager[Run]:
    """Core ML on a Mac, elsewhere our evaluator of the package's program."""
    from export.coreml.execution import load

    return nullcontext(load(file, None if isinstance(spec, DetectorSpec) else f"w{width}"))


def arm(file: Path, spec: Spec, width: int | None) -> AbstractContextManager[Run]:
    """The aarch64 build of ONNX Runtime under emulation."""
    return ArmSession(file, ARM_CPU)


def _outputs(spec: Spec) -> tuple[str, ...]:
    return spec.outputs if isinstance(spec, DetectorSpec) else ("logits",)


ANY, ONE = "any size", "one width"
CORE_ML = "Core ML" if sys.platform == "darwin" else "Core ML, evaluated"
FORMATS = (
    Format("ONNX", ".onnx", (ANY, ONE), ("", "int8", "float16"), "python -m export.onnx --quantize --float16", onnx, IN_ONNX),
    Format("ONNX Runtime's .ort", ".ort", (ANY, ONE), ("", "int8"), "python -m export.onnx --quantize --ort", onnx, IN_ONNX),
    Format("TorchScript", ".pt", (ANY, ONE), ("",), "python -m export.torchscript", torchscript, FLOAT32, "torch"),
    Format("TorchScript, lite", ".ptl", (ANY, ONE), ("",), "python -m export.torchscript", lite, FLOAT32, "torch"),
    Format("ExecuTorch", ".pte", (ONE,), ("",), "python -m export.executorch", executorch, FLOAT32, "executorch"),
    Format(CORE_ML, ".mlpackage", (ONE,), ("", "float16", "int8", "6bit"), "python -m export.coreml --compress --float32", coreml,
           IN_CORE_ML, "coremltools"),
    Format(f"ONNX on ARM ({ARM_CPU})", ".onnx", (ANY,), ("", "int8"), "python -m export.onnx --quantize", arm, ON_ARM, max_samples=2),
)  # fmt: skip
