"""Which model files `benchmarks.latency` times, on what, and how much work each net is."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

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

SIZES = {"mobile": (960, 960), "vgg16": (640, 640)}  # the largest page that the reader gives a detector; VGG16 would take minutes there
STRIPS, STRIP = 4, 320  # of the recogniser's input: how many, and their width
OTHER_SIZES = {  # (H, W) that the forms of any size are timed with besides
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
MAKERS = {".onnx": ONNX, ".ort": ONNX, ".pt": TORCHSCRIPT, ".ptl": TORCHSCRIPT, ".pte": "python -m export.executorch"}
MODULES = {"torchscript": "torch"}  # what must be installed, where it has another name
REDUCED = ("int8", "float16")  # by the end of the file's name; others are float32
VGG16_CODE = ("export/graph.py", "export/onnx/model.py", "export/onnx/quantization.py", "ctpn/nn/vgg16.py", "ctpn/nn/recurrent.py")
THREADS = {"onnxruntime": (1, 2)}  # of the others, 1


@dataclass(frozen=True)
class Timed:
    """One model file under one runtime.

    Attributes:
        side: what the worker process is started with.
        request: the input, .npy.
        about: how it stands in the results.
    """

    side: Competitor
    request: Path
    about: dict[str, str | int]


def timed(model: str, folder: Path, cache: Path) -> tuple[list[Timed], list[dict[str, str]]]:
    """All that can be timed of a model, and what cannot, with the reason and what to do.

    Args:
        model: a key of FILES.
        folder: the exported files; those of VGG16 are written here, with fresh weights, for there are no trained ones.
        cache: folder for inputs, and for VGG16's files.
    """
    if model == "vgg16":
        folder = fresh_vgg16(cache)
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
                missing.append({"what": f"{file.name}, {runtime}", "why": "not exported", "do": MAKERS[file.suffix]})
            else:
                found += [_timed(file, runtime, threads, request) for threads in THREADS.get(runtime, (1,))]
    return found, missing


def _timed(file: Path, runtime: str, threads: int, request: Path) -> Timed:
    ending = file.stem.split("-")[-1]
    precision = ending if ending in REDUCED else "float32"
    about: dict[str, str | int] = {
        "file": file.name, "precision": "int8 weights" if file.stem.startswith("crnn") and precision == "int8" else precision,
        "variant": _variant(file), "runtime": runtime, "threads": threads,
    }  # fmt: skip
    command = ("net", runtime, str(file), str(threads))
    return Timed(Competitor(f"{file.name} {runtime} {threads}", Path(sys.executable), command, (file,)), request, about)


def _variant(file: Path) -> str:
    return "unrolled" if any(part.isdigit() for part in file.stem.split("-")) else "any size"


def peaks(cache: Path) -> list[Timed]:
    """The kernels of `benchmarks.machine_peak`, with one thread and with two."""
    found = []
    for kernel in machine_peak.OPERATIONS:
        for precision in machine_peak.PRECISIONS:
            file = cache / f"{kernel}-{precision}.onnx"
            request = machine_peak.write(kernel, precision, file)
            for threads in THREADS["onnxruntime"]:
                side = _timed(file, "onnxruntime", threads, request).side
                found.append(Timed(side, request, {"kernel": kernel, "precision": precision, "threads": threads}))
    return found


def inputs(model: str, cache: Path) -> Path:
    """The pixels that a model's files are timed with, uint8 RGB [N, H, W, 3] as .npy: the sample receipt, or lines of the samples."""
    if model == "crnn":
        wide = [s[:, :STRIP] for batch in parity_line_crops(load_recognizer(WEIGHTS / "crnn.safetensors").spec, 0) for s in batch]
        pixels = np.stack([s for s in wide if s.shape[1] == STRIP][:STRIPS])
    else:
        page = fit(open_image(EXAMPLES / "receipt.jpg"), MOBILE).pixels
        pixels = place(page, SIZES[model], MOBILE)[None]
    file = cache / f"{model}.npy"
    file.parent.mkdir(parents=True, exist_ok=True)
    np.save(file, pixels)
    return file


def other_inputs(model: str, cache: Path) -> list[Path]:
    """The usual input in each of OTHER_SIZES, cut off or repeated, as .npy."""
    usual, found = np.load(inputs(model, cache)), []
    for h, w in OTHER_SIZES[model]:
        more = ((0, 0), (0, max(0, h - usual.shape[1])), (0, max(0, w - usual.shape[2])), (0, 0))
        found.append(cache / f"{model}-{h}x{w}.npy")
        np.save(found[-1], np.pad(usual, more, "wrap")[:, :h, :w])
    return found


def fresh_vgg16(cache: Path) -> Path:
    """The folder of VGG16's files, made once for the code that makes them. Its weights are fresh, so it finds nothing, in the usual
    time; the gates of export would rightly refuse it."""
    code = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in VGG16_CODE)).hexdigest()
    folder = cache / f"vgg16-{code[:12]}"
    file, small, traced = (folder / name for name in FILES["vgg16"])
    if not traced.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(0)
        graph = DetectorGraph(build(VGG16).eval(), unrolled=False)
        write_model(graph, file, SIZES["vgg16"], fixed_width=False)
        quantize(file, small, [np.load(inputs("vgg16", cache))[:, :320, :320]])  # ranges of a part: they do not change the time
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the tracer warns of shapes that it takes for constants; there is one shape
            torch.jit.freeze(torch.jit.trace(graph, graph.example(SIZES["vgg16"]), check_trace=False)).save(str(traced))
    return folder


def gmac(model: str, pixels: np.ndarray) -> float:
    """Multiplications, in thousand millions, that convolutions, matrices and the recurrence take for an input."""
    if model == "crnn":
        graph: torch.nn.Module = RecognizerGraph(load_recognizer(WEIGHTS / "crnn.safetensors"), unrolled=True)
    else:
        net = load_detector(WEIGHTS / "mobile.safetensors") if model == "mobile" else build(VGG16)
        graph = DetectorGraph(net, unrolled=True)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        graph(torch.from_numpy(pixels))
    return float(counter.get_total_flops()) / 2e9
