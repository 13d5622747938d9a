"""Measure detection, or detection and reading, on annotated photos.

  python -m ctpn.evaluate ../shared/data/sroie --json out/sroie.json --sheet out/worst.png
  python -m ctpn.evaluate ../shared/data/sroie --read

A set is a folder with images/X.jpg and gt/gt_X.txt (ICDAR text). The command prints for each set, pooled over its images: precision,
recall and hmean at IoU >= 0.5, and those of the DetEval-like metric (area recall 0.8, area precision 0.4, splits and merges).
With --read it also prints the fraction of characters that are right: of all with a known transcript, and of those where a line was found.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn import command
from ctpn.annotations.formats import TextAnnotation, read_icdar, read_set
from ctpn.annotations.split import is_validation
from ctpn.errors import CtpnError
from ctpn.files import refuse_overwrite, write
from ctpn.imaging.decode import open_image
from ctpn.page import TextLine
from ctpn.reader import TextReader

try:
    from tqdm import tqdm

    from ctpn.evaluation.metrics import (
        CharacterCounts,
        DetectionCounts,
        detection_metrics,
        measure_detection,
        measure_reading,
        reading_metrics,
    )
except ImportError as error:
    command.require("evaluate", str(error.name))
    raise

U8 = NDArray[np.uint8]
ANNOTATED, IGNORED, FOUND, CAPTION = (0, 160, 60), (130, 130, 130), (230, 30, 60), (255, 220, 0)  # RGB, on the sheet


@dataclass(frozen=True)
class PageMetrics:
    """What was found on one image.

    Attributes:
        image: its file.
        annotations: of it, stored pixels.
        quads: found lines, float32 [4, 2] each, stored pixels.
        ms: milliseconds that `find` took.
        detection, characters: counts of this image alone.
    """

    image: Path
    annotations: Sequence[TextAnnotation]
    quads: Sequence[NDArray[np.float32]]
    ms: float
    detection: DetectionCounts
    characters: CharacterCounts

    @property
    def metrics(self) -> dict[str, float]:
        """Detection's metrics of this image alone."""
        return detection_metrics(self.detection)


@dataclass(frozen=True)
class SetMetrics:
    """Metrics of a set, pooled over its images.

    Attributes:
        pages: what was found on each image, at least one.
        reading: whether texts were read.
    """

    pages: list[PageMetrics]
    reading: bool

    @property
    def detection(self) -> dict[str, float]:
        """Over all images."""
        return detection_metrics(sum((p.detection for p in self.pages), DetectionCounts()))

    @property
    def characters(self) -> CharacterCounts:
        """Over all images."""
        return sum((p.characters for p in self.pages), CharacterCounts())

    @property
    def ms_median(self) -> float:
        """Milliseconds per image."""
        return float(np.median([p.ms for p in self.pages]))

    def to_json(self) -> dict[str, object]:
        """As `--json` stores it; of each image too, under `pages` by the stem of its name."""
        read = {"chars": self.characters.count, **reading_metrics(self.characters)} if self.reading else {}
        pages = {p.image.stem: self._page(p) for p in self.pages}
        return {"images": len(self.pages), **self.detection, **read, "ms_median": self.ms_median, "pages": pages}

    def _page(self, page: PageMetrics) -> dict[str, float]:
        read = reading_metrics(page.characters) if self.reading else {}
        row = {"iou_h": page.metrics["iou_h"], "det_h": page.metrics["det_h"], "ms": page.ms, **read}
        return {name: round(float(value), 4) for name, value in row.items()}


def evaluate_set(
    find: Callable[[Path], Iterable[TextLine]], folder: Path, *, split: str = "validation", limit: int | None = None, reading: bool = False
) -> SetMetrics:
    """Measure `find` on the images of a set.

    Args:
        find: an image's lines, such as `TextReader.detect`, or with `reading` also their texts, such as `TextReader.read`.
        split: "validation", "train" or "all".
        limit: only the first so many images.

    Raises:
        CtpnError: no such set, or no image in this split of it.
    """
    pairs = [p for p in read_set(folder) if split == "all" or is_validation(p[0].stem) == (split == "validation")]
    if not pairs:
        raise CtpnError(f"{folder}: no image in the split {split!r}; try --split all")
    pages = [_evaluate_page(find, image, read_icdar(gt)) for image, gt in tqdm(pairs[:limit], desc=folder.name, file=sys.stderr)]
    return SetMetrics(pages, reading)


def _evaluate_page(find: Callable[[Path], Iterable[TextLine]], image: Path, annotations: list[TextAnnotation]) -> PageMetrics:
    begin = time.perf_counter()
    lines = list(find(image))
    ms = 1000 * (time.perf_counter() - begin)
    quads, texts = [line.quad for line in lines], [line.text or "" for line in lines]
    detection, characters = measure_detection(annotations, quads), measure_reading(annotations, quads, texts)
    return PageMetrics(image, annotations, quads, ms, detection, characters)


def sheet(pages: Sequence[PageMetrics], *, count: int = 8, side: int = 480) -> U8:
    """The worst pages side by side, uint8 RGB: annotated texts green, ignored ones grey, found lines red."""
    tiles = [_tile(page, side) for page in sorted(pages, key=_quality)[:count]]
    tiles += [np.zeros((side, side, 3), np.uint8)] * (-len(tiles) % 4)
    return np.vstack([np.hstack(tiles[i : i + 4]) for i in range(0, len(tiles), 4)])


def _quality(page: PageMetrics) -> tuple[bool, float, int]:
    """Orders pages from worst to best. A page without an error is best, also one without text, whose hmean is 0; among equals the
    page with more texts and lines comes first."""
    counts = page.detection
    return counts.matched == counts.texts == counts.found, page.metrics["iou_h"], -counts.texts - counts.found


def _tile(page: PageMetrics, side: int) -> U8:
    rgb = open_image(page.image)
    scale = side / max(rgb.shape[:2])
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    for annotation in page.annotations:
        _outline(small, annotation.quad * scale, IGNORED if annotation.ignore else ANNOTATED)
    for quad in page.quads:
        _outline(small, quad * scale, FOUND)
    tile = np.zeros((side, side, 3), np.uint8)
    tile[: small.shape[0], : small.shape[1]] = small[:side, :side]
    caption = f"{page.image.stem} {page.metrics['iou_h']:.2f}"
    cv2.putText(tile, caption, (4, side - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.45, CAPTION, 1)
    return tile


def _outline(image: U8, quad: NDArray[np.float32], colour: tuple[int, int, int]) -> None:
    cv2.polylines(image, [np.round(quad).astype(np.int32)], True, colour, 1, cv2.LINE_AA)


def table(results: dict[str, SetMetrics]) -> str:
    """One line per set."""
    head = f"{'set':14s} {'images':>6s}   {'IoU p':>6s} {'r':>6s} {'hmean':>6s}   {'DetEval p':>9s} {'r':>6s} {'hmean':>6s}   {'ms':>6s}"
    read = any(r.reading for r in results.values())
    return "\n".join([head + (f"   {'read':>6s} {'found':>6s}" if read else ""), *(_row(name, r) for name, r in results.items())])


def _row(name: str, result: SetMetrics) -> str:
    d = result.detection
    text = (
        f"{name:14s} {len(result.pages):6d}   {d['iou_p']:6.3f} {d['iou_r']:6.3f} {d['iou_h']:6.3f}   "
        f"{d['det_p']:9.3f} {d['det_r']:6.3f} {d['det_h']:6.3f}   {result.ms_median:6.1f}"
    )
    if not result.reading:
        return text
    r = reading_metrics(result.characters)
    return text + f"   {r['read']:6.3f} {r['read_matched']:6.3f}"


def run(args: argparse.Namespace) -> dict[str, SetMetrics]:
    """Evaluate all sets; writes the JSON and the sheet where asked for."""
    outputs = [file for file in (args.json, args.sheet) if file]
    for file in outputs:
        refuse_overwrite(file, [p for folder in args.sets for pair in read_set(folder) for p in pair] + [args.model] * bool(args.model))
    if len(outputs) == 2 and outputs[0].resolve() == outputs[1].resolve():
        raise CtpnError(f"--json and --sheet: {outputs[0]} is given for both; give two places")
    reader = TextReader(detector=args.model, threads=args.threads)
    find = reader.read if args.read else reader.detect
    results = {f.name: evaluate_set(find, f, split=args.split, limit=args.limit, reading=args.read) for f in args.sets}
    if args.json:
        stored = {name: {"split": args.split, **result.to_json()} for name, result in results.items()}
        write(args.json, json.dumps(stored, indent=1) + "\n")
    if args.sheet:
        picture = sheet([page for result in results.values() for page in result.pages])
        write(args.sheet, cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes())
    return results


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = command.parser("ctpn.evaluate", __doc__)
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET", help="folder with images/ and gt/")
    parser.add_argument("--model", type=Path, help="a detector's .onnx (default: the shipped one)")
    parser.add_argument("--read", action="store_true", help="also read the lines, and measure the characters")
    parser.add_argument("--split", choices=["validation", "train", "all"], default="validation")
    parser.add_argument("--limit", type=int, help="only the first LIMIT images of each set")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all metrics, also those of each image")
    parser.add_argument("--sheet", type=Path, metavar="OUT", help="write a picture of the worst pages")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 measured, 1 failed, 130 stopped by hand; usage errors exit 2."""
    args = parse(argv)
    return command.run("ctpn.evaluate", lambda: table(run(args)))


if __name__ == "__main__":
    sys.exit(main())
