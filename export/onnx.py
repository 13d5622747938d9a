"""Write the nets as ONNX: python -m export.onnx --quantize

The detector's four files: mobile.onnx and mobile-int8.onnx take any height and width (a GRU operator), mobile-960.onnx
and mobile-960-int8.onnx any height at one width (the recurrence unrolled into convolutions, for accelerators that have
no GRU). The recogniser's crnn.onnx and crnn-int8.onnx take strips of any width, crnn-160, -320 and -640 of one. Each is
compared with PyTorch, down to the text lines of sample pages, before it gets its name; if one differs, nothing of its
net is written and the exit code is 1. The original's weights, from Keras by ctpn.nn.keras_import or its own .pth.tar:
--model vgg16 --weights FILE; with the recurrence of Keras 2 there is the form of one width alone. NAME.spec.json and
NAME.sha256 (for sha256sum -c) lie beside them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ctpn.errors import CtpnError, ParityError
from ctpn.nn.detector import load_detector
from ctpn.nn.recognizer import load_recognizer
from ctpn.nn.recurrent import RowRecurrence
from ctpn.spec import CRNN, DETECTORS, DetectorSpec
from export.files import aside
from export.graph import DetectorGraph
from export.onnx_file import Row, Session, finish, say, table, write
from export.parity import Agreement, compare
from export.quantize import quantize
from export.recognizer import export_recognizer
from export.samples import calibration_pages, parity_pages, place

Page = NDArray[np.uint8]
WEIGHTS = Path(__file__).parents[1] / "ctpn" / "weights"
SHIPPED = ("mobile", CRNN.name)

# Rounding to 8 bits moves values by nature, so the lines alone judge; a line in fifty may appear, go or break.
INT8: dict[str, float | None] = {"value_tolerance": None, "least_hmean": 0.98}


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
        for fixed in (True,) if _unrolled_alone(net) else (False, True):
            name = f"{spec.name}-{size[1]}" if fixed else spec.name
            graph = DetectorGraph(net, unrolled=fixed)
            file = folder / f"{name}.onnx"
            say(f"{file.name}: tracing")
            write(graph, file, size, fixed_width=fixed)
            agreements[file.name] = _prove(file, net, pages, fixed_width=fixed)
            if int8:
                small = folder / f"{name}-int8.onnx"
                say(f"{small.name}: calibrating")
                quantize(file, small, [page[None] for page in calibration])
                agreements[small.name] = _prove(small, net, pages, fixed_width=fixed, **INT8)
        return finish(folder, graph, agreements, dict.fromkeys(agreements, pages[0][None]))


def _unrolled_alone(net: torch.nn.Module) -> bool:
    """Whether no operator of ONNX computes the net's recurrence (Keras 2's), so that there is no form of any width."""
    return any(m.unrolled for m in net.modules() if isinstance(m, RowRecurrence))


def _prove(file: Path, net: torch.nn.Module, pages: list[Page], *, fixed_width: bool, **tolerances: float | None) -> Agreement:
    """Compare at the traced size, and at smaller and larger ones so that a shape baked in shows."""
    say(f"{file.name}: comparing with PyTorch")
    spec = net.spec
    assert isinstance(spec, DetectorSpec)
    h, w, m = *pages[0].shape[:2], spec.size_multiple
    sizes = [(max(m, h // 2 // m * m), max(m, w // 3 // m * m)), (h + m, w + 3 * m)]
    others = [place(p, (y, w if fixed_width else x), spec) for p, (y, x) in zip(pages, sizes, strict=False)]
    try:
        return compare(Session(file), net, [*pages, *others], **tolerances)  # type: ignore[arg-type]
    except ParityError as e:
        raise ParityError(f"{file.name}: {e}; nothing was written") from None


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
    parser.add_argument("--model", choices=[*sorted(DETECTORS), CRNN.name], help="one net (default: the shipped detector and recogniser)")
    parser.add_argument("--weights", type=Path, help="file (default: ctpn/weights/MODEL.safetensors)")
    parser.add_argument("--size", type=_size, default=(960, 960), help="HxW of the unrolled form (default: 960x960)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder (default: %(default)s)")
    parser.add_argument("--quantize", action="store_true", help="write int8 files as well")
    args = parser.parse_args(argv)
    if args.weights and not args.model:
        parser.error("--weights FILE needs --model, whose weights they are")
    return args


def _one(name: str, args: argparse.Namespace) -> list[Row]:
    """The files of one net."""
    weights = args.weights or WEIGHTS / f"{name}.safetensors"
    if name == CRNN.name:
        return export_recognizer(load_recognizer(weights), args.out, int8=args.quantize)
    net = load_detector(weights)
    found = getattr(net.spec, "name", None)
    if found != name:
        raise CtpnError(f"{weights}: expected weights of {name}, got {found}; give --model {found}")
    return export(net, args.out, args.size, int8=args.quantize)


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 written, 1 a file differs or something failed; usage errors exit 2."""
    args = parse(argv)
    try:
        rows = [row for name in ([args.model] if args.model else SHIPPED) for row in _one(name, args)]
    except (CtpnError, OSError) as e:
        print(f"export.onnx: {e}", file=sys.stderr)
        return 1
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
