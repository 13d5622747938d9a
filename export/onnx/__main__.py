"""Write the nets as ONNX: python -m export.onnx --quantize

The detector's four files: mobile.onnx and mobile-int8.onnx take any height and width (a GRU operator), mobile-960.onnx
and mobile-960-int8.onnx any height at one width (the recurrence unrolled into convolutions, for accelerators that have
no GRU). The recogniser's crnn.onnx and crnn-int8.onnx take line crops of any width, crnn-160, -320 and -640 of one. Each
is compared with PyTorch, down to the text lines of sample pages, before it gets its name; if one differs, no file of its
net is written and the exit code is 1. NAME.spec.json and NAME.onnx.sha256 (for sha256sum -c) are written beside them, and
FILE.onnx.sha256 beside each other file: python -m ctpn --model FILE compares them.

For the weights of the original CTPN, from ctpn.nn.keras_import or a .pth.tar, give --model vgg16 --weights FILE. With
Keras 2's recurrence only the variant of one width is written.
"""

from __future__ import annotations

import sys

from export import exporter
from export.onnx.writer import writer


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 written, 1 a file differs or something failed; usage errors exit 2."""
    options = exporter.parser("export.onnx", __doc__)
    options.add_argument("--quantize", action="store_true", help="write int8 files as well")
    options.add_argument("--float16", action="store_true", help="write float16 files as well, for GPUs and NPUs")
    options.add_argument("--ort", action="store_true", help="write each file as .ort as well, and the operators that a reduced build needs")
    return exporter.main(options, argv, lambda args: writer(int8=args.quantize, float16=args.float16, ort=args.ort))


if __name__ == "__main__":
    sys.exit(main())
