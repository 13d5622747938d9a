"""The plots of the report, drawn by matplotlib: the same results give the same bytes.

A panel is a function that draws on matplotlib's axes; `plot` sets panels side by side. Text
stays text, so that files are small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO
from math import floor
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import NullFormatter, ScalarFormatter

Panel = Callable[[Axes], None]
COLOURS = {
    "ours": "#0969da", "float": "#54aeff", "tiny": "#bc4c00", "small": "#8250df", "other": "#57606a", "good": "#1a7f37", "bad": "#cf222e",
}  # fmt: skip
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "ctpn", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 8.0, "axes.titlesize": 9.0,
    "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.spines.top": False, "axes.spines.right": False,
    "axes.edgecolor": "#8c959f", "axes.grid": True, "axes.axisbelow": True, "grid.color": "#d8dee4", "grid.linewidth": 0.6,
    "axes.labelcolor": "#57606a", "xtick.color": "#57606a", "ytick.color": "#57606a", "text.color": "#1f2328",
    "legend.frameon": False, "figure.facecolor": "white",
}  # fmt: skip
LEGEND = 0.3  # inches above the panels


@dataclass(frozen=True)
class Plot:
    """A figure, and its description for those who cannot see it."""

    alt: str
    figure: Figure

    def svg(self) -> str:
        """The text of its SVG file."""
        out = StringIO()
        with matplotlib.rc_context(STYLE):
            self.figure.savefig(out, format="svg", metadata={"Date": None, "Creator": f"Matplotlib {matplotlib.__version__}"})
        return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


@dataclass(frozen=True)
class Mark:
    """A named value.

    Attributes:
        colour: a key of COLOURS.
        low, high: how far it spreads, if it does.
        note: the value in words.
    """

    label: str
    colour: str
    value: float
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Series:
    """Values from left to right, None where there is none.

    Attributes:
        low, high: the spread around them, if any.
        sparse: which values come from few samples; their markers are hollow.
    """

    label: str
    colour: str
    values: Sequence[float | None]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    sparse: Sequence[bool] = ()


def plot(
    alt: str,
    panels: Sequence[Panel],
    *,
    columns: int = 1,
    size: tuple[float, float] = (7.4, 2.6),
    margins: tuple[float, float, float, float] = (0.64, 0.12, 0.55, 0.3),
    legend: Sequence[tuple[str, str]] = (),
) -> Plot:
    """Panels in rows of `columns`.

    Args:
        alt: what it shows.
        size: width and height of a panel with its margins, inches.
        margins: left, right, bottom and top of each panel, for its labels and title, inches.
        legend: colour and name, above all panels.
    """
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    above = LEGEND if legend else 0.0
    width, height = columns * size[0], rows * size[1] + above
    left, right, bottom, top = margins
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height))
        FigureCanvasSVG(figure)
        for i, panel in enumerate(panels):
            x, y = (i % columns) * size[0] + left, (rows - 1 - i // columns) * size[1] + bottom
            inside = (size[0] - left - right, size[1] - bottom - top)
            panel(figure.add_axes((x / width, y / height, inside[0] / width, inside[1] / height)))
        if legend:
            handles = [Patch(color=COLOURS[colour], label=name) for colour, name in legend]
            figure.legend(handles=handles, loc="upper left", ncols=len(handles), handlelength=1.0)
    return Plot(alt, figure)


def scatter(title: str, marks: Sequence[Mark], values: Sequence[float], *, x_name: str, y_name: str) -> Panel:
    """Marks at (mark.value on a logarithmic axis, value from a little below the lowest to 1): the upper left is best."""

    def draw(axes: Axes) -> None:
        axes.set_xscale("log")
        axes.set_xlim(min(m.value for m in marks) / 1.7, max(m.value for m in marks) * 1.7)
        axes.set_ylim(max(0.0, floor(10 * min(values) - 0.5) / 10), 1.0)
        for mark, value in zip(marks, values, strict=True):
            axes.scatter([mark.value], [value], s=42, color=COLOURS[mark.colour], zorder=3, clip_on=False)
            below = value > axes.get_ylim()[1] - 0.15 * (axes.get_ylim()[1] - axes.get_ylim()[0])
            offset, side = ((0.0, -7.0), "top") if below else ((0.0, 7.0), "bottom")
            axes.annotate(f"{value:.3f}", (mark.value, value), offset, textcoords="offset points", ha="center", va=side)
        _plain_ticks(axes.xaxis, (1, 2, 5))
        _label(axes, title, x_name, y_name)

    return draw


def bars(title: str, rows: Sequence[Sequence[Mark]], *, x_name: str) -> Panel:
    """Rows of one bar or several, the first row on top; a thin line reaches to `high`.

    The label and the note of a row are those of its first mark.
    """

    def draw(axes: Axes) -> None:
        widest = max(m.high or m.value for row in rows for m in row) or 1.0
        for i, row in enumerate(rows):
            height = 0.76 / len(row)
            for k, mark in enumerate(row):
                y = i - 0.38 + height * (k + 0.5)
                axes.barh(y, mark.value, height, color=COLOURS[mark.colour])
                if mark.high is not None and mark.high > mark.value:
                    axes.plot([mark.value, mark.high], [y, y], color=COLOURS[mark.colour], linewidth=1.0)
            end = max(m.high or m.value for m in row)
            axes.annotate(row[0].note, (end, i), (4, 0), textcoords="offset points", va="center")
        axes.set_xlim(0, 1.32 * widest)
        _row_labels(axes, [row[0].label for row in rows])
        _label(axes, title, x_name)

    return draw


def magnitudes(title: str, marks: Sequence[Mark], *, limit: float, x_name: str) -> Panel:
    """One dot per row on a logarithmic axis, and a dashed line at the limit; a value of 0 lies at the left end."""

    def draw(axes: Axes) -> None:
        positive = [limit, *(m.value for m in marks if m.value > 0)]
        low, high = min(positive) / 5, max(positive) * 50
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        axes.axvline(limit, color=COLOURS["bad"], linewidth=1.0, linestyle="--")
        for i, mark in enumerate(marks):
            axes.scatter([max(mark.value, low)], [i], s=24, color=COLOURS[mark.colour], zorder=3, clip_on=False)
            background = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
            axes.annotate(mark.note, (max(mark.value, low), i), (7, 0), textcoords="offset points", va="center", bbox=background)
        _row_labels(axes, [m.label for m in marks])
        _label(axes, title, x_name)

    return draw


def ranges(title: str, marks: Sequence[Mark], *, x_name: str) -> Panel:
    """One value per row with its spread from `low` to `high`; the spread of the first row is a band behind all rows."""

    def draw(axes: Axes) -> None:
        first = marks[0]
        axes.axvspan(first.low or first.value, first.high or first.value, color="#eef1f4")
        for i, mark in enumerate(marks):
            low, high = mark.low or mark.value, mark.high or mark.value
            axes.plot([low, high], [i, i], color=COLOURS[mark.colour], linewidth=1.5)
            axes.scatter([mark.value], [i], s=24, color=COLOURS[mark.colour], zorder=3)
            axes.annotate(mark.note, (high, i), (6, 0), textcoords="offset points", va="center")
        lowest, highest = min(m.low or m.value for m in marks), max(m.high or m.value for m in marks)
        span = (highest - lowest) or 1.0
        axes.set_xlim(lowest - 0.05 * span, highest + 0.35 * span)
        _row_labels(axes, [m.label for m in marks])
        _label(axes, title, x_name)

    return draw


def by_bin(title: str, edges: Sequence[str], series: Sequence[Series], *, x_name: str, y_name: str) -> Panel:
    """Fractions from 0 to 1 by bin; `edges` name the borders between the bins, one fewer than there are bins."""

    def draw(axes: Axes) -> None:
        for one in reversed(series):  # the first lies on top
            colour = COLOURS[one.colour]
            points = [(i + 0.5, v, bool(one.sparse) and one.sparse[i]) for i, v in enumerate(one.values) if v is not None]
            axes.plot([x for x, _, _ in points], [y for _, y, _ in points], color=colour, linewidth=1.5)
            for x, y, sparse in points:
                axes.scatter([x], [y], s=18, facecolor="white" if sparse else colour, edgecolor=colour, zorder=3, clip_on=False)
        axes.set_xlim(0, len(edges) + 1)
        axes.set_ylim(0, 1)
        axes.set_xticks(range(1, len(edges) + 1), edges)
        _label(axes, title, x_name, y_name)

    return draw


def curves(title: str, series: Sequence[Series], *, x_name: str, y_name: str) -> Panel:
    """Lines over the same steps on a logarithmic scale, with their spread as a band."""

    def draw(axes: Axes) -> None:
        axes.set_yscale("log")
        handles = []
        for one in reversed(series):
            colour, values = COLOURS[one.colour], [v for v in one.values if v is not None]
            steps = [i / max(1, len(values) - 1) for i in range(len(values))]
            if one.low:
                axes.fill_between(steps, one.low, one.high, color=colour, alpha=0.16, linewidth=0)
            axes.plot(steps, values, color=colour, linewidth=1.5)
            handles.append(Line2D([], [], color=colour, label=one.label))
        axes.set_xlim(0, 1)
        axes.set_xticks([])
        axes.legend(handles=handles[::-1], loc="upper right")
        _plain_ticks(axes.yaxis, (1, 1.5, 2, 3, 5, 7))
        _label(axes, title, x_name, y_name)

    return draw


def _plain_ticks(axis: matplotlib.axis.Axis, digits: Sequence[float]) -> None:
    """Ticks of a logarithmic axis as plain numbers: 1, 2, 5, 10 …"""
    low, high = axis.get_view_interval()
    ticks = [d * 10.0**p for p in range(-6, 8) for d in digits]
    axis.set_ticks([t for t in ticks if low <= t <= high])
    formatter = ScalarFormatter()
    formatter.set_scientific(False)
    axis.set_major_formatter(formatter)
    axis.set_minor_formatter(NullFormatter())
    axis.set_tick_params(which="minor", length=0)


def _row_labels(axes: Axes, labels: Sequence[str]) -> None:
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0, labelcolor="#1f2328")
    axes.grid(visible=False, axis="y")


def _label(axes: Axes, title: str, x_name: str, y_name: str = "") -> None:
    axes.set_title(title, pad=6, parse_math=False)  # names of devices come from outside
    axes.set_xlabel(x_name)
    axes.set_ylabel(y_name)
