"""Write README's table from the stored results: python -m benchmarks.readme (a test checks that it is up to date)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

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
    where = result["environment"]
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
        f"From maps to lines, {stages['proposals']} proposals take {stages['all_median_ms']} ms in numpy.",
    ]
    return "\n".join(lines)


def updated(text: str) -> str:
    """README with the table of today's results."""
    head, rest = text.split(BEGIN)
    return f"{head}{BEGIN}\n{block()}\n{END}{rest.split(END)[1]}"


def main() -> int:
    """Rewrite README.md."""
    readme = ROOT / "README.md"
    readme.write_text(updated(readme.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
