"""Does a text's score say how likely it is that all is right? Lines by their score, and how many are right.

  python -m benchmarks.calibration            writes benchmarks/results/calibration.json
  python -m benchmarks.calibration --fit      only fits the numbers of `CalibrationSpec` on the validation sets, and prints them

A line counts if it overlaps one annotated text, and that text this line alone, or (where every text is annotated) none. It is right if
it equals the annotated text but for white space, case and full-width forms: a full stop too many is wrong, and so is a line whose quad
leaves a letter out. Whatever is read of a script that the charset does not have is wrong. The numbers are fitted on validation pages,
where each set has the same weight; the other sets, and kinds of pages with other seeds, were not looked at.
"""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from benchmarks.environment import Result, save
from benchmarks.kinds.catalogue import OTHERS, PLAIN
from benchmarks.kinds.scripts import unknown_scripts
from benchmarks.pages import DATA, ROOT
from ctpn import command
from ctpn.annotations.formats import TextAnnotation, read_icdar, read_set
from ctpn.annotations.split import is_validation
from ctpn.errors import CtpnError
from ctpn.files import sha256
from ctpn.imaging.decode import open_image
from ctpn.layout.geometry import area, intersection_areas
from ctpn.reader import SHIPPED_RECOGNIZER, TextReader
from ctpn.recognition.calibration import text_probability
from ctpn.recognition.policy import read_lines

RESULT = ROOT / "benchmarks" / "results" / "calibration.json"
VALIDATION = ("sroie", "icdar2015", "kinds, validation", "unknown scripts, validation")
HELD_OUT = ("zh", "funsd", "kinds", "unknown scripts", "cases")
SEEDS = {"validation": 96_000_000, "": 97_000_000}
PAGES = {"sroie": 40, "icdar2015": 100, "funsd": 50, "kinds, validation": 2, "kinds": 4}  # of drawn kinds: of each kind
SCRIPT_PAGES = 6
EDGES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
CONFIDENT = 0.9
FLOOR = 0.001


@dataclass(frozen=True)
class JudgedLine:
    """A line that was read: `scores` of its characters float32 [n], `mean`, their geometric mean, and whether its text is right."""

    scores: NDArray[np.float32]
    mean: float
    right: bool


class CalibrationRow(TypedDict):
    """Of a set: its lines, those with a score above CONFIDENT, how many of these are right; the same by the mean of the characters'
    probabilities; and for each bin between EDGES lines, right ones and the sum of the scores."""

    lines: int
    confident: int
    confident_right: int
    mean_confident: int
    mean_confident_right: int
    bins: list[tuple[int, int, float]]


class CalibrationResult(Result):
    """The result: sha256 of the recogniser, the numbers of the spec, and a row for each set."""

    model: str
    spec: dict[str, float]
    sets: dict[str, CalibrationRow]


def pages(name: str) -> Iterator[tuple[NDArray[np.uint8], list[TextAnnotation], bool]]:
    """Pictures with their annotations, and whether all texts are annotated."""
    kind, _, split = name.partition(", ")
    if kind == "kinds":
        for i, draw in enumerate((*PLAIN, *OTHERS)):
            for j in range(PAGES[name]):
                page = draw(np.random.default_rng([SEEDS[split], i, j]))
                yield page.rgb, page.annotations, True
    elif kind == "unknown scripts":
        for j in range(SCRIPT_PAGES):
            page = unknown_scripts(np.random.default_rng([SEEDS[split], j]))
            yield page.rgb, page.annotations, True
    else:
        found = [p for p in read_set(DATA / name) if name in HELD_OUT or is_validation(p[0].stem)]
        for image, gt in found[: PAGES.get(name)]:
            yield open_image(image), read_icdar(gt), name == "sroie"


def cases(reader: TextReader) -> list[JudgedLine]:
    """The lines of shared/cases, which has texts without their places: a line is right if it is one of them."""
    folder = DATA.parent / "cases"
    out: list[JudgedLine] = []
    for name, texts in json.loads((folder / "expected.json").read_text(encoding="utf-8")).items():
        try:
            rgb = open_image(folder / name)
        except CtpnError:
            continue  # a damaged file, or a format that is not read
        expected = {normalized(t) for t in texts} if isinstance(texts, list) else set()
        out += [JudgedLine(s, m, normalized(t) in expected) for _, t, s, m in read(reader, rgb)] if expected else []
    return out


def read(reader: TextReader, rgb: NDArray[np.uint8]) -> list[tuple[NDArray[np.float32], str, NDArray[np.float32], float]]:
    """The lines of a picture that have a text: quad, text, scores of the characters, their mean."""
    found = read_lines(rgb, [line.quad for line in reader.detect(rgb)], reader.recognizer)
    return [(line.quad, line.text.text, line.text.scores, line.text.score) for line in found if line.text.text]


def judged(
    annotations: Sequence[TextAnnotation], lines: list[tuple[NDArray[np.float32], str, NDArray[np.float32], float]], *, complete: bool
) -> list[JudgedLine]:
    """The lines of a page that can be judged."""
    if not lines or not annotations:
        return [JudgedLine(s, m, False) for _, _, s, m in lines] if complete else []
    quads = [np.asarray(a.quad, np.float32) for a in annotations]
    inter = intersection_areas(quads, [q for q, *_ in lines])
    smaller = np.minimum(np.array([[area(q)] for q in quads]), np.array([area(q) for q, *_ in lines]))
    together = inter >= 0.5 * smaller
    out = []
    for j, (_, text, scores, mean) in enumerate(lines):
        own = np.flatnonzero(together[:, j])
        if len(own) == 0 and complete and not inter[:, j].any():
            out.append(JudgedLine(scores, mean, False))
        if len(own) != 1 or together[own[0]].sum() != 1:
            continue
        annotation = annotations[int(own[0])]
        if annotation.text and not annotation.ignore:
            out.append(JudgedLine(scores, mean, normalized(text) == normalized(annotation.text)))
    return out


def normalized(text: str) -> str:
    """Without white space, in lower case, in the forms of ASCII; a yuan sign is as wide as it likes."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split()).replace("￥", "¥")


def collect(reader: TextReader, name: str) -> list[JudgedLine]:
    """The judged lines of a set."""
    if name == "cases":
        return cases(reader)
    return [line for rgb, found, complete in tqdm(pages(name), desc=name) for line in judged(found, read(reader, rgb), complete=complete)]


def features(lines: Sequence[JudgedLine]) -> NDArray[np.float64]:
    """What the logistic function takes: 1, ln(floor + expected), ln(length), float64 [N, 3]."""
    expected = [float((1 - line.scores.astype(np.float64)).sum()) for line in lines]
    return np.stack([np.ones(len(lines)), np.log(FLOOR + np.array(expected)), np.log([len(line.scores) for line in lines])], 1)


def fit(sets: Sequence[list[JudgedLine]], *, steps: int = 40, decay: float = 1e-3) -> dict[str, float]:
    """The numbers of `CalibrationSpec` by logistic regression (Newton's method); each set has the same weight."""
    lines = [line for found in sets for line in found]
    weights = np.array([1 / len(found) for found in sets for _ in found]) / len(sets)
    x, y, w = features(lines), np.array([line.right for line in lines], np.float64), np.zeros(3)
    for _ in range(steps):
        p = 1 / (1 + np.exp(-x @ w))
        gradient = x.T @ (weights * (p - y)) + decay * np.array([0, w[1], w[2]])
        hessian = (x * (weights * p * (1 - p))[:, None]).T @ x + decay * np.diag([0.0, 1, 1]) + 1e-9 * np.eye(3)
        w -= np.linalg.solve(hessian, gradient)
    return {"bias": round(float(w[0]), 3), "errors": round(-float(w[1]), 3), "length": round(float(w[2]), 3), "floor": FLOOR}


def row(lines: Sequence[JudgedLine], scores: NDArray[np.float64]) -> CalibrationRow:
    """The row of a set."""
    right, mean = np.array([line.right for line in lines], bool), np.array([line.mean for line in lines])
    place = np.clip(np.searchsorted(EDGES, scores, "right") - 1, 0, len(EDGES) - 2)
    return {
        "lines": len(lines), "confident": int((scores > CONFIDENT).sum()), "confident_right": int(right[scores > CONFIDENT].sum()),
        "mean_confident": int((mean > CONFIDENT).sum()), "mean_confident_right": int(right[mean > CONFIDENT].sum()),
        "bins": [(int((place == i).sum()), int(right[place == i].sum()), round(float(scores[place == i].sum()), 3))
                 for i in range(len(EDGES) - 1)],
    }  # fmt: skip


def run(args: argparse.Namespace) -> str:
    """Measure and store, or fit."""
    reader = TextReader(threads=1)
    if args.fit:
        return json.dumps(fit([collect(reader, name) for name in VALIDATION]))
    spec = reader.recognizer.spec.calibration
    result: CalibrationResult = {"model": sha256(SHIPPED_RECOGNIZER), "spec": vars(spec).copy(), "sets": {}}
    for name in (*VALIDATION, *HELD_OUT):
        lines = collect(reader, name)
        result["sets"][name] = row(lines, np.array([text_probability(line.scores, spec) for line in lines]))
    save(args.out, result)
    return table(result)


def table(result: CalibrationResult) -> str:
    """Markdown: for each set the lines above CONFIDENT, and how many of them are right."""
    rows = [
        f"| {name} | {r['lines']} | {r['confident']} | {_share(r['confident_right'], r['confident'])} | {r['mean_confident']} | "
        f"{_share(r['mean_confident_right'], r['mean_confident'])} |"
        for name, r in result["sets"].items()
    ]
    head = f"| set | lines | above {CONFIDENT} | right | mean above {CONFIDENT} | right |"
    return "\n".join([head, "|---" * 6 + "|", *rows])


def _share(right: int, count: int) -> str:
    return f"{right / count:.3f}" if count else "–"


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = command.parser("benchmarks.calibration", __doc__)
    parser.add_argument("--fit", action="store_true", help="fit the numbers on the validation sets and print them; nothing is stored")
    parser.add_argument("--out", type=Path, default=RESULT, help="file of the results (default: benchmarks/results/calibration.json)")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 measured, 1 failed, 130 stopped by hand; usage errors exit 2."""
    args = parse(argv)
    return command.run("benchmarks.calibration", lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
