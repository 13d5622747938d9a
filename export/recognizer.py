"""The recogniser's ONNX files: any width with a GRU operator, and fixed widths with the recurrence unrolled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ctpn.errors import ParityError
from ctpn.nn.recognizer import Crnn
from export.files import aside
from export.graph import RecognizerGraph
from export.onnx_file import Row, Session, finish, say, write
from export.parity import Agreement
from export.parity_text import compare_text
from export.quantize import quantize_weights
from export.samples import parity_strips

Strips = NDArray[np.uint8]
SAME_INT8, SURE = 0.995, 0.9  # rounding to 8 bits may change one in two hundred of the texts that PyTorch is sure of


def export_recognizer(net: Crnn, out: Path, *, int8: bool) -> list[Row]:
    """All files of a recogniser, proven, into `out`; rows for the table.

    Raises:
        ParityError: a file differs from PyTorch; `out` is then as it was.
    """
    spec = net.spec
    samples = parity_strips(spec)
    agreements: dict[str, Agreement] = {}
    timed: dict[str, Strips] = {}
    with aside(out) as folder:
        for width in (None, *spec.widths):
            name = f"{spec.name}-{width}" if width else spec.name
            graph = RecognizerGraph(net, unrolled=width is not None)
            files = [folder / f"{name}.onnx", *([folder / f"{name}-int8.onnx"] if int8 else [])]
            say(f"{name}: tracing")
            write(graph, files[0], (spec.height, width or 64), fixed_width=width is not None)
            if int8:
                quantize_weights(files[0], files[1])
            batches = [_fitted(b, width, spec.pad) for b in samples if _fits(b, width)]
            for file in files:
                agreements[file.name] = _prove(file, net, batches, int8=file is not files[0])
                timed[file.name] = np.zeros((4, spec.height, width or 320, 3), np.uint8)
        return finish(folder, graph, agreements, timed)


def _fits(strips: Strips, width: int | None) -> bool:
    return width is None or strips.shape[2] <= width


def _fitted(strips: Strips, width: int | None, pad: int) -> Strips:
    """Strips padded on the right to a fixed width."""
    missing = 0 if width is None else width - strips.shape[2]
    return np.pad(strips, ((0, 0), (0, 0), (0, missing), (0, 0)), constant_values=pad)


def _prove(file: Path, net: Crnn, batches: list[Strips], *, int8: bool) -> Agreement:
    say(f"{file.name}: comparing with PyTorch")
    try:
        if int8:
            return compare_text(Session(file).batch, net, batches, value_tolerance=None, least_same=SAME_INT8, sure=SURE)
        return compare_text(Session(file).batch, net, batches)
    except ParityError as e:
        raise ParityError(f"{file.name}: {e}; nothing was written") from None
