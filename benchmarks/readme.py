"""Write README's table from the stored results: python -m benchmarks.readme (a test checks that it is up to date)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ctpn.errors import CtpnError
from ctpn.files import write

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
TITLES = {
    "sroie": "receipts, validation",
    "funsd": "forms, never trained on",
    "td500": "signs of any angle, never trained on",
    "icdar2015": "scene words¹, validation",
    "waybills": "drawn waybills, unseen seeds and fonts",
}
SIDES = ("ours int8", "PP-OCRv6 tiny", "PP-OCRv6 small")  # of detection; the float form's figures are in peers.json
READERS = ("ours", *SIDES[1:])


def block() -> str:
    """The lines between README's markers."""
    found, read, stages = (json.loads((RESULTS / f"{n}.json").read_text(encoding="utf-8")) for n in ("peers", "reading", "stages"))
    _complete(found, "peers.json", SIDES, TITLES, "")
    _complete(read, "reading.json", READERS, ("sroie", "funsd", "waybills"), " --read")
    where = found["taken"]["page_960x672"]
    net = f"{_net(found)} From maps to lines, {stages['proposals']} proposals take {stages['all_median_ms']} ms in numpy, "
    return "\n".join([
        "| | ours int8 | PP-OCRv6 tiny | PP-OCRv6 small |", "|---|---|---|---|",
        *_detection(found), *_reading(read), "",
        "Lines found: hmean at IoU 0.5 / DetEval. Characters read: from photo to text, case and spaces folded, "
        "a missed line counts as wrong. ¹ Annotated by word, while all three find lines. "
        f"² One thread of {where['processor']} ({', '.join(where['flags'])}), all sides in turns in one run, median; "
        f"× is the share of tiny's time. {net}{stages['all_best_ms']} at best. "
        "³ Not among the 2,000 most frequent of jieba's dictionary.",
    ])  # fmt: skip


def _row(title: str, cells: list[str]) -> str:
    return f"| {title} | " + " | ".join(cells) + " |"


def _detection(result: dict[str, Any]) -> list[str]:
    sets = result["sets"]
    return [
        _row(
            f"lines found: {title} ({sets[name][SIDES[0]]['pages']})",
            [f"{r['iou_h']:.3f} / {r['det_h']:.3f}" for r in map(sets[name].get, SIDES)],
        )
        for name, title in TITLES.items()
    ]


def _reading(result: dict[str, Any]) -> list[str]:
    """What is read from end to end: accuracy, time, files, memory."""
    lines = []
    for name in (n for n in TITLES if n in result["sets"]):
        rows = [result["sets"][name][s] for s in READERS]
        lines.append(_row(f"characters read: {TITLES[name]} ({rows[0]['pages']})", [f"{r['read']:.3f}" for r in rows]))
        for kind, title in (("chinese", "their Chinese characters"), ("rare", "the rare ones of these³")):
            if kind in rows[0]:
                lines.append(_row(f"{title} ({rows[0][kind]['chars']})", [f"{r[kind]['read']:.3f}" for r in rows]))
        lines.append(_row("ms a page of these²", [f"{r['ms_median']} ({r['ratio_to_tiny']:.2f} ×)" for r in rows]))
    lines.append(_row("files of both models, MB", [str(result["size_mb"][s]) for s in READERS]))
    return [*lines, _row("memory at most, MB", [str(result["memory_mb"][s]) for s in READERS])]


def _net(result: dict[str, Any]) -> str:
    page = result["page_960x672"]
    times = [f"{page[s]['net_ms']} ms as {s.split()[-1]} ({page[s]['ratio_to_tiny']:.2f} ×)" for s in ("ours float", "ours int8")]
    return f"The detector's net alone takes {' and '.join(times)} for a page of 960 × 672, tiny's {page[SIDES[1]]['net_ms']} ms."


def _complete(result: dict[str, Any], file: str, sides: Sequence[str], sets: Iterable[str], mode: str) -> None:
    """Every cell has its figure."""
    parts = {name: (result["sets"].get(name, {}), f"--sets {name}") for name in sets}
    if not mode:
        parts["page_960x672"] = (result.get("page_960x672", {}), "--speed")
    for part, (rows, remedy) in parts.items():
        lost = [side for side in sides if side not in rows]
        if lost:
            raise CtpnError(f"{file}: no figures of {lost[0]!r} for {part}; measure them with python -m benchmarks.peers{mode} {remedy}")


def updated(text: str) -> str:
    """README with the table of today's results."""
    head, rest = text.split(BEGIN)
    return f"{head}{BEGIN}\n{block()}\n{END}{rest.split(END)[1]}"


def main() -> int:
    """Rewrite README.md. Exit code: 0 written, 1 figures are missing."""
    readme = ROOT / "README.md"
    try:
        text = updated(readme.read_text(encoding="utf-8"))
    except (CtpnError, FileNotFoundError) as e:
        print(f"benchmarks.readme: {e}", file=sys.stderr)
        return 1
    write(readme, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
