"""Recall by the aspect ratio of a line, ours and PP-OCRv6's, on the same pages.

  python -m benchmarks.longlines                     everything; writes benchmarks/results/longlines.json
  python -m benchmarks.longlines --sets sroie,long
  python -m benchmarks.longlines --limit 20 --out out/longlines.json

The sets of benchmarks.peers that are annotated by line, and `long`, synthetic pages whose lines are up to 60 times as long as
high. Stored answers of benchmarks.peers are reused; an interrupted run continues when the same command is given again.

For each annotated line: whether one found line matches it (IoU of 0.5 or more, one to one); whether it was found, in one line or in
several pieces that cover 0.8 of its area; and in how many pieces.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, TypedDict

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.compare import ComparisonRunner, collect_answers
from benchmarks.competitors import detectors
from benchmarks.environment import Result, save
from benchmarks.pages import ROOT, Page, digest, pages
from ctpn import command
from ctpn.annotations.formats import TextAnnotation
from ctpn.evaluation.metrics import AREA_PRECISION, AREA_RECALL
from ctpn.layout.geometry import area, greedy_matching, intersection_areas
from ctpn.reader import WEIGHTS

SETS = ("sroie", "funsd", "td500", "waybills", "long")
EDGES = (0, 2, 5, 10, 15, 20, 30, 40, 50, 60, np.inf)
BINS = tuple(f"{a}-{b}" if np.isfinite(b) else f"over {a}" for a, b in pairwise(EDGES))
F64 = NDArray[np.float64]


class BinRow(TypedDict):
    """Annotated lines of one range of aspect ratios: how many, the fractions matched and found, the mean pieces of those found."""

    texts: int
    matched: float
    found: float
    pieces: float


class LongLinesResult(Result):
    """The result.

    Attributes:
        models: sha256 of each file, by competitor.
        limit: pages of each set, None for all.
        sets: by set, competitor and range, one of BINS; a range without lines has no row.
        pages_sha256: digest of the pages of each set.
    """

    models: dict[str, dict[str, str]]
    limit: int | None
    sets: dict[str, dict[str, dict[str, BinRow]]]
    pages_sha256: dict[str, str]


def ratio(quad: NDArray[np.float32]) -> float:
    """Aspect ratio of the smallest rotated rectangle around a line, at least 1."""
    _, (a, b), _ = cv2.minAreaRect(np.asarray(quad, np.float32))
    return float(max(a, b, 1e-3) / max(min(a, b), 1e-3))


def outcomes(annotations: Sequence[TextAnnotation], quads: Sequence[NDArray[np.float32]]) -> F64:
    """The outcome of each text that counts, float64 [T, 4]: aspect ratio, matched (0 or 1), found (0 or 1), pieces on it."""
    texts = [np.asarray(r.quad, np.float32) for r in annotations if not r.ignore]
    table = np.zeros((len(texts), 4))
    table[:, 0] = [ratio(t) for t in texts]
    quads = [q for q in quads if area(q) > 0]
    if not texts or not quads:
        return table
    inter = intersection_areas(texts, quads)
    areas_t, areas_q = (np.array([area(p) for p in polygons]) for polygons in (texts, quads))
    for i, _ in greedy_matching(inter / np.maximum(areas_t[:, None] + areas_q - inter, 1e-9)):
        table[i, 1] = 1
    on_it = inter / np.maximum(areas_q, 1e-9) >= AREA_PRECISION
    table[:, 2] = (inter * on_it).sum(1) / np.maximum(areas_t, 1e-9) >= AREA_RECALL
    table[:, 3] = on_it.sum(1)
    return table


def by_ratio(found: list[Page], quads: list[list[Any]]) -> dict[str, BinRow]:
    """Metrics of each bin with a text: number of texts, fractions matched and found, mean pieces of those found."""
    parts = [outcomes(p.annotations, [np.array(q, np.float32) for q in qs]) for p, qs in zip(found, quads, strict=True)]
    table = np.concatenate([np.zeros((0, 4)), *parts])
    rows: dict[str, BinRow] = {}
    for name, (low, high) in zip(BINS, pairwise(EDGES), strict=True):
        part = table[(table[:, 0] >= low) & (table[:, 0] < high)]
        if len(part):
            complete = part[part[:, 2] == 1]
            rows[name] = {
                "texts": len(part), "matched": round(float(part[:, 1].mean()), 4), "found": round(float(part[:, 2].mean()), 4),
                "pieces": round(float(complete[:, 3].mean()), 2) if len(complete) else 0.0,
            }  # fmt: skip
    return rows


def run(args: argparse.Namespace) -> LongLinesResult:
    """Measure the sets, all competitors page by page in turns; stored after each set."""
    competitors = detectors(args.models)
    models = {s.name: s.digests() for s in competitors}
    result: LongLinesResult = {"models": models, "limit": args.limit, "sets": {}, "pages_sha256": {}}
    with ComparisonRunner(competitors, "detect") as runner:
        for name in args.sets:
            found = pages(name, args.limit)
            answers, _ = collect_answers(runner, found, name)
            result["sets"][name] = {s.name: by_ratio(found, [a["quads"] for a in answers[s.name]]) for s in competitors}
            result["pages_sha256"][name] = digest(found)
            save(args.out, result)
    return result


def table(result: LongLinesResult) -> str:
    """Markdown: one row per set and bin; per competitor matched / found, and the mean pieces where a line is split."""
    competitors = list(result["models"])
    lines = [f"| set | length : height | texts | {' | '.join(competitors)} |", "|---" * (3 + len(competitors)) + "|"]
    for name, rows in result["sets"].items():
        for bin_name in BINS:
            if bin_name in rows[competitors[0]]:
                cells = [rows[s][bin_name] for s in competitors]
                shown = [f"{c['matched']:.3f} / {c['found']:.3f}" + (f" ({c['pieces']:.1f})" if c["pieces"] >= 1.05 else "") for c in cells]
                lines.append(f"| {name} | {bin_name} | {cells[0]['texts']} | {' | '.join(shown)} |")
    return "\n".join(lines)


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = command.parser("benchmarks.longlines", __doc__)
    parser.add_argument("--sets", type=lambda text: text.split(","), default=list(SETS), metavar="A,B", help=f"some of {','.join(SETS)}")
    parser.add_argument("--limit", type=int, help="only the first LIMIT pages of each set; needs --out")
    parser.add_argument("--models", type=Path, default=WEIGHTS, metavar="DIR", help="folder of our two detectors (default: ctpn/weights)")
    parser.add_argument("--out", type=Path, help="file of the results (default: benchmarks/results/longlines.json)")
    args = parser.parse_args(argv)
    if set(args.sets) - set(SETS):
        parser.error(f"--sets: expected some of {','.join(SETS)}, got {','.join(args.sets)}")
    if args.limit is not None and (args.limit < 1 or not args.out):
        parser.error("--limit: expected 1 or more, and --out FILE: partial results do not belong among the stored ones")
    args.out = args.out or ROOT / "benchmarks" / "results" / "longlines.json"
    return args


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 measured, 1 failed, 130 stopped by hand; usage errors exit 2."""
    args = parse(argv)
    return command.run("benchmarks.longlines", lambda: table(run(args)), resumes=True)


if __name__ == "__main__":
    sys.exit(main())
