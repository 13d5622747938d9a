"""Write the nets as ONNX: python -m export.onnx --quantize

The detector's four files: mobile.onnx and mobile-int8.onnx take any height and width (a GRU operator), mobile-960.onnx
and mobile-960-int8.onnx any height at one width (the recurrence unrolled into convolutions, for accelerators that have
no GRU). The recogniser's crnn.onnx and crnn-int8.onnx take strips of any width, crnn-160, -320 and -640 of one. Each is
compared with PyTorch, down to the text lines of sample pages, before it gets its name; if one differs, nothing of its
net is written and the exit code is 1. The original's weights, from Keras by ctpn.nn.keras_import or its own .pth.tar:
--model vgg16 --weights FILE; with the recurrence of Keras 2 there is the form of one width alone. NAME.spec.json and
NAME.onnx.sha256 (for sha256sum -c) lie beside them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ctpn.contract.spec import DetectorSpec
from export import command
from export.command import Made, Writer
from export.forms import Form, say
from export.onnx_file import Session, write
from export.ort import convert, required_operators
from export.quantize import half, quantize, quantize_weights
from export.samples import calibration_pages, calibration_strips
from export.usability import accelerators


def writer(*, int8: bool = False, float16: bool = False, ort: bool = False) -> Writer:
    """The function that writes the ONNX files of a net: each form as float, and with fewer bits and as .ort if wanted."""

    def files(forms: Iterator[Form], folder: Path) -> Iterator[Made]:
        for form in forms:
            for file, rounded in _files(form, folder, int8=int8, float16=float16):
                made = _proven(form, file, rounded=rounded)
                yield replace(made, more=accelerators(file, form.timed.shape))
                if ort and "float16" not in file.stem:  # on this machine's CPU it would be optimised back to float32
                    convert(file, file.with_suffix(".ort"), accelerated=form.fixed_width)
                    yield _proven(form, file.with_suffix(".ort"), rounded=rounded)
        if ort:
            required_operators(folder.glob("*.ort"), folder / f"{form.graph.spec.name}.ort.config")

    return files


def _files(form: Form, folder: Path, *, int8: bool, float16: bool) -> Iterator[tuple[Path, bool]]:
    """Each file as soon as it is there, and whether it computes with fewer bits."""
    file, small, narrow = (folder / f"{form.name}{suffix}.onnx" for suffix in ("", "-int8", "-float16"))
    say(f"{file.name}: tracing")
    write(form.graph, file, form.size, fixed_width=form.fixed_width)
    yield file, False
    if int8:
        say(f"{small.name}: rounding")
        _round(form, file, small)
        yield small, True
    if float16:
        say(f"{narrow.name}: rounding")
        half(file, narrow)
        yield narrow, True


def _round(form: Form, file: Path, small: Path) -> None:
    if isinstance(form.graph.spec, DetectorSpec):
        quantize(file, small, [page[None] for page in calibration_pages(form.graph.spec, form.size)])
    else:
        quantize_weights(file, small, form.fitting(calibration_strips(form.graph.spec)))


def _proven(form: Form, file: Path, *, rounded: bool = False) -> Made:
    session = Session(file)
    return Made(file, form.prove(file.name, session, rounded=rounded), session, form.timed)


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 written, 1 a file differs or something failed; usage errors exit 2."""
    options = command.parser("export.onnx", __doc__)
    options.add_argument("--quantize", action="store_true", help="write int8 files as well")
    options.add_argument("--float16", action="store_true", help="write float16 files as well, for GPUs and NPUs")
    options.add_argument("--ort", action="store_true", help="write each file as .ort as well, and the operators that a reduced build needs")
    return command.main(options, argv, lambda args: writer(int8=args.quantize, float16=args.float16, ort=args.ort))


if __name__ == "__main__":
    sys.exit(main())
