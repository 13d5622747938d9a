"""How well is each kind of page read? Ours and PP-OCRv6 over the same pages: python -m benchmarks.kinds

  python -m benchmarks.kinds                          every kind, into benchmarks/results/kinds.json
  python -m benchmarks.kinds --kinds numbers,charset --out out/kinds.json
  python -m benchmarks.kinds --sheet out/kinds.png    and the worst pages of ours as a picture

Each run generates the pages again from fixed seeds; stored answers for the same pixels are used again. Characters read: from photo to
text, a missed line counts as wrong. False lines overlap no text. `charset`: each character of the recogniser's
charset in each of five held-out fonts between characters that do not count.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict, final

import cv2
import numpy as np

from benchmarks.compare import Answer, ComparisonRunner, collect_answers
from benchmarks.competitors import readers
from benchmarks.kinds import charset
from benchmarks.kinds.catalogue import KINDS
from benchmarks.pages import CACHE, ROOT, Page, digest, write_png
from benchmarks.results import Compared, ComparisonResults
from ctpn import command
from ctpn.annotations.formats import TextAnnotation, read_icdar, write_icdar
from ctpn.evaluate import PageMetrics, sheet
from ctpn.evaluation.metrics import CharacterCounts, measure_detection, measure_reading, reading_metrics
from ctpn.files import write
from ctpn.layout.geometry import intersection_areas
from ctpn.synthesis.pages.canvas import Canvas

SEED = 97_000_000
CHARSET = "charset"
RESULT = ROOT / "benchmarks" / "results" / "kinds.json"


@final
class KindRow(TypedDict):
    """A competitor's row of a kind: pages, characters, the fractions read right as in reading_metrics, and lines on nothing."""

    pages: int
    chars: int
    read: float
    read_matched: float
    on_nothing: int


class KindsResult(Compared):
    """The result: rows by kind and competitor."""

    sets: dict[str, dict[str, KindRow | charset.CharsetRow]]


def draw(name: str) -> list[Page]:
    """The pages of a kind, written to .cache/kinds as image and annotation."""
    folder = CACHE / "kinds" / name.replace("°", "")
    return [_page(folder, i, canvas) for i, canvas in enumerate(_canvases(name))]


def _canvases(name: str) -> Iterator[Canvas]:
    if name == CHARSET:
        yield from charset.pages(np.random.default_rng(SEED))
        return
    kind = KINDS[name]
    for i in range(kind.count):
        yield kind.draw(np.random.default_rng([SEED, kind.stream, i]))


def _page(folder: Path, index: int, canvas: Canvas) -> Page:
    image, annotation = folder / "images" / f"{index:03d}.png", folder / "gt" / f"gt_{index:03d}.txt"
    data = cv2.imencode(".png", cv2.cvtColor(canvas.rgb, cv2.COLOR_RGB2BGR))[1].tobytes()
    write_icdar(annotation, canvas.annotations)
    write(image, data)
    return Page(image, hashlib.sha256(data).hexdigest(), read_icdar(annotation))


def measure(name: str, pages: list[Page], answers: list[Answer]) -> KindRow | charset.CharsetRow:
    """One competitor's row of a kind."""
    if name == CHARSET:
        counts = charset.CharsetCounts()
        for page, answer in zip(pages, answers, strict=True):
            counts.add(page.annotations, _quads(answer), answer["texts"])
        return counts.summary()
    total = sum((_characters(p, a) for p, a in zip(pages, answers, strict=True)), CharacterCounts())
    metrics = {k: round(v, 4) for k, v in reading_metrics(total).items()}
    return {
        "pages": len(pages), "chars": total.count, "read": metrics["read"], "read_matched": metrics["read_matched"],
        "on_nothing": sum(_on_nothing(p, a) for p, a in zip(pages, answers, strict=True)),
    }  # fmt: skip


def _characters(page: Page, answer: Answer) -> CharacterCounts:
    """Counts of a page in the frame of its text, so that the pieces of a line are joined in the order in which they are read."""
    level = _levelling(page.annotations)
    annotations = [TextAnnotation((a.quad @ level).astype(np.float32), a.text) for a in page.annotations]
    return measure_reading(annotations, [(q @ level).astype(np.float32) for q in _quads(answer)], answer["texts"])


def _levelling(annotations: list[TextAnnotation]) -> np.ndarray:
    """A rotation, float64 [2, 2] to the right of points, after which the wide texts of a page run to the right."""
    across = np.array([a.quad[1] - a.quad[0] for a in annotations], np.float64)
    x, y = across.sum(0) / np.linalg.norm(across.sum(0))
    return np.array([[x, -y], [y, x]])


def _quads(answer: Answer) -> list[np.ndarray]:
    return [np.array(q, np.float32) for q in answer["quads"]]


def _on_nothing(page: Page, answer: Answer) -> int:
    """Lines with a text that touch no annotation."""
    quads = [q for q, text in zip(_quads(answer), answer["texts"], strict=True) if text.strip()]
    if not quads or not page.annotations:
        return len(quads)
    return int((intersection_areas(quads, [a.quad for a in page.annotations]).sum(1) == 0).sum())


def run(args: argparse.Namespace) -> ComparisonResults:
    """Measure the kinds that are asked for; each is stored as soon as it is measured."""
    competitors = readers()
    results, worst = ComparisonResults(args.out, competitors), list[PageMetrics]()
    with ComparisonRunner(competitors, "read", fresh=args.fresh) as runner:
        for name in args.kinds:
            pages = draw(name)
            answers, reused = collect_answers(runner, pages, name)
            rows = {c.name: measure(name, pages, answers[c.name]) for c in competitors}
            results.add(name, rows, pages_sha256=digest(pages), answers_reused=reused)
            worst.append(_worst(pages, answers["ours"]))
    if args.sheet:
        write_png(args.sheet, cv2.cvtColor(sheet(worst, count=len(worst)), cv2.COLOR_RGB2BGR))
    return results


def _worst(pages: list[Page], answers: list[Answer]) -> PageMetrics:
    """The page of a kind on which most characters are wrong."""
    rows = [_metrics(p, a) for p, a in zip(pages, answers, strict=True)]
    return max(rows, key=lambda r: r.characters.wrong / max(1, r.characters.count))


def _metrics(page: Page, answer: Answer) -> PageMetrics:
    quads = _quads(answer)
    found = measure_detection(page.annotations, quads)
    return PageMetrics(page.file, page.annotations, quads, answer["ms"], found, _characters(page, answer))


def table(result: KindsResult) -> list[str]:
    """Markdown lines: a row for each kind, a column for each competitor; in brackets the false lines."""
    names = list(result["models"])
    lines = ["| kind | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for kind, rows in result["sets"].items():
        cells = [_cell(rows[name]) if name in rows else "" for name in names]
        lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    return lines


def _cell(row: KindRow | charset.CharsetRow) -> str:
    if "reliable" in row:
        return f"{row['read']:.3f}; {row['reliable']:.3f} of the characters"
    return f"{row['read']:.3f}" + (f" ({row['on_nothing']})" if row["on_nothing"] else "")


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser, names = command.parser("benchmarks.kinds", __doc__), [*KINDS, CHARSET]
    parser.add_argument("--kinds", type=lambda text: text.split(","), default=names, metavar="A,B", help=f"some of {', '.join(names)}")
    parser.add_argument("--fresh", action="store_true", help="ignore stored answers")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="a picture of the worst page of each kind")
    parser.add_argument("--out", type=Path, default=RESULT, help="file of the results (default: benchmarks/results/kinds.json)")
    args = parser.parse_args(argv)
    if unknown := set(args.kinds) - set(names):
        parser.error(f"--kinds: expected some of {', '.join(names)}, got {', '.join(sorted(unknown))}")
    return args


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 measured, 1 failed, 130 stopped by hand; usage errors exit 2."""
    args = parse(argv)
    return command.run("benchmarks.kinds", lambda: "\n".join(table(run(args).data)), resumes=True)


if __name__ == "__main__":
    sys.exit(main())
