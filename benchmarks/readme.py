"""Write README's table from the stored results: python -m benchmarks.readme (a test checks that it is up to date)."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from ctpn.errors import CtpnError

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
SIDES = ("ours int8", "ours float", "PP-OCRv6 tiny", "PP-OCRv6 small")


def block() -> str:
    """The lines between README's markers."""
    result = json.loads((RESULTS / "peers.json").read_text(encoding="utf-8"))
    stages = json.loads((RESULTS / "stages.json").read_text(encoding="utf-8"))
    _complete(result)
    where = result["taken"]["page_960x672"]
    lines = [
        "| IoU hmean / DetEval | " + " | ".join(SIDES) + " |",
        "|---" * (len(SIDES) + 1) + "|",
    ]
    for name, title in TITLES.items():
        rows = result["sets"][name]
        pages = rows[SIDES[0]]["pages"]
        cells = [f"{rows[s]['iou_h']:.3f} / {rows[s]['det_h']:.3f}" for s in SIDES]
        lines.append(f"| {title} ({pages}) | " + " | ".join(cells) + " |")
    page = result["page_960x672"]
    lines.append(
        "| net, a page of 960 × 672, ms² | " + " | ".join(f"{page[s]['net_ms']} ({page[s]['ratio_to_tiny']:.2f} ×)" for s in SIDES) + " |"
    )
    lines.append("| file, MB | " + " | ".join(str(result["size_mb"][s]) for s in SIDES) + " |")
    flags = ", ".join(where["flags"])
    lines += [
        "",
        "¹ Annotated by word, while all four find lines. "
        f"² One thread of {where['processor']} ({flags}), all sides in turns in one run; × is the share of PP-OCRv6 tiny's time. "
        f"From maps to lines, {stages['proposals']} proposals take {stages['all_median_ms']} ms in numpy, {stages['all_best_ms']} at best.",
        *_reading(),
    ]
    return "\n".join(lines)


def _reading() -> list[str]:
    """The table of what is read from end to end, once that has been measured."""
    file = RESULTS / "reading.json"
    if not file.exists():
        return []
    result = json.loads(file.read_text(encoding="utf-8"))
    names = list(result["size_mb"])
    lines = ["", "| characters right | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for name in (n for n in TITLES if n in result["sets"]):
        rows = [result["sets"][name][s] for s in names]
        lines.append(f"| {TITLES[name]} ({rows[0]['pages']}) | " + " | ".join(f"{r['read']:.3f}" for r in rows) + " |")
        for kind, title in (("chinese", "their Chinese characters"), ("rare", "the rare ones of these³")):
            if kind in rows[0]:
                lines.append(f"| {title} ({rows[0][kind]['chars']}) | " + " | ".join(f"{r[kind]['read']:.3f}" for r in rows) + " |")
        times = [f"{r['ms_median']} ({r['ratio_to_tiny']:.2f} ×)" for r in rows]
        lines.append("| a page of these, ms, median² | " + " | ".join(times) + " |")
    for title, values in (("files, MB", result["size_mb"]), ("memory at most, MB", result.get("memory_mb", {}))):
        lines += [f"| {title} | " + " | ".join(str(values[s]) for s in names) + " |"] if values else []
    return [*lines, "", "³ Not among the 2,000 most frequent of jieba's dictionary."]


def _complete(result: dict[str, Any]) -> None:
    """Every cell has its figure."""
    for part, rows in (*((name, result["sets"].get(name, {})) for name in TITLES), ("page_960x672", result.get("page_960x672", {}))):
        lost = [side for side in SIDES if side not in rows]
        if lost:
            remedy = "--speed" if part not in TITLES else f"--sets {part}"
            raise CtpnError(f"peers.json: no figures of {lost[0]!r} for {part}; measure them with python -m benchmarks.peers {remedy}")


def updated(text: str) -> str:
    """README with the table of today's results."""
    head, rest = text.split(BEGIN)
    return f"{head}{BEGIN}\n{block()}\n{END}{rest.split(END)[1]}"


def main() -> int:
    """Rewrite README.md. Exit code: 0 written, 1 figures are missing."""
    readme = ROOT / "README.md"
    try:
        text = updated(readme.read_text(encoding="utf-8"))
    except CtpnError as e:
        print(f"benchmarks.readme: {e}", file=sys.stderr)
        return 1
    aside = readme.with_name(f".{readme.name}.{os.getpid()}")
    aside.write_text(text, encoding="utf-8")
    os.replace(aside, readme)
    return 0


if __name__ == "__main__":
    sys.exit(main())
