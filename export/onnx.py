"""Write a detector as ONNX: python -m export.onnx --quantize

Four files: NAME.onnx and NAME-int8.onnx take any height and width (a GRU operator), NAME-WIDTH.onnx and
NAME-WIDTH-int8.onnx any height at one width (the recurrence unrolled into convolutions, for accelerators that have
no GRU). Each is compared with PyTorch, down to the text lines on sample pages, before it gets its name; if one
differs nothing is written and the exit code is 1. NAME.spec.json and NAME.sha256 (for sha256sum -c) lie beside them.
"""

from __future__ import annotations

import argparse
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

from ctpn.errors import CtpnError, ParityError
from ctpn.nn.detector import load_detector
from ctpn.spec import DETECTORS, DetectorSpec
from export.files import aside, sha256
from export.graph import INPUT, DetectorGraph
from export.parity import Agreement, Maps, compare
from export.quantize import quantize
from export.samples import calibration_pages, parity_pages, place

Page = NDArray[np.uint8]
WEIGHTS = Path(__file__).parents[1] / "ctpn" / "weights"
OPSET = 17  # the highest that the exporter with readable node names writes; mobile builds of ONNX Runtime take it

# Rounding to 8 bits moves values by nature, so the lines alone judge; a line in fifty may appear, go or break.
INT8: dict[str, float | None] = {"value_tolerance": None, "least_hmean": 0.98}


@dataclass
class Row:
    """A line of the closing table."""

    file: str
    megabytes: float
    agreement: Agreement
    milliseconds: float


def write(graph: DetectorGraph, file: Path, size: tuple[int, int], *, fixed_width: bool) -> None:
    """Trace, simplify, and put the spec into the file's metadata.

    Args:
        size: (H, W) of the traced picture; H stays free, W too unless `fixed_width`.
    """
    free = {1: "height"} if fixed_width else {1: "height", 2: "width"}
    axes = {INPUT: free} | {n: {a: f"{v}_cells" for a, v in free.items()} for n in graph.spec.outputs}
    with warnings.catch_warnings():
        # The tracer warns of the GRU's batch (rows of one picture) and of its own age; parity is tested at other sizes.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph, (torch.zeros(1, *size, 3, dtype=torch.uint8),), str(file), dynamo=False, opset_version=OPSET,
            input_names=[INPUT], output_names=list(graph.spec.outputs), dynamic_axes=axes,
        )  # fmt: skip
    model, whole = onnxsim.simplify(onnx.load(file))
    if not whole:
        raise ParityError(f"{file.name}: the simplified graph computes something else; report this with your versions")
    del model.graph.value_info[:]  # shapes that every runtime infers again: a quarter of the unrolled file
    onnx.helper.set_model_props(model, {"spec": graph.spec.to_json()})
    onnx.save(model, file)


class Session:
    """An exported file as a function from uint8 RGB [H, W, 3] to maps, on one thread."""

    def __init__(self, file: Path) -> None:
        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        self.names = [o.name for o in self.session.get_outputs()]

    def __call__(self, page: Page) -> Maps:
        return {n: m[0] for n, m in zip(self.names, self.session.run(None, {INPUT: page[None]}), strict=True)}


def milliseconds(files: list[Path], page: Page, *, rounds: int = 15) -> list[float]:
    """Median time of each file on one thread, taken in turns so that all meet the same machine."""
    sessions = [Session(f) for f in files]
    times: list[list[float]] = [[] for _ in files]
    for _ in range(rounds):
        for session, taken in zip(sessions, times, strict=True):
            begin = time.perf_counter()
            session(page)
            taken.append(1000 * (time.perf_counter() - begin))
    return [float(np.median(t[2:])) for t in times]


def export(net: torch.nn.Module, out: Path, size: tuple[int, int], *, int8: bool) -> list[Row]:
    """All files of one detector, proven, into `out`; rows for the table.

    Raises:
        ParityError: a file differs from PyTorch; `out` is then as it was.
    """
    spec = net.spec
    assert isinstance(spec, DetectorSpec)
    pages = parity_pages(spec, size)
    calibration = calibration_pages(spec, size) if int8 else []
    agreements: dict[str, Agreement] = {}
    with aside(out) as folder:
        for fixed in (False, True):
            name = f"{spec.name}-{size[1]}" if fixed else spec.name
            graph = DetectorGraph(net, unrolled=fixed)
            file = folder / f"{name}.onnx"
            _say(f"{file.name}: tracing")
            write(graph, file, size, fixed_width=fixed)
            agreements[file.name] = _prove(file, net, pages, fixed_width=fixed)
            if int8:
                small = folder / f"{name}-int8.onnx"
                _say(f"{small.name}: calibrating")
                quantize(file, small, calibration)
                agreements[small.name] = _prove(small, net, pages, fixed_width=fixed, **INT8)
        files = [folder / name for name in agreements]
        times = milliseconds(files, pages[0])
        rows = [Row(f.name, f.stat().st_size / 1e6, agreements[f.name], ms) for f, ms in zip(files, times, strict=True)]
        (folder / f"{spec.name}.spec.json").write_text(spec.to_json() + "\n", encoding="utf-8")
        sums = "".join(f"{sha256(f)}  {f.name}\n" for f in files)
        (folder / f"{spec.name}.sha256").write_text(sums, encoding="utf-8")
    return rows


def _prove(file: Path, net: torch.nn.Module, pages: list[Page], *, fixed_width: bool, **tolerances: float | None) -> Agreement:
    """Compare at the traced size, and at smaller and larger ones so that a shape baked in shows."""
    _say(f"{file.name}: comparing with PyTorch")
    spec = net.spec
    assert isinstance(spec, DetectorSpec)
    h, w, m = *pages[0].shape[:2], spec.size_multiple
    sizes = [(max(m, h // 2 // m * m), max(m, w // 3 // m * m)), (h + m, w + 3 * m)]
    others = [place(p, (y, w if fixed_width else x), spec) for p, (y, x) in zip(pages, sizes, strict=False)]
    try:
        return compare(Session(file), net, [*pages, *others], **tolerances)  # type: ignore[arg-type]
    except ParityError as e:
        raise ParityError(f"{file.name}: {e}; nothing was written") from None


def table(rows: list[Row]) -> str:
    """The closing table."""
    lines = [f"{'file':26s} {'MB':>6s} {'largest difference':>19s} {'lines agree':>12s} {'ms, 1 thread':>13s}"]
    for r in rows:
        a = r.agreement
        lines.append(f"{r.file:26s} {r.megabytes:6.2f} {a.difference:19.1e} {a.lines:12.4f} {r.milliseconds:13.1f}")
    return "\n".join(lines)


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _size(text: str) -> tuple[int, int]:
    try:
        height, width = (int(v) for v in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected HxW, such as 960x960, got {text!r}") from None
    if height % 32 or width % 32 or not 0 < height <= 4096 or not 0 < width <= 4096:
        raise argparse.ArgumentTypeError(f"expected multiples of 32 up to 4096, got {text!r}")
    return height, width


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser("python -m export.onnx", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=sorted(DETECTORS), default="mobile")
    parser.add_argument("--weights", type=Path, help="file (default: ctpn/weights/MODEL.safetensors)")
    parser.add_argument("--size", type=_size, default=(960, 960), help="HxW of the unrolled form (default: 960x960)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder (default: %(default)s)")
    parser.add_argument("--quantize", action="store_true", help="write int8 files as well")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 written, 1 a file differs or something failed; usage errors exit 2."""
    args = parse(argv)
    try:
        net = load_detector(args.weights or WEIGHTS / f"{args.model}.safetensors")
        name = getattr(net.spec, "name", None)
        if name != args.model:
            raise CtpnError(f"{args.weights}: expected weights of {args.model}, got {name}; give --model {name}")
        rows = export(net, args.out, args.size, int8=args.quantize)
    except (CtpnError, OSError) as e:
        print(f"export.onnx: {e}", file=sys.stderr)
        return 1
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
