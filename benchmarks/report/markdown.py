"""The parts of a report, and their Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from benchmarks.report.plots import Plot


@dataclass(frozen=True)
class Heading:
    """The title of a section."""

    text: str


@dataclass(frozen=True)
class Text:
    """A paragraph of Markdown; in small print if `small`."""

    text: str
    small: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of plain text. A table with a `summary` is folded: it opens when its summary line is chosen."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    summary: str = ""


@dataclass(frozen=True)
class Plots:
    """Plots by the stem of their file name."""

    plots: dict[str, Plot]


Block = Heading | Text | Table | Plots


def markdown(title: str, blocks: Sequence[Block], folder: str) -> str:
    """The page; the files of its plots lie in `folder`, beside it."""
    return "\n\n".join([f"# {title}", *(_markdown(b, folder) for b in blocks)]) + "\n"


def _markdown(block: Block, folder: str) -> str:
    if isinstance(block, Heading):
        return f"## {block.text}"
    if isinstance(block, Plots):
        return "\n".join(f'<img src="{folder}/{name}.svg" alt="{escape(plot.alt)}">' for name, plot in block.plots.items())
    if isinstance(block, Text):
        return f"<sub>{block.text}</sub>" if block.small else block.text
    lines = "\n".join(table_lines(block))
    return f"<details><summary>{escape(block.summary)}</summary>\n\n{lines}\n\n</details>" if block.summary else lines


def table_lines(table: Table) -> list[str]:
    """The lines of a table."""
    rows = [[escape(cell, quote=False).replace("|", "\\|") for cell in row] for row in table.rows]
    return [f"| {' | '.join(table.head)} |".replace("|  |", "| |"), "|---" * len(table.head) + "|", *(f"| {' | '.join(r)} |" for r in rows)]
