"""Measure a detector, or detection and recognition together, on annotated photos.

  python -m ctpn.evaluate ../shared/data/sroie --json out/sroie.json --sheet out/worst.png
  python -m ctpn.evaluate ../shared/data/sroie --read

A set is a folder with images/X.jpg and gt/gt_X.txt (ICDAR text). Printed for each set, pooled over its images: precision,
recall and hmean at IoU >= 0.5, and of the DetEval-like measure (area recall 0.8, area precision 0.4, splits and merges).
With --read the shares of characters that are right too: of all with a known transcript, and of those where a line was found.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ctpn.annotations.formats import read_icdar, read_set
from ctpn.annotations.split import is_validation
from ctpn.errors import CtpnError
from ctpn.evaluation.metrics import Characters, Counts, accuracy, figures, measure, measure_reading
from ctpn.files import write
from ctpn.imaging.decode import open_image
from ctpn.reader import TextLine, TextReader

Page = dict[str, Any]


def evaluate_set(find: Callable[[Path], list[TextLine]], folder: Path, split: str, limit: int | None) -> list[Page]:
    """For each image of a set its lines as `find` gives them, their time, and what is counted.

    Raises:
        CtpnError: no such set, or no image in this split of it.
    """
    pairs = [p for p in read_set(folder) if split == "all" or is_validation(p[0].stem) == (split == "validation")]
    pages = []
    for image, gt in tqdm(pairs[:limit], desc=folder.name, file=sys.stderr):
        regions = read_icdar(gt)
        begin = time.perf_counter()
        lines = find(image)
        ms = 1000 * (time.perf_counter() - begin)
        quads, texts = [line.quad for line in lines], [line.text or "" for line in lines]
        counts, characters = measure(regions, quads), measure_reading(regions, quads, texts)
        page = {"image": image, "ms": ms, "regions": regions, "quads": quads, "counts": counts, "characters": characters}
        pages.append({**page, **figures(counts), **accuracy(characters)})
    if not pages:
        raise CtpnError(f"{folder}: no image in the split {split!r}; try --split all")
    return pages


def sheet(pages: list[Page], *, count: int = 8, side: int = 480) -> NDArray[np.uint8]:
    """The worst pages side by side: annotation green, ignored grey, found red."""
    worst = sorted(pages, key=_merit)[:count]
    tiles = [_tile(p, side) for p in worst]
    tiles += [np.zeros((side, side, 3), np.uint8)] * (-len(tiles) % 4)
    return np.vstack([np.hstack(tiles[i : i + 4]) for i in range(0, len(tiles), 4)])


def _merit(page: Page) -> tuple[bool, float, int]:
    """A page without a fault comes last, even one without text, whose hmean is 0; of like ones that with more to see first."""
    counts: Counts = page["counts"]
    return counts.matched == counts.texts == counts.found, page["iou_h"], -counts.texts - counts.found


def _tile(page: Page, side: int) -> NDArray[np.uint8]:
    rgb = open_image(page["image"])
    scale = side / max(rgb.shape[:2])
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    for region in page["regions"]:
        _outline(small, region.quad * scale, (130, 130, 130) if region.ignore else (0, 160, 60))
    for quad in page["quads"]:
        _outline(small, quad * scale, (230, 30, 60))
    tile = np.zeros((side, side, 3), np.uint8)
    tile[: small.shape[0], : small.shape[1]] = small[:side, :side]
    cv2.putText(tile, f"{page['image'].stem} {page['iou_h']:.2f}", (4, side - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 220, 0), 1)
    return tile


def _outline(picture: NDArray[np.uint8], quad: NDArray[np.float32], colour: tuple[int, int, int]) -> None:
    cv2.polylines(picture, [np.round(quad).astype(np.int32)], True, colour, 1, cv2.LINE_AA)


def table(results: dict[str, dict[str, Any]]) -> str:
    """One line a set."""
    head = f"{'set':14s} {'images':>6s}   {'IoU p':>6s} {'r':>6s} {'hmean':>6s}   {'DetEval p':>9s} {'r':>6s} {'hmean':>6s}   {'ms':>6s}"
    read = any("read" in r for r in results.values())
    return "\n".join([head + (f"   {'read':>6s} {'found':>6s}" if read else ""), *(_row(name, r) for name, r in results.items())])


def _row(name: str, r: dict[str, Any]) -> str:
    text = (
        f"{name:14s} {r['images']:6d}   {r['iou_p']:6.3f} {r['iou_r']:6.3f} {r['iou_h']:6.3f}   "
        f"{r['det_p']:9.3f} {r['det_r']:6.3f} {r['det_h']:6.3f}   {r['ms_median']:6.1f}"
    )
    return text + (f"   {r['read']:6.3f} {r['read_matched']:6.3f}" if "read" in r else "")


def run(args: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Evaluate all sets; writes the JSON and the picture sheet where asked for."""
    reader = TextReader(args.model, threads=args.threads)
    find = reader.read if args.read else reader.detect
    results, every = {}, []
    for folder in args.sets:
        pages = evaluate_set(find, folder, args.split, args.limit)
        every += pages
        results[folder.name] = {"split": args.split, **pooled(pages, read=args.read)}
    if args.json:
        write(args.json, (json.dumps(results, indent=1) + "\n").encode())
    if args.sheet:
        write(args.sheet, cv2.imencode(".png", cv2.cvtColor(sheet(every), cv2.COLOR_RGB2BGR))[1].tobytes())
    return results


def pooled(pages: list[Page], *, read: bool) -> dict[str, Any]:
    """The figures of a set, and those of each of its images under `pages`."""
    characters = sum((p["characters"] for p in pages), Characters())
    keep = ("iou_h", "det_h", "ms", *(("read", "read_matched") if read else ()))
    return {
        "images": len(pages), **figures(sum((p["counts"] for p in pages), Counts())),
        **({"chars": characters.count, **accuracy(characters)} if read else {}),
        "ms_median": float(np.median([p["ms"] for p in pages])),
        "pages": {p["image"].stem: {k: round(float(p[k]), 4) for k in keep} for p in pages},
    }  # fmt: skip


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser("python -m ctpn.evaluate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET", help="folder with images/ and gt/")
    parser.add_argument("--model", type=Path, help="a detector's .onnx (default: the shipped one)")
    parser.add_argument("--read", action="store_true", help="detect and read, and count characters too")
    parser.add_argument("--split", choices=["validation", "train", "all"], default="validation")
    parser.add_argument("--limit", type=int, help="only the first so many images of each set")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all figures, of each image too")
    parser.add_argument("--sheet", type=Path, metavar="OUT", help="write a picture of the worst pages")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 measured, 1 failed; usage errors exit 2."""
    args = parse(argv)
    try:
        results = run(args)
    except (CtpnError, OSError) as e:
        print(f"ctpn.evaluate: {e}", file=sys.stderr)
        return 1
    print(table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
