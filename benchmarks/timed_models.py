"""The model files that `benchmarks.latency` times, their inputs, and the number of operations of each model."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import machine_peak
from benchmarks.competitors import Competitor
from benchmarks.pages import ROOT
from ctpn.contract.spec import MOBILE, VGG16
from ctpn.imaging.decode import open_image
from ctpn.imaging.tiling import fit
from ctpn.nn.detector import build, load_detector
from ctpn.nn.recognizer import load_recognizer
from export.exporter import WEIGHTS
from export.graph import DetectorGraph, RecognizerGraph
from export.onnx.model import write_model
from export.onnx.quantization import quantize
from export.samples import EXAMPLES, parity_line_crops, place

SIZES = {"mobile": (960, 960), "vgg16": (640, 640)}  # the largest input of a detector in the reader; VGG16 would take minutes on it
LINE_CROPS, LINE_CROP_WIDTH = 4, 320  # of the recogniser's input: number and width
OTHER_SIZES = {  # further (H, W) for the files of any size
    "mobile": ((480, 640), (960, 672), (960, 960)),
    "crnn": ((32, 160), (32, 320), (32, 640), (32, 1280)),
    "vgg16": ((320, 320), (640, 640)),
}
FILES = {
    "mobile": (
        "mobile.onnx", "mobile-int8.onnx", "mobile-float16.onnx", "mobile-int8.ort", "mobile-960.onnx", "mobile-960-int8.onnx",
        "mobile.pt", "mobile-960.pt", "mobile-960.ptl", "mobile-960.pte",
    ),
    "crnn": (
        "crnn.onnx", "crnn-int8.onnx", "crnn-float16.onnx", "crnn-int8.ort", "crnn-320.onnx", "crnn-320-int8.onnx",
        "crnn.pt", "crnn-320.pt", "crnn-320.ptl", "crnn-320.pte",
    ),
    "vgg16": ("vgg16.onnx", "vgg16-int8.onnx", "vgg16.pt"),
}  # fmt: skip
RUNTIMES = {
    ".onnx": ("onnxruntime", "openvino"), ".ort": ("onnxruntime",), ".pt": ("torchscript",), ".ptl": ("torchscript",),
    ".pte": ("executorch",),
}  # fmt: skip
ONNX = "python -m export.onnx --quantize --float16 --ort"
TORCHSCRIPT = "python -m export.torchscript"
COMMANDS = {".onnx": ONNX, ".ort": ONNX, ".pt": TORCHSCRIPT, ".ptl": TORCHSCRIPT, ".pte": "python -m export.executorch"}
MODULES = {"torchscript": "torch"}  # packages whose name is not the runtime's
REDUCED = ("int8", "float16")  # by the end of the file's name; the others are float32
VGG16_CODE = ("export/graph.py", "export/onnx/model.py", "export/onnx/quantization.py", "ctpn/nn/vgg16.py", "ctpn/nn/recurrent.py")
THREADS = {"onnxruntime": (1, 2)}  # 1 for the others


class About(TypedDict):
    """A model file under one runtime; `variant` is "any size" or "unrolled"."""

    file: str
    precision: str
    variant: str
    runtime: str
    threads: int


@dataclass(frozen=True)
class TimedModel:
    """One model file under one runtime.

    Attributes:
        competitor: starts its process.
        request: the input, .npy.
        about: its fields in the results.
    """

    competitor: Competitor
    request: Path
    about: About


@dataclass(frozen=True)
class TimedKernel:
    """An operator of `benchmarks.machine_peak`, a key of its OPERATIONS, with one precision and number of threads."""

    competitor: Competitor
    request: Path
    kernel: str
    precision: str
    threads: int


def timed_models(model: str, folder: Path, cache: Path) -> tuple[list[TimedModel], list[dict[str, str]]]:
    """The files of a model that can be timed, and those that cannot, with the reason and what to do.

    Args:
        model: a key of FILES.
        folder: of the exported files; those of VGG16 are written here with untrained weights.
        cache: folder for inputs, and for VGG16's files.
    """
    if model == "vgg16":
        folder = untrained_vgg16(cache)
    request = inputs(model, cache)
    found, missing = [], []
    for file in (folder / name for name in FILES[model]):
        for runtime in (r for r in RUNTIMES[file.suffix] if r != "openvino" or _variant(file) == "any size"):
            if importlib.util.find_spec(MODULES.get(runtime, runtime)) is None:
                missing.append(
                    {
                        "what": f"{file.name}, {runtime}",
                        "why": f"{runtime} is not installed",
                        "do": f"pip install -c constraints.txt {runtime}",
                    }
                )
            elif not file.is_file():
                missing.append({"what": f"{file.name}, {runtime}", "why": "not exported", "do": COMMANDS[file.suffix]})
            else:
                found += [_timed(file, runtime, threads, request) for threads in THREADS.get(runtime, (1,))]
    return found, missing


def _timed(file: Path, runtime: str, threads: int, request: Path) -> TimedModel:
    ending = file.stem.split("-")[-1]
    precision = ending if ending in REDUCED else "float32"
    about: About = {
        "file": file.name, "precision": "int8 weights" if file.stem.startswith("crnn") and precision == "int8" else precision,
        "variant": _variant(file), "runtime": runtime, "threads": threads,
    }  # fmt: skip
    command = ("net", runtime, str(file), str(threads))
    return TimedModel(Competitor(f"{file.name} {runtime} {threads}", Path(sys.executable), command, (file,)), request, about)


def _variant(file: Path) -> str:
    return "unrolled" if any(part.isdigit() for part in file.stem.split("-")) else "any size"


def peaks(cache: Path) -> list[TimedKernel]:
    """The operators of `benchmarks.machine_peak`, with one thread and with two."""
    found = []
    for kernel in machine_peak.OPERATIONS:
        for precision in machine_peak.PRECISIONS:
            file = cache / f"{kernel}-{precision}.onnx"
            request = machine_peak.write(kernel, precision, file)
            for threads in THREADS["onnxruntime"]:
                competitor = _timed(file, "onnxruntime", threads, request).competitor
                found.append(TimedKernel(competitor, request, kernel, precision, threads))
    return found


def inputs(model: str, cache: Path) -> Path:
    """The input of a model's files, uint8 RGB [N, H, W, 3] as .npy: the sample receipt, or line crops of the samples."""
    if model == "crnn":
        spec = load_recognizer(WEIGHTS / "crnn.safetensors").spec
        wide = [s[:, :LINE_CROP_WIDTH] for batch in parity_line_crops(spec, 0) for s in batch]
        pixels = np.stack([s for s in wide if s.shape[1] == LINE_CROP_WIDTH][:LINE_CROPS])
    else:
        page = fit(open_image(EXAMPLES / "receipt.jpg"), MOBILE).pixels
        pixels = place(page, SIZES[model], MOBILE)[None]
    file = cache / f"{model}.npy"
    file.parent.mkdir(parents=True, exist_ok=True)
    np.save(file, pixels)
    return file


def other_inputs(model: str, cache: Path) -> list[Path]:
    """The usual input in each of OTHER_SIZES, cropped or repeated, as .npy."""
    usual, found = np.load(inputs(model, cache)), []
    for h, w in OTHER_SIZES[model]:
        more = ((0, 0), (0, max(0, h - usual.shape[1])), (0, max(0, w - usual.shape[2])), (0, 0))
        found.append(cache / f"{model}-{h}x{w}.npy")
        np.save(found[-1], np.pad(usual, more, "wrap")[:, :h, :w])
    return found


def untrained_vgg16(cache: Path) -> Path:
    """The folder of VGG16's files, written once per version of the code that writes them. The weights are untrained, so the model
    finds nothing, in the usual time; the exporters' checks would refuse it."""
    code = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in VGG16_CODE)).hexdigest()
    folder = cache / f"vgg16-{code[:12]}"
    file, small, traced = (folder / name for name in FILES["vgg16"])
    if not traced.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(0)
        graph = DetectorGraph(build(VGG16).eval(), unrolled=False)
        write_model(graph, file, SIZES["vgg16"], fixed_width=False)
        quantize(file, small, [np.load(inputs("vgg16", cache))[:, :320, :320]])  # calibrated on a part: the ranges do not change the time
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the tracer warns that shapes become constants; only one shape is used
            torch.jit.freeze(torch.jit.trace(graph, graph.example(SIZES["vgg16"]), check_trace=False)).save(str(traced))
    return folder


def gmac(model: str, pixels: np.ndarray) -> float:
    """10⁹ multiplications of convolutions, matrix products and recurrences for an input."""
    if model == "crnn":
        graph: torch.nn.Module = RecognizerGraph(load_recognizer(WEIGHTS / "crnn.safetensors"), unrolled=True)
    else:
        net = load_detector(WEIGHTS / "mobile.safetensors") if model == "mobile" else build(VGG16)
        graph = DetectorGraph(net, unrolled=True)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        graph(torch.from_numpy(pixels))
    return float(counter.get_total_flops()) / 2e9
