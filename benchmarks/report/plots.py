"""The kinds of plots that the report has; each takes figures and gives a Drawing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil, floor, log10

from benchmarks.report.svg import WIDTH, Drawing, wide

LEFT, RIGHT, TOP = 30, 8, 46  # of the area inside the axes
Scale = Callable[[float], float]
Place = tuple[float, float, float]  # of a label: its middle, base line and half its width


@dataclass(frozen=True)
class Mark:
    """A value among others.

    Attributes:
        label: its name.
        kind: its colour, one of svg.SERIES.
        value: a number.
        low, high: how far it spreads.
        note: the value in words.
    """

    label: str
    kind: str
    value: float
    low: float = 0.0
    high: float = 0.0
    note: str = ""


@dataclass(frozen=True)
class Series:
    """A line: values from left to right, None where there is none.

    Attributes:
        low, high: the spread around it, if any.
        sparse: which values stand on little and are drawn hollow.
    """

    label: str
    kind: str
    values: Sequence[float | None]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    sparse: Sequence[bool] = ()


def scatter(title: str, marks: Sequence[Mark], values: Sequence[float], *, x_name: str, y_name: str) -> Drawing:
    """Marks at (mark.value, logarithmic; values, up to 1 from a little below the least): the upper left is best."""
    drawing, bottom = Drawing(title, 236), 200.0
    low, high = min(m.value for m in marks) / 1.7, max(m.value for m in marks) * 1.7
    x = _logarithmic(low, high, LEFT, WIDTH - RIGHT)
    y = _shares(drawing, bottom, y_name, least=max(0.0, floor(10 * min(values) - 0.5) / 10))
    for tick in (t for t in _steps(low, high) if low <= t <= high):
        drawing.line(x(tick), TOP, x(tick), bottom)
        drawing.text(x(tick), bottom + 14, f"{tick:g}", "tick", "middle")
    drawing.text(WIDTH - RIGHT, bottom + 30, x_name, "tick", "end")
    dots = [(x(mark.value), y(value)) for mark, value in zip(marks, values, strict=True)]
    labels = [f"{mark.label} {value:.3f}" for mark, value in zip(marks, values, strict=True)]
    for mark, dot, label, place in zip(marks, dots, labels, _free(dots, [wide(label) / 2 for label in labels]), strict=True):
        drawing.dot(*dot, mark.kind, 5.5)
        drawing.text(*place[:2], label, anchor="middle")
    return drawing


def _free(dots: Sequence[tuple[float, float]], halves: Sequence[float]) -> Sequence[Place]:
    """Where the labels of dots stand: above, below, left or right of each, such that the fewest lie on another or on a dot."""

    def overlaps(places: Sequence[Place]) -> int:
        taken = [*places, *((px, py + 4, 5.5) for px, py in dots)]
        pairs = ((a, b) for i, a in enumerate(places) for b in taken[i + 1 :])
        return sum(abs(a[1] - b[1]) < 13 and abs(a[0] - b[0]) < a[2] + b[2] for a, b in pairs)

    return min(product(*(_around(*dot, half) for dot, half in zip(dots, halves, strict=True))), key=overlaps)


def _around(px: float, py: float, half: float) -> list[Place]:
    middle = min(max(px, LEFT + half), WIDTH - half)
    beside = [side for side in (px - half - 8, px + half + 8) if LEFT + half <= side <= WIDTH - half]
    return [(middle, py - 9, half), (middle, py + 18, half), *((side, py + 4, half) for side in beside)]


def bars(title: str, rows: Sequence[Sequence[Mark]], *, legend: Sequence[tuple[str, str]] = ()) -> Drawing:
    """Each row a name, what it is in words, and below it a bar or several; a thin line shows how far a value spreads to `high`."""
    begin = TOP if legend else 26
    drawing = Drawing(title, begin + sum(_height(row) for row in rows))
    drawing.legend(34, list(legend))
    longest, y = max(max(m.value, m.high) for row in rows for m in row) or 1.0, float(begin)
    for row in rows:
        drawing.text(0, y + 10, row[0].label)
        drawing.text(WIDTH, y + 10, row[0].note, "soft", "end")
        for i, mark in enumerate(row):
            top = y + 15 + 8 * i
            drawing.bar(0, top, max(1.0, WIDTH * mark.value / longest), 7, mark.kind)
            if mark.high > mark.value:
                drawing.line(WIDTH * mark.value / longest, top + 3.5, WIDTH * mark.high / longest, top + 3.5, f"{mark.kind} line")
        y += _height(row)
    return drawing


def _height(row: Sequence[Mark]) -> float:
    return 24 + 8 * len(row)


def magnitudes(title: str, marks: Sequence[Mark], *, limit: float, limit_name: str) -> Drawing:
    """Dots on a logarithmic track each, and a limit; a value of 0 lies at the left end."""
    bottom = 44 + 30 * len(marks)
    drawing = Drawing(title, bottom + 34)
    seen = [m.value for m in marks if m.value > 0] or [limit]
    low, high = 10.0 ** floor(log10(min(*seen, limit) / 2)), 10.0 ** ceil(log10(max(*seen, limit) * 2))
    x = _logarithmic(low, high, 6, WIDTH - 6)
    for power in range(round(log10(low)), round(log10(high)) + 1):
        drawing.line(x(10.0**power), 30, x(10.0**power), bottom)
        if power % 2 == 0:
            drawing.text(x(10.0**power), bottom + 14, f"1e{power}" if power else "1", "tick", "middle")
    drawing.line(x(limit), 30, x(limit), bottom, "limit")
    drawing.text(x(limit), bottom + 28, limit_name, "tick", "middle")
    for i, mark in enumerate(marks):
        y = 44 + 30 * i
        drawing.text(0, y, mark.label)
        drawing.text(WIDTH, y, mark.note, "soft", "end")
        drawing.dot(x(max(mark.value, low)), y + 10, mark.kind)
    return drawing


def ranges(title: str, marks: Sequence[Mark]) -> Drawing:
    """Each value with how far it spreads, from `low` to `high`; the first one's spread is a band behind all."""
    bottom = 32 + 30 * len(marks)
    drawing = Drawing(title, bottom + 18)
    x, ticks = _linear(min(m.low for m in marks), max(m.high for m in marks), 6, WIDTH - 6)
    drawing.bar(x(marks[0].low), 26, max(1.5, x(marks[0].high) - x(marks[0].low)), bottom - 26, "band")
    for tick in ticks:
        drawing.line(x(tick), 26, x(tick), bottom)
        drawing.text(x(tick), bottom + 14, f"{tick:g}", "tick", "middle")
    for i, mark in enumerate(marks):
        y = 42 + 30 * i
        drawing.text(0, y, mark.label)
        drawing.text(WIDTH, y, mark.note, "soft", "end")
        drawing.line(x(mark.low), y + 9, x(mark.high), y + 9, f"{mark.kind} line")
        drawing.dot(x(mark.value), y + 9, mark.kind)
    return drawing


def by_bin(title: str, edges: Sequence[str], series: Sequence[Series], *, x_name: str, y_name: str) -> Drawing:
    """Shares from 0 to 1 by bin; `edges` name the borders between the bins, one fewer than there are bins."""
    drawing, bottom = Drawing(title, 236), 200.0
    y = _shares(drawing, bottom, "")
    step = (WIDTH - LEFT - RIGHT) / (len(edges) + 1)
    for i, edge in enumerate(edges):
        drawing.line(LEFT + step * (i + 1), TOP, LEFT + step * (i + 1), bottom)
        drawing.text(LEFT + step * (i + 1), bottom + 14, edge, "tick", "middle")
    drawing.text(WIDTH - RIGHT, bottom + 30, f"{y_name}, by {x_name}", "tick", "end")
    for one in reversed(series):  # the first lies on top
        places = [(LEFT + step * (i + 0.5), y(v), i) for i, v in enumerate(one.values) if v is not None]
        drawing.path([(px, py) for px, py, _ in places], f"{one.kind} line")
        for px, py, i in places:
            hollow = bool(one.sparse) and one.sparse[i]
            drawing.dot(px, py, f"{one.kind} hollow" if hollow else one.kind, 3.5)
    _legend_above(drawing, series)
    return drawing


def curves(title: str, series: Sequence[Series], *, x_name: str, y_name: str) -> Drawing:
    """Lines over the same steps on a logarithmic scale, with their spread as a veil."""
    drawing, bottom = Drawing(title, 206), 170.0
    everything = [v for one in series for v in (*one.values, *one.low, *one.high) if v is not None]
    low, high = min(everything) / 1.05, max(everything) * 1.05
    y = _logarithmic(low, high, bottom, TOP + 4)
    for tick in (t for t in _steps(low, high, (1, 1.5, 2, 3, 5, 7)) if low <= t <= high):
        drawing.line(LEFT, y(tick), WIDTH - RIGHT, y(tick))
        drawing.text(LEFT - 5, y(tick) + 4, f"{tick:.3g}", "tick", "end")
    drawing.text(WIDTH - RIGHT, bottom + 16, x_name, "tick", "end")
    drawing.text(LEFT, bottom + 16, y_name, "tick")
    for one in reversed(series):
        middle, under, over = (_places(row, y) for row in (one.values, one.low, one.high))
        if under:
            drawing.path([*over, *under[::-1]], f"{one.kind} veil")
        drawing.path(middle, f"{one.kind} line")
    _legend_above(drawing, series)
    return drawing


def _places(values: Sequence[float | None], y: Scale) -> list[tuple[float, float]]:
    """Values at even steps over the whole width."""
    step = (WIDTH - LEFT - RIGHT) / max(1, len(values) - 1)
    return [(LEFT + step * i, y(v)) for i, v in enumerate(values) if v is not None]


def _legend_above(drawing: Drawing, series: Sequence[Series]) -> None:
    drawing.legend(34, [(one.kind, one.label) for one in series])


def _shares(drawing: Drawing, bottom: float, name: str, *, least: float = 0.0) -> Scale:
    """The axis of values from `least`, a number of tenths, to 1."""
    y = _straight(least, 1.0, bottom, TOP + 4)
    step = next(s for s in (2, 5, 10, 20) if 100 * (1 - least) <= 5.01 * s)
    for hundredth in range(100, round(100 * least) - 1, -step):
        drawing.line(LEFT, y(hundredth / 100), WIDTH - RIGHT, y(hundredth / 100))
        drawing.text(LEFT - 5, y(hundredth / 100) + 4, f"{hundredth / 100:g}", "tick", "end")
    if name:
        drawing.text(0, 29, name, "tick")
    return y


def _straight(low: float, high: float, begin: float, end: float) -> Scale:
    return lambda value: begin + (end - begin) * (value - low) / (high - low)


def _linear(low: float, high: float, begin: float, end: float) -> tuple[Scale, list[float]]:
    """A scale a little wider than the values, and its ticks."""
    span = (high - low) or 1.0
    step = next(s for s in (m * 10.0**p for p in range(-6, 7) for m in (1, 2, 5)) if span / s <= 5)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return _straight(first * step, max(last, first + 1) * step, begin, end), [round(k * step, 9) for k in range(first, last + 1)]


def _logarithmic(low: float, high: float, begin: float, end: float) -> Scale:
    return lambda value: begin + (end - begin) * (log10(value) - log10(low)) / (log10(high) - log10(low))


def _steps(low: float, high: float, digits: Sequence[float] = (1, 2, 5)) -> list[float]:
    """1, 2, 5, 10 … around a range."""
    return [m * 10.0**p for p in range(floor(log10(low)), ceil(log10(high)) + 1) for m in digits]
