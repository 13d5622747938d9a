"""Fixed-width proposals, as the stages pass them on, and which of them overlap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass(frozen=True)
class Proposals:
    """N fixed-width text proposals, in the order of their cells (row, column, anchor).

    Attributes:
        boxes_net: float32 [N, 4], (x0, y0, x1, y1); x0 and x1 are the borders of the column.
        scores: float32 [N], text probability.
        columns: int64 [N], column of the grid.
        ends_net: float32 [N, 2], left and right end of the text if it starts or ends here.
        links: float32 [N], probability that the column to the right belongs to the same line.
    """

    boxes_net: F32
    scores: F32
    columns: I64
    ends_net: F32
    links: F32

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, index: I64) -> Proposals:
        """The proposals `index` int64 [M], in that order."""
        boxes, ends = self.boxes_net.take(index, 0), self.ends_net.take(index, 0)  # for rows much faster than [index]
        return Proposals(boxes, self.scores[index], self.columns[index], ends, self.links[index])


def overlapping(columns_a: I64, spans_a: F32, columns_b: I64, spans_b: F32) -> tuple[I64, I64]:
    """All pairs (a, b) of the same column whose spans overlap, each once, without comparing all with all.

    Two spans overlap when one of them begins inside the other, and what begins inside a span stands together
    when sorted by (column, top). Of two that begin together b is found from a.

    Args:
        columns_a: int64 [A]; spans_a: float32 [A, 2], top < bottom; likewise b. Fastest when both are sorted
            by (column, top).

    Returns:
        int64 [P], int64 [P]: indices into a and b, in no promised order.
    """
    if not len(spans_a) or not len(spans_b):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    on_a, on_b = on_one_axis((columns_a, spans_a), (columns_b, spans_b))
    a, b = _begins_inside(on_a, on_b[0], "left")
    b2, a2 = _begins_inside(on_b, on_a[0], "right")
    return np.concatenate([a, a2]), np.concatenate([b, b2])


def on_one_axis(*sets: tuple[I64, F32]) -> list[F64]:
    """Tops and bottoms of each set of (columns [N], spans [N, 2]) on one axis that keeps columns apart: float64 [2, N] each."""
    low = min(float(spans.min(initial=0)) for _, spans in sets)
    step = max(float(spans.max(initial=0)) for _, spans in sets) - low + 1.0
    return [columns * step + (spans.T - low) for columns, spans in sets]


def _begins_inside(spans: F64, tops: F64, side: Literal["left", "right"]) -> tuple[I64, I64]:
    """Pairs (i, j) on one axis: tops[j] lies in spans[:, i], whose upper border counts with `left` and not with `right`."""
    order = np.argsort(tops, kind="stable")  # quick for what is nearly sorted
    tops = tops[order]
    first = np.searchsorted(tops, spans[0], side)
    i, place = ranges(first, np.searchsorted(tops, spans[1], "left"))
    return i, order[place]


def ranges(first: I64, end: I64) -> tuple[I64, I64]:
    """Pairs (i, j) with first[i] <= j < end[i], by i and j."""
    count = np.maximum(end - first, 0)
    i = np.repeat(np.arange(len(count)), count)
    return i, np.arange(len(i)) + (first - (np.cumsum(count) - count))[i]
