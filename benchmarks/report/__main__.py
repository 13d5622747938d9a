"""Turn the stored results into docs/report.md, its plots and README's table: python -m benchmarks.report

Reads the JSON files of benchmarks/results, and those in benchmarks/results/phones that the demo apps wrote (docs/phone.md). A result
that is missing is named with the command that measures it. The same results give the same bytes; a test checks that the committed
report is that of the committed results.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.report import sections
from benchmarks.report.headline import headline, updated
from benchmarks.report.markdown import Block, Heading, Plots, Text, markdown
from benchmarks.report.results import COMMANDS, StoredResults
from ctpn import command
from ctpn.files import write

ROOT = Path(__file__).parents[2]
RESULTS, DOCS, README = ROOT / "benchmarks" / "results", ROOT / "docs", ROOT / "README.md"
TITLE = "Measurements"
SECTIONS: tuple[tuple[str, str, Callable[[Any], list[Block]]], ...] = (  # each takes the type that its command stores
    ("Reading: accuracy against time", "reading", sections.reading),
    ("Reading by kind of page", "kinds", sections.kinds),
    ("Detection: accuracy against time", "peers", sections.detection),
    ("Models and runtimes", "latency", sections.models),
    ("Stages of the reader", "latency", sections.stages),
    ("From maps to lines", "stages", sections.postprocessing),
    ("Stages in each language", "languages", sections.languages),
    ("Parity of the formats", "parity", sections.parity),
    ("On ARM", "arm", sections.arm),
    ("Lines confirmed by their text", "confirmation_sweep", sections.confirmation_sweep),
    ("What a text's score says", "calibration", sections.calibration),
    ("Long lines", "longlines", sections.longlines),
    ("The backend under load", "service", sections.service),
    ("Bulk reading", "bulk", sections.bulk),
    ("Findings of the original", "findings", sections.findings),
)


def report(stored: StoredResults) -> list[Block]:
    """The whole report.

    Raises:
        CtpnError: a result is not as its command writes it.
    """
    blocks = headline(stored) if all(name in stored.data for name in ("peers", "reading", "stages")) else []
    for title, name, section in SECTIONS:
        blocks += [Heading(title), *_section(stored, name, section)]
    missing: list[Block] = [Text("Not measured yet: the benchmark mode of an app writes it (`docs/phone.md`).")]
    return [*blocks, Heading("On phones"), *(sections.phones(stored.phones) if stored.phones else missing)]


def _section(stored: StoredResults, name: str, section: Callable[[Any], list[Block]]) -> list[Block]:
    if name not in stored.data:
        return [Text(f"Not measured yet: `{COMMANDS[name]}`.")]
    with stored.checked(name):
        return section(stored.data[name])


def files(stored: StoredResults) -> dict[str, str]:
    """The report's files by their place in docs/."""
    blocks = report(stored)
    plots = {name: plot for b in blocks if isinstance(b, Plots) for name, plot in b.plots.items()}
    return {"report.md": markdown(TITLE, blocks, "report"), **{f"report/{name}.svg": plot.svg() for name, plot in plots.items()}}


def write_report() -> str:
    """Write all files, remove plots that are no longer part of it; what was written, in a line."""
    stored = StoredResults(RESULTS)
    new = files(stored)
    for name, text in new.items():
        write(DOCS / name, text)
    for old in (DOCS / "report").glob("*.svg"):
        if f"report/{old.name}" not in new:
            old.unlink()
    write(README, updated(README.read_text(encoding="utf-8"), headline(stored)))
    return f"{DOCS / 'report.md'}: {len(new) - 1} plots, {sum(map(len, new.values())) / 1000:.0f} kB"


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 written, 1 a result is damaged, or the metrics of README's table are missing; usage errors exit 2."""
    command.parser("benchmarks.report", __doc__).parse_args(argv)
    return command.run("benchmarks.report", write_report)


if __name__ == "__main__":
    sys.exit(main())
