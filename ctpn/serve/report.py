"""The page of the phones' times: by device, bundle and stage."""

from __future__ import annotations

import io
import json
import threading
from collections import defaultdict
from dataclasses import dataclass
from html import escape

import numpy as np
from matplotlib.figure import Figure
from sqlalchemy import Engine

from ctpn.contract.phone import PhoneResult, summary
from ctpn.serve.database import benchmarks
from ctpn.stage_timer import STAGES

PAGE = 500  # benchmarks that are fetched at once
MAX_ROWS = 60  # groups that are shown, those with the latest benchmarks
STYLE = """body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums } th, td { padding: .3rem .6rem; text-align: right }
th:first-child, td:first-child { text-align: left } tr:nth-child(even) { background: #8881 } svg { max-width: 100%; height: auto }
@media (prefers-color-scheme: dark) { body { background: #161618; color: #eee } svg { background: #fff } }"""
COLOURS = ("#7b8ea8", "#a3b18a", "#d1495b", "#edae49", "#8ac6d0", "#00798c", "#5b4b8a")


@dataclass(frozen=True)
class Group:
    """The benchmarks of one device with one bundle.

    Attributes:
        name: the device and the bundle's version.
        count: how many there are.
        times: milliseconds of each stage and of `whole`: the median of the benchmarks' medians; `p90` likewise.
    """

    name: str
    count: int
    times: dict[str, float]


class Report:
    """Makes the page again only when there are new benchmarks."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._lock = engine, threading.Lock()
        self._found: dict[str, list[dict[str, float]]] = {}
        self._after, self._page = 0, ""

    def page(self) -> str:
        """The HTML page; it loads nothing from elsewhere."""
        with self._lock:
            if self._fetch() or not self._page:
                groups = [_group(name, rows) for name, rows in self._found.items()][-MAX_ROWS:]
                self._page = _html(groups, sum(map(len, self._found.values())))
            return self._page

    def _fetch(self) -> bool:
        """Add the benchmarks that have come since; whether there are any."""
        before = self._after
        while rows := benchmarks(self._engine, self._after, PAGE):
            for row in rows:
                data: PhoneResult = json.loads(row.document)
                name = f"{data['device']['model'] or 'unknown'} · {data['app']['name']} · {data['bundle']['version']}"
                name += f" ({row.manifest[:8]}) · {data['runtime']['provider']} × {data['runtime']['threads']}"
                times = self._found.pop(name, [])  # the latest are last
                self._found[name] = [*times, summary(data)]
            self._after = rows[-1].number
        return self._after > before


def _group(name: str, rows: list[dict[str, float]]) -> Group:
    columns: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        for key, value in row.items():
            columns[key].append(value)
    return Group(name, len(rows), {key: float(np.median(values)) for key, values in columns.items()})


def _html(groups: list[Group], count: int) -> str:
    head = "".join(f"<th>{name}</th>" for name in ("device · app · bundle · runtime", "runs", *STAGES, "whole", "p90"))
    rows = "".join(_row(group) for group in groups)
    body = f"{_plot(groups)}<table><tr>{head}</tr>{rows}</table>" if groups else "<p>No benchmark has come yet.</p>"
    about = f"{count} benchmarks. Milliseconds of a reading of the golden case: medians of each run, then of the runs."
    title = "Times on phones"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
        f"<style>{STYLE}</style><h1>{title}</h1><p>{about}</p>{body}</html>"
    )


def _row(group: Group) -> str:
    times = "".join(f"<td>{group.times[name]:.1f}</td>" for name in (*STAGES, "whole", "p90"))
    return f"<tr><td>{escape(group.name)}</td><td>{group.count}</td>{times}</tr>"


def _plot(groups: list[Group]) -> str:
    """A bar for each group, made of its stages, as SVG."""
    figure = Figure((10, 1.2 + 0.32 * len(groups)), layout="constrained")
    axes = figure.subplots()
    names = [group.name.replace("$", r"\$") for group in groups]  # or matplotlib takes it for maths
    left = np.zeros(len(groups))
    for stage, colour in zip(STAGES, COLOURS, strict=True):
        widths = np.array([group.times[stage] for group in groups])
        axes.barh(names, widths, left=left, color=colour, label=stage, height=0.7)
        left += widths
    axes.invert_yaxis()
    axes.set_xlabel("ms")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=len(STAGES), frameon=False)
    out = io.StringIO()
    figure.savefig(out, format="svg")
    return out.getvalue()[out.getvalue().index("<svg") :]
