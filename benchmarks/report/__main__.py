"""Turn the stored results into docs/report.md, docs/report.html and README's table: python -m benchmarks.report

Takes the JSON files of benchmarks/results, and those of benchmarks/results/phones that the demo apps wrote (docs/phone.md).
What has not been measured yet is named with the command that measures it. The same results give the same bytes; a test checks
that the committed report is the one of the committed results.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.report import proofs, speed
from benchmarks.report.blocks import Block, Figures, Heading, Text, html, markdown
from benchmarks.report.headline import headline, updated
from benchmarks.report.stored import COMMANDS, Results
from ctpn import command
from ctpn.files import write

ROOT = Path(__file__).parents[2]
RESULTS, DOCS, README = ROOT / "benchmarks" / "results", ROOT / "docs", ROOT / "README.md"
TITLE = "What was measured"
SECTIONS: tuple[tuple[str, str, Callable[[dict[str, Any]], list[Block]]], ...] = (
    ("Reading: accuracy against latency", "reading", speed.reading),
    ("Detection: accuracy against latency", "peers", speed.detection),
    ("Nets and runtimes", "latency", speed.nets),
    ("Stages of the reader", "latency", speed.stages),
    ("From maps to lines", "stages", speed.full_page),
    ("Parity of the formats", "parity", proofs.parity),
    ("On ARM", "arm", proofs.arm),
    ("Lines confirmed by their text", "confirmation_sweep", proofs.confirmation_sweep),
    ("Long lines", "longlines", proofs.longlines),
    ("The original's findings", "findings", proofs.findings),
)


def report(stored: Results) -> list[Block]:
    """The whole report.

    Raises:
        CtpnError: a result is not as its command writes it.
    """
    blocks = headline(stored) if all(name in stored.data for name in ("peers", "reading", "stages")) else []
    for title, name, section in SECTIONS:
        blocks += [Heading(title), *_section(stored, name, section)]
    told = (
        speed.phones(stored.phones) if stored.phones else [Text("Not measured yet: an app's benchmark mode writes it (`docs/phone.md`).")]
    )
    return [*blocks, Heading("On phones"), *told]


def _section(stored: Results, name: str, section: Callable[[dict[str, Any]], list[Block]]) -> list[Block]:
    if name not in stored.data:
        return [Text(f"Not measured yet: `{COMMANDS[name]}`.")]
    with stored.shown(name):
        return section(stored.data[name])


def files(stored: Results) -> dict[str, str]:
    """The report's files by their place in docs/."""
    blocks = report(stored)
    plots = {name: plot for b in blocks if isinstance(b, Figures) for name, plot in b.plots.items()}
    return {
        "report.md": markdown(TITLE, blocks, "report"), "report.html": html(TITLE, blocks),
        **{f"report/{name}.svg": plot.file() for name, plot in plots.items()},
    }  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 written, 1 a result is damaged, or README's figures have not been measured; usage errors exit 2."""
    command.parser("benchmarks.report", __doc__).parse_args(argv)
    return command.finish("benchmarks.report", written)


def written() -> str:
    """Write all of it; what was written, in a line."""
    stored = Results(RESULTS)
    new = files(stored)
    for name, text in new.items():
        write(DOCS / name, text)
    for old in (DOCS / "report").glob("*.svg"):
        if f"report/{old.name}" not in new:
            old.unlink()
    write(README, updated(README.read_text(encoding="utf-8"), headline(stored)))
    return f"{DOCS / 'report.html'}: {len(new) - 2} plots, {len(new['report.html']) / 1000:.0f} kB"


if __name__ == "__main__":
    sys.exit(main())
