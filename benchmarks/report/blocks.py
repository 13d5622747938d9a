"""What a report is made of, and its two forms: Markdown with pictures beside it, and one HTML page that needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from benchmarks.report.svg import FONT, STYLE, Drawing, themes


@dataclass(frozen=True)
class Heading:
    """A section's title."""

    text: str


@dataclass(frozen=True)
class Text:
    """A paragraph; `code` stands between backticks. Small print if `small`."""

    text: str
    small: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of cells, the first column is text and the others are figures. With a `fold` it is closed until that line is chosen."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    fold: str = ""


@dataclass(frozen=True)
class Figures:
    """Plots side by side as far as the page is wide, by file name."""

    plots: dict[str, Drawing]


Block = Heading | Text | Table | Figures

PAGE = f"""
*{{box-sizing:border-box}}
body{{margin:0 auto;max-width:1112px;padding:16px;font:16px/1.5 {FONT};color:var(--ink);background:var(--back)}}
h1{{font-size:1.6em;line-height:1.2}}h2{{margin-top:2em;padding-bottom:.2em;border-bottom:1px solid var(--grid);line-height:1.25}}
p{{max-width:75ch}}.small{{font-size:.85em;color:var(--soft)}}
code{{font-size:.9em;background:var(--band);padding:.1em .3em;border-radius:4px;overflow-wrap:anywhere}}
nav{{display:flex;flex-wrap:wrap;gap:.3em 1.2em}}a{{color:var(--ours)}}
.figures{{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr));gap:12px;align-items:start;margin:1em 0}}
figure{{margin:0;padding:12px;background:var(--card);border:1px solid var(--grid);border-radius:8px;--back:var(--card)}}
svg{{display:block;width:100%;height:auto;overflow:visible}}
.table{{overflow-x:auto;margin:1em 0}}
table{{border-collapse:collapse;font-size:.85em;font-variant-numeric:tabular-nums}}
th,td{{padding:.35em .7em;text-align:right;white-space:nowrap;border-bottom:1px solid var(--grid)}}
th{{color:var(--soft);font-weight:600;vertical-align:bottom}}th:first-child,td:first-child{{text-align:left;white-space:normal;min-width:9em}}
td.word:first-child{{white-space:nowrap;min-width:0}}td:first-child.long{{min-width:9em}}
td.long:not(:first-child){{text-align:left;white-space:normal;min-width:24em}}
@media (max-width:500px){{th,td{{padding:.35em .4em}}}}
summary{{cursor:pointer;color:var(--ours)}}
"""


def markdown(title: str, blocks: Sequence[Block], folder: str) -> str:
    """Markdown whose pictures lie in `folder`, beside it."""
    return "\n\n".join([f"# {title}", *(_markdown(b, folder) for b in blocks)]) + "\n"


def _markdown(block: Block, folder: str) -> str:
    if isinstance(block, Heading):
        return f"## {block.text}"
    if isinstance(block, Figures):
        return "\n".join(f'<img src="{folder}/{name}.svg" alt="{escape(plot.title)}">' for name, plot in block.plots.items())
    if isinstance(block, Text):
        return f"<sub>{block.text}</sub>" if block.small else block.text
    lines = "\n".join(table_lines(block))
    return f"<details><summary>{escape(block.fold)}</summary>\n\n{lines}\n\n</details>" if block.fold else lines


def table_lines(table: Table) -> list[str]:
    """The lines of a table in Markdown."""
    rows = [[escape(cell, quote=False).replace("|", "\\|") for cell in row] for row in table.rows]
    return [f"| {' | '.join(table.head)} |".replace("|  |", "| |"), "|---" * len(table.head) + "|", *(f"| {' | '.join(r)} |" for r in rows)]


def html(title: str, blocks: Sequence[Block]) -> str:
    """One page that needs no other file and no network."""
    names = [b.text for b in blocks if isinstance(b, Heading)]
    links = "".join(f'<a href="#{anchor(n)}">{escape(n)}</a>' for n in names)
    return "\n".join([
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>\n<style>\n{themes(':root')}{PAGE}{STYLE}\n</style></head><body>",
        f"<h1>{escape(title)}</h1>\n<nav>{links}</nav>", *(line for b in blocks for line in _html(b)), "</body></html>\n",
    ])  # fmt: skip


def _html(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f'<h2 id="{anchor(block.text)}">{escape(block.text)}</h2>'
    elif isinstance(block, Text):
        yield f"<p{' class=small' if block.small else ''}>{_words(block.text)}</p>"
    elif isinstance(block, Figures):
        yield '<div class="figures">'
        yield from (f"<figure>{plot.inline()}</figure>" for plot in block.plots.values())
        yield "</div>"
    else:
        yield from _html_table(block)


def _html_table(table: Table) -> Iterator[str]:
    if table.fold:
        yield f"<details><summary>{escape(table.fold)}</summary>"
    yield '<div class="table"><table>'
    yield f"<tr>{''.join(f'<th>{_words(c)}</th>' for c in table.head)}</tr>"
    yield from (f"<tr>{''.join(_cell(c) for c in row)}</tr>" for row in table.rows)
    yield "</table></div>"
    if table.fold:
        yield "</details>"


def _cell(text: str) -> str:
    kind = " class=long" if len(text) > 36 else "" if " " in text else " class=word"
    return f"<td{kind}>{_words(text)}</td>"


def _words(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


def anchor(heading: str) -> str:
    """The name by which a heading is linked."""
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")
