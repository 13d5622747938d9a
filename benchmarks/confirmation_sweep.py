"""How low may a line's detection score be if its text is confident? Characters read and false lines for each choice.

  python -m benchmarks.confirmation_sweep                 writes benchmarks/results/confirmation_sweep.json

A line is kept if its detection score reaches `line_score`, or if it reaches `min_score` and the sum of its detection score and its
text score reaches `min_combined_score`. In the spec, `score_slack` is `line_score` - `min_score`. Measured on validation pages alone:
receipts (sroie), scene words (icdar2015), and synthetic waybills and forms with seeds and fonts of their own. A false line overlaps no
annotated text.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import compress, product
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from benchmarks.environment import Result, save
from benchmarks.pages import ROOT, Page, digest, pages
from ctpn import command
from ctpn.annotations.formats import TextAnnotation
from ctpn.contract.spec import revise
from ctpn.evaluation.metrics import CharacterCounts, measure_reading, reading_metrics
from ctpn.files import sha256
from ctpn.imaging.decode import open_image
from ctpn.layout.geometry import intersection_areas
from ctpn.reader import SHIPPED_DETECTOR, SHIPPED_RECOGNIZER, TextReader
from ctpn.recognition.policy import read_lines

RESULT = ROOT / "benchmarks" / "results" / "confirmation_sweep.json"
SETS = ("sroie", "icdar2015", "waybills-validation", "forms-validation")
MIN_SCORES = (0.3, 0.35, 0.4, 0.45, 0.5)
MIN_COMBINED_SCORES = (0.0, 0.9, 1.0, 1.1, 1.2)


@dataclass(frozen=True)
class CandidateLines:
    """All lines of a page that some choice keeps.

    Attributes:
        annotations: of the page.
        quads, texts: of the lines.
        scores, text_scores: of the detector and of the recogniser, float64 [N].
        overlaps_text: whether a line overlaps an annotated text, bool [N].
    """

    annotations: list[TextAnnotation]
    quads: list[NDArray[np.float32]]
    texts: list[str]
    scores: NDArray[np.float64]
    text_scores: NDArray[np.float64]
    overlaps_text: NDArray[np.bool_]


class Choice(TypedDict):
    """One choice with what it gives; both thresholds are None where the detection score alone decides."""

    min_score: float | None
    min_combined_score: float | None
    read: float
    lines: int
    false_lines: int


class Thresholds(TypedDict):
    """The present values of the spec."""

    line_score: float
    score_slack: float
    min_combined_score: float


class SweepResult(Result):
    """The result: sha256 of the models, the present thresholds, all choices by set, and a digest of the pages of each set."""

    models: dict[str, str]
    spec: Thresholds
    sets: dict[str, list[Choice]]
    pages_sha256: dict[str, str]


def find_candidates(reader: TextReader, page: Page) -> CandidateLines:
    """Find and read a page's lines."""
    rgb = open_image(page.file)
    lines = reader.detect(rgb)
    read = read_lines(rgb, [line.quad for line in lines], reader.recognizer)
    quads = [line.quad for line in read]
    polygons = [np.asarray(a.quad, np.float32) for a in page.annotations]
    overlaps = (intersection_areas(polygons, quads) > 0).max(0) if polygons and quads else np.zeros(len(quads), bool)
    scores, text_scores = np.array([lines[line.index].score for line in read]), np.array([line.text.score for line in read])
    return CandidateLines(page.annotations, quads, [line.text.text for line in read], scores, text_scores, overlaps)


def evaluate_choice(
    pages: list[CandidateLines], kept: list[NDArray[np.bool_]], min_score: float | None = None, min_combined_score: float | None = None
) -> Choice:
    """Measure the lines that are kept on each page."""
    total = CharacterCounts()
    for page, mask in zip(pages, kept, strict=True):
        total += measure_reading(page.annotations, list(compress(page.quads, mask)), list(compress(page.texts, mask)))
    false_lines = sum(int((mask & ~page.overlaps_text).sum()) for page, mask in zip(pages, kept, strict=True))
    return {
        "min_score": min_score, "min_combined_score": min_combined_score, "read": round(reading_metrics(total)["read"], 4),
        "lines": sum(int(mask.sum()) for mask in kept), "false_lines": false_lines,
    }  # fmt: skip


def evaluate_choices(pages: list[CandidateLines], line_score: float) -> list[Choice]:
    """All choices; the first keeps lines by their detection score alone."""
    rows = [evaluate_choice(pages, [p.scores >= line_score for p in pages])]
    for low, combined in product(MIN_SCORES, MIN_COMBINED_SCORES):
        kept = [(p.scores >= line_score) | (p.scores >= low) & (p.scores + p.text_scores >= combined) for p in pages]
        rows.append(evaluate_choice(pages, kept, low, combined))
    return rows


def run(out: Path) -> SweepResult:
    """Read all validation pages once with the shipped models, evaluate every choice, store."""
    reader = TextReader(threads=1)
    spec = reader.detector.spec
    lines, combined = spec.lines, reader.recognizer.spec.reading.min_combined_score
    reader.detector.spec = revise(spec, {"lines": {"line_score": min(MIN_SCORES)}})
    current: Thresholds = {"line_score": lines.line_score, "score_slack": lines.score_slack, "min_combined_score": combined}
    models = {file.name: sha256(file) for file in (SHIPPED_DETECTOR, SHIPPED_RECOGNIZER)}
    result: SweepResult = {"models": models, "spec": current, "sets": {}, "pages_sha256": {}}
    for name in SETS:
        found = pages(name)
        candidates = [find_candidates(reader, page) for page in tqdm(found, desc=name)]
        result["sets"][name] = evaluate_choices(candidates, lines.line_score)
        result["pages_sha256"][name] = digest(found)
    save(out, result)
    return result


def table(result: SweepResult) -> str:
    """Markdown: one row per choice; for each set the fraction of characters read, and the false lines."""
    lines = [f"| min_score | min_combined_score | {' | '.join(result['sets'])} |", "|---" * (2 + len(result["sets"])) + "|"]
    for rows in zip(*result["sets"].values(), strict=True):
        cells = [f"{r['read']:.4f} ({r['false_lines']} of {r['lines']})" for r in rows]
        low, combined = ("-" if value is None else value for value in (rows[0]["min_score"], rows[0]["min_combined_score"]))
        lines.append(f"| {low} | {combined} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 measured, 1 failed, 130 stopped by hand; usage errors exit 2."""
    parser = command.parser("benchmarks.confirmation_sweep", __doc__)
    parser.add_argument(
        "--out", type=Path, default=RESULT, help="file of the results (default: benchmarks/results/confirmation_sweep.json)"
    )
    args = parser.parse_args(argv)
    return command.run("benchmarks.confirmation_sweep", lambda: table(run(args.out)))


if __name__ == "__main__":
    sys.exit(main())
