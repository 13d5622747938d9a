"""How much may a sure text say against a detector that doubts? Characters read, and lines on nothing, for each choice.

  python -m benchmarks.doubt                 into benchmarks/results/doubt.json

A line stands if the detector gives it `line_score`, or `least` and its score and its text's add up to `sum`: `doubt` of the spec is
line_score - least, `CONFIRMED` of ctpn.recognition.policy is `sum`. Measured on validation pages alone: receipts (sroie) and scene words
(icdar2015), and waybills and forms that are drawn with seeds and fonts of their own. A line is on nothing where it meets no annotated text.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from itertools import compress, product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from benchmarks.environment import save
from benchmarks.pages import ROOT, Page, digest, pages
from ctpn import command
from ctpn.annotations.formats import TextAnnotation
from ctpn.evaluation.metrics import Characters, accuracy, intersections, measure_reading
from ctpn.imaging.decode import open_image
from ctpn.reader import SHIPPED, SHIPPED_TEXT, TextReader
from ctpn.recognition.policy import CONFIRMED, read_lines
from export.files import sha256

RESULT = ROOT / "benchmarks" / "results" / "doubt.json"
SETS = ("sroie", "icdar2015", "waybills-validation", "forms-validation")
LEASTS = (0.3, 0.35, 0.4, 0.45, 0.5)
SUMS = (0.0, 0.9, 1.0, 1.1, 1.2)


@dataclass(frozen=True)
class Read:
    """The lines of a page that some choice takes.

    Attributes:
        regions: the annotation.
        quads, texts: of the lines.
        scores, sure: of the detector and of the recogniser, [N].
        meets: whether a line meets an annotated text, [N].
    """

    regions: list[TextAnnotation]
    quads: list[NDArray[np.float32]]
    texts: list[str]
    scores: NDArray[np.float64]
    sure: NDArray[np.float64]
    meets: NDArray[np.bool_]


def read(reader: TextReader, page: Page) -> Read:
    """A page's lines as `reader` finds them, read."""
    rgb = open_image(page.file)
    lines = reader.detect(rgb)
    quads, texts = read_lines(rgb, [line.quad for line in lines], reader.recognizer)
    regions = [np.asarray(r.quad, np.float32) for r in page.regions]
    meets = (intersections(regions, quads) > 0).max(0) if regions and quads else np.zeros(len(quads), bool)
    scores, sure = np.array([line.score for line in lines]), np.array([t.score for t in texts])
    return Read(page.regions, quads, [t.text for t in texts], scores, sure, meets)


def figures(found: list[Read], stands: list[NDArray[np.bool_]]) -> dict[str, float]:
    """Of the lines that stand on each page: the share of characters read, how many lines, how many of them on nothing."""
    total = Characters()
    for page, kept in zip(found, stands, strict=True):
        total += measure_reading(page.regions, list(compress(page.quads, kept)), list(compress(page.texts, kept)))
    nothing = sum(int((kept & ~page.meets).sum()) for page, kept in zip(found, stands, strict=True))
    return {"read": round(accuracy(total)["read"], 4), "lines": sum(int(k.sum()) for k in stands), "on_nothing": nothing}


def choices(found: list[Read], line_score: float) -> list[dict[str, Any]]:
    """Figures of each choice, the first that of the detector's word alone (`least` and `sum` None)."""
    rows: list[dict[str, Any]] = [{"least": None, "sum": None, **figures(found, [p.scores >= line_score for p in found])}]
    for least, both in product(LEASTS, SUMS):
        stands = [(p.scores >= line_score) | (p.scores >= least) & (p.scores + p.sure >= both) for p in found]
        rows.append({"least": least, "sum": both, **figures(found, stands)})
    return rows


def run(out: Path) -> dict[str, Any]:
    """Read all validation pages once with what is shipped, judge every choice, store."""
    reader = TextReader(threads=1)
    spec = reader.detector.spec
    reader.detector.spec = replace(spec, line_score=min(LEASTS))
    taken = {"line_score": spec.line_score, "doubt": spec.doubt, "sum": CONFIRMED}
    models = {file.name: sha256(file) for file in (SHIPPED, SHIPPED_TEXT)}
    result: dict[str, Any] = {"models": models, "taken": taken, "sets": {}, "pages_sha256": {}}
    for name in SETS:
        found = pages(name)
        result["sets"][name] = choices([read(reader, page) for page in tqdm(found, desc=name)], spec.line_score)
        result["pages_sha256"][name] = digest(found)
    save(out, result)
    return result


def table(result: dict[str, Any]) -> str:
    """Markdown: a row a choice; of each set the share of characters read, and the lines that are on nothing."""
    lines = [f"| least | sum | {' | '.join(result['sets'])} |", "|---" * (2 + len(result["sets"])) + "|"]
    for rows in zip(*result["sets"].values(), strict=True):
        shown = [f"{r['read']:.4f} ({r['on_nothing']} of {r['lines']})" for r in rows]
        lines.append(f"| {rows[0]['least'] or '-'} | {'-' if rows[0]['sum'] is None else rows[0]['sum']} | {' | '.join(shown)} |")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 measured, 1 failed, 130 stopped by hand; usage errors exit 2."""
    parser = command.parser("benchmarks.doubt", __doc__)
    parser.add_argument("--out", type=Path, default=RESULT, help="default: benchmarks/results/doubt.json")
    args = parser.parse_args(argv)
    return command.finish("benchmarks.doubt", lambda: table(run(args.out)))


if __name__ == "__main__":
    sys.exit(main())
