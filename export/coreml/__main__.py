"""Write the nets as Core ML packages: python -m export.coreml --compress

ML programs of the variants of one width. The detector: mobile-960-float16.mlpackage takes a picture of one width and of any height
that is a multiple of 32, mobile-960x960-float16 one of --size (iOS 16). The recogniser: crnn-160-float16, -320 and -640 take
one line crop (iOS 16), and crnn-float16 has a function for each width, w160, w320, w640, w1280, that share their weights (iOS 18).
The last is as wide as the longest part of a line (`max_width`). With
--compress also NAME-int8 (weights of 8 bits) and NAME-6bit (palettes of 64 weights; of the recogniser only crnn-6bit), which
compute in float16 too. NAME alone, with --float32, computes in float32. The input is an RGB image; the outputs have the
spec's names, and the spec travels in the package's metadata. Each package is executed and compared with PyTorch, down to the lines and
texts of samples, before it gets its name: by Core ML on a Mac, elsewhere by our evaluator of its program (export/mil), so no
times are given there. Converting takes minutes.
"""

from __future__ import annotations

import sys
from typing import Any

from export import exporter
from export.coreml.writer import APP, writer


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 written, 1 a package differs or something failed; usage errors exit 2."""
    options = exporter.parser("export.coreml", __doc__)
    options.add_argument("--compress", action="store_true", help="write packages of int8 and of 6-bit weights as well")
    options.add_argument("--float32", action="store_true", help="write packages that compute in float32 as well")

    def packages(args: Any) -> exporter.Writer:
        return writer((*["float32"] * args.float32, *APP, *["int8", "6bit"] * args.compress), fixed=True)

    return exporter.main(options, argv, packages)


if __name__ == "__main__":
    sys.exit(main())
