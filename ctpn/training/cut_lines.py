"""Cut line crops out of annotated pages: small pictures, each with its line's quad and transcript.

  python -m ctpn.training.cut_lines --set DIR --out .cache/line_crops/NAME [--detect]

Writes OUT/images/N.jpg, a line with some of its surroundings, and OUT/gt/gt_N.txt with its quad in ICDAR's format. A training
sample then costs the decoding of one line, not of a page. With --detect the quads are those that the shipped detector finds,
with the transcript of the annotated line that each matches. The recogniser then learns from quads as the detector gives them.
Pages of the validation split are omitted.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ctpn import command
from ctpn.annotations.formats import TextAnnotation, read_icdar, read_set
from ctpn.annotations.pictures import read_picture
from ctpn.annotations.split import is_validation
from ctpn.files import refuse_overwrite, write
from ctpn.reader import TextReader
from ctpn.synthesis.pages.files import icdar, jpeg
from ctpn.synthesis.phrases import fold

AROUND, MAX_HEIGHT = 1.0, 64  # surroundings in line heights; pixels of a stored line's height

F32 = NDArray[np.float32]


def lines(annotations: list[TextAnnotation]) -> list[TextAnnotation]:
    """The readable lines: with a transcript, not ignored, not vertical."""
    found = [TextAnnotation(r.quad, fold(r.text)) for r in annotations if not r.ignore and len(r.quad) == 4]
    return [r for r in found if r.text and min(_sides(r.quad)) >= 4 and (_sides(r.quad)[0] > 0.6 * _sides(r.quad)[1] or len(r.text) < 3)]


def _sides(quad: F32) -> tuple[float, float]:
    """Width and height."""
    return float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[3] - quad[0]))


def detected(found: list[F32], expected: list[TextAnnotation]) -> list[TextAnnotation]:
    """The found quads that agree with one annotated line at both ends, with its transcript."""
    out = []
    for quad in found:
        for line in expected:
            tall = _sides(line.quad)[1]
            off = np.linalg.norm(quad - line.quad, axis=1)
            if off.max() < 0.7 * tall and abs(_sides(quad)[1] / tall - 1) < 0.4:
                out.append(TextAnnotation(quad, line.text))
                break
    return out


def cut(rgb: NDArray[np.uint8], line: TextAnnotation) -> tuple[NDArray[np.uint8], TextAnnotation]:
    """A line with its surroundings, at most MAX_HEIGHT pixels high, and its quad therein."""
    tall = _sides(line.quad)[1]
    low = np.floor(np.maximum(line.quad.min(0) - AROUND * tall, 0)).astype(int)
    high = np.ceil(np.minimum(line.quad.max(0) + AROUND * tall, rgb.shape[1::-1])).astype(int)
    scale = min(1.0, MAX_HEIGHT / tall)
    part = rgb[low[1] : high[1], low[0] : high[0]]
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    exact = np.array(size) / part.shape[1::-1]
    return cv2.resize(part, size, interpolation=cv2.INTER_AREA), TextAnnotation(((line.quad - low) * exact).astype(np.float32), line.text)


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 all cut, 1 a page or the model cannot be read."""
    parser = command.parser("ctpn.training.cut_lines", __doc__)
    parser.add_argument("--set", type=Path, required=True, help="folder with images/ and gt/")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--detect", action="store_true", help="take the quads that the shipped detector finds")
    args = parser.parse_args(argv)

    def done() -> str:
        return f"{args.out}: {cut_set(args.set, args.out, TextReader(threads=1) if args.detect else None)} lines"

    return command.run("ctpn.training.cut_lines", done)


def cut_set(folder: Path, out: Path, reader: TextReader | None = None) -> int:
    """Cut the lines of a set's training part, by annotated quads or those that `reader` finds; returns how many.

    Raises:
        CtpnError: `out` is the set's own folder, or the set cannot be read.
    """
    refuse_overwrite(out, [folder])
    count = 0
    pages = [p for p in read_set(folder) if not is_validation(p[0].stem)]
    for image, gt in tqdm(pages, desc=folder.name, file=sys.stderr, mininterval=5):
        rgb, expected = read_picture(image), lines(read_icdar(gt))
        chosen = detected([line.quad for line in reader.detect(rgb)], expected) if reader else expected
        for line in chosen:
            picture, annotation = cut(rgb, line)
            name = f"{count:06d}"
            write(out / "gt" / f"gt_{name}.txt", f"{icdar(annotation)}\n".encode())
            write(out / "images" / f"{name}.jpg", jpeg(picture, 92))
            count += 1
    return count


if __name__ == "__main__":
    sys.exit(main())
