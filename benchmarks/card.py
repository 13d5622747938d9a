"""Write the accuracy of the shipped int8 models into their cards: python -m benchmarks.card

`measured` of ctpn/weights/mobile.json and crnn.json gets the accuracy of detection and of reading, with the sha256 of the measured models.
The accuracy on the real and synthetic sets is that of the last runs of `benchmarks.peers` and `benchmarks.peers --read`. The accuracy on
the small committed set (tests/fixtures/pages) is measured here, in seconds. The rest of the cards stays. Tests take their lower limits
from the cards, and bundles contain them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from ctpn import command
from ctpn.errors import CtpnError
from ctpn.evaluate import evaluate_set
from ctpn.evaluation.metrics import reading_metrics
from ctpn.files import sha256, write
from ctpn.reader import SHIPPED_DETECTOR, SHIPPED_RECOGNIZER, WEIGHTS, TextReader

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PAGES, PAGES_NAME = ROOT / "tests" / "fixtures" / "pages", "fixture-pages"
DETECTION, READING = ("pages", "iou_h", "det_h"), ("pages", "read", "read_matched")

Row = dict[str, float]  # metrics by name, and the number of pages


class Measured(TypedDict, total=False):
    """`measured` of a card.

    Attributes:
        sha256: of the models that were measured, by file name.
        found: metrics of detection by set; only in the detector's card.
        read: metrics of reading by set; only in the recogniser's card.
    """

    sha256: dict[str, str]
    found: dict[str, Row]
    read: dict[str, Row]


def measure() -> dict[str, Measured]:
    """`measured` of each card by the name of its model.

    Raises:
        CtpnError: a comparison is missing, or was made with other models than the shipped ones.
    """
    detector = {SHIPPED_DETECTOR.name: sha256(SHIPPED_DETECTOR)}
    both = detector | {SHIPPED_RECOGNIZER.name: sha256(SHIPPED_RECOGNIZER)}
    found, read = _compared("peers", "ours int8", detector, DETECTION), _compared("reading", "ours", both, READING)
    small = evaluate_set(TextReader(threads=1).read, PAGES, split="all", reading=True)
    found[PAGES_NAME] = {"pages": len(small.pages), **_rounded(small.detection, DETECTION)}
    read[PAGES_NAME] = {"pages": len(small.pages), **_rounded(reading_metrics(small.characters), READING)}
    return {"mobile": {"sha256": detector, "found": found}, "crnn": {"sha256": both, "read": read}}


def _compared(name: str, competitor: str, models: dict[str, str], metrics: Sequence[str]) -> dict[str, Row]:
    """Our rows of a stored comparison, by set; a set that was not measured with these models has none."""
    file = RESULTS / f"{name}.json"
    hint = f"measure with python -m benchmarks.peers{' --read' if name == 'reading' else ''}"
    if not file.is_file():
        raise CtpnError(f"{file}: missing; {hint}")
    stored = json.loads(file.read_text(encoding="utf-8"))
    if stored["models"][competitor] != models:
        raise CtpnError(f"{file}: made with other models than the shipped ones; {hint}")
    ours = {set_name: rows[competitor] for set_name, rows in stored["sets"].items() if competitor in rows}
    return {set_name: {metric: row[metric] for metric in metrics} for set_name, row in ours.items()}


def _rounded(values: dict[str, float], metrics: Sequence[str]) -> Row:
    return {name: round(values[name], 4) for name in metrics if name in values}


def update(folder: Path) -> str:
    """Measure and write both cards of a folder; their sets in a line each."""
    lines = []
    for model, measured in measure().items():
        file = folder / f"{model}.json"
        card: dict[str, object] = json.loads(file.read_text(encoding="utf-8"))
        write(file, json.dumps(card | {"measured": measured}, ensure_ascii=False, indent=1) + "\n")
        rows = measured.get("found") or measured.get("read") or {}
        lines += [f"{model} {name}: {', '.join(f'{k} {v:g}' for k, v in row.items())}" for name, row in rows.items()]
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 written, 1 failed; usage errors exit 2."""
    command.parser("benchmarks.card", __doc__).parse_args(argv)
    return command.run("benchmarks.card", lambda: update(WEIGHTS))


if __name__ == "__main__":
    sys.exit(main())
