"""One ONNX file: written, run, timed, and the table of all that were written."""

from __future__ import annotations

import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxsim
import torch
from numpy.typing import NDArray
from onnxruntime import InferenceSession, SessionOptions

from ctpn.errors import ParityError
from export.files import sha256
from export.graph import INPUT, DetectorGraph, RecognizerGraph
from export.parity import Agreement, Maps

Page = NDArray[np.uint8]
OPSET = 17  # the highest that the exporter with readable node names writes; mobile builds of ONNX Runtime take it


@dataclass
class Row:
    """A line of the closing table."""

    file: str
    megabytes: float
    agreement: Agreement
    milliseconds: float


def write(graph: DetectorGraph | RecognizerGraph, file: Path, size: tuple[int, int], *, fixed_width: bool) -> None:
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
    model, whole = onnxsim.simplify(onnx.load(file))
    if not whole:
        raise ParityError(f"{file.name}: the simplified graph computes something else; report this with your versions")
    del model.graph.value_info[:]  # shapes that every runtime infers again: a quarter of the unrolled file
    onnx.helper.set_model_props(model, {"spec": graph.spec.to_json()})
    onnx.save(model, file)


class Session:
    """An exported file on one thread: as a function from uint8 RGB [H, W, 3] to maps without a batch axis."""

    def __init__(self, file: Path) -> None:
        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        self.names = [o.name for o in self.session.get_outputs()]

    def __call__(self, page: Page) -> Maps:
        return {name: m[0] for name, m in self.batch(page[None]).items()}

    def batch(self, pixels: Page) -> Maps:
        """Outputs of uint8 RGB [N, H, W, 3], with the batch axis."""
        return dict(zip(self.names, self.session.run(None, {INPUT: pixels}), strict=True))


def milliseconds(files: list[Path], pixels: Page, *, rounds: int = 15) -> list[float]:
    """Median time of each file on one thread, taken in turns so that all meet the same machine.

    Args:
        pixels: uint8 RGB [N, H, W, 3].
    """
    sessions = [Session(f) for f in files]
    times: list[list[float]] = [[] for _ in files]
    for _ in range(rounds):
        for session, taken in zip(sessions, times, strict=True):
            begin = time.perf_counter()
            session.batch(pixels)
            taken.append(1000 * (time.perf_counter() - begin))
    return [float(np.median(t[2:])) for t in times]


def finish(folder: Path, graph: DetectorGraph | RecognizerGraph, agreements: dict[str, Agreement], pixels: dict[str, Page]) -> list[Row]:
    """Spec and checksums beside the files of one net, and their rows for the table.

    Args:
        pixels: for each file the input that it is timed with.
    """
    spec, rows = graph.spec, []
    for shape in sorted({p.shape for p in pixels.values()}):
        files = [folder / name for name in agreements if pixels[name].shape == shape]
        times = milliseconds(files, pixels[files[0].name])
        rows += [Row(f.name, f.stat().st_size / 1e6, agreements[f.name], ms) for f, ms in zip(files, times, strict=True)]
    (folder / f"{spec.name}.spec.json").write_text(spec.to_json() + "\n", encoding="utf-8")
    sums = "".join(f"{sha256(folder / name)}  {name}\n" for name in agreements)
    (folder / f"{spec.name}.sha256").write_text(sums, encoding="utf-8")
    return sorted(rows, key=lambda r: list(agreements).index(r.file))


def table(rows: list[Row]) -> str:
    """The closing table."""
    lines = [f"{'file':26s} {'MB':>6s} {'largest difference':>19s} {'lines agree':>12s} {'ms, 1 thread':>13s}"]
    for r in rows:
        a = r.agreement
        lines.append(f"{r.file:26s} {r.megabytes:6.2f} {a.difference:19.1e} {a.lines:12.4f} {r.milliseconds:13.1f}")
    return "\n".join(lines)


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr)
