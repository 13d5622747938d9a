"""What travels between the stages: fixed-width proposals, and which of them overlap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]


@dataclass(frozen=True)
class Proposals:
    """N fixed-width pieces of text, in the order of their cells (row, column, anchor).

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
        return Proposals(self.boxes_net[index], self.scores[index], self.columns[index], self.ends_net[index], self.links[index])


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
    a, b = begins_inside(columns_a, spans_a, columns_b, spans_b[:, 0], "left")
    b2, a2 = begins_inside(columns_b, spans_b, columns_a, spans_a[:, 0], "right")
    return np.concatenate([a, a2]), np.concatenate([b, b2])


def begins_inside(columns: I64, spans: F32, columns_of: I64, tops: F32, side: Literal["left", "right"]) -> tuple[I64, I64]:
    """Pairs (i, j) of a column: tops[j] lies in spans[i], its upper border counted with `left` and not with `right`."""
    if not len(spans) or not len(tops):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    low = min(float(tops.min()), float(spans.min()))
    step = max(float(tops.max()), float(spans.max())) - low + 1.0  # keeps the columns apart on one axis
    keys = columns_of * step + (tops - low)
    order = np.argsort(keys, kind="stable")  # quick for what is nearly sorted
    keys = keys[order]
    first = np.searchsorted(keys, columns * step + (spans[:, 0] - low), side)
    count = np.maximum(np.searchsorted(keys, columns * step + (spans[:, 1] - low), "left") - first, 0)
    begin = np.repeat(first - (np.cumsum(count) - count), count)
    return np.repeat(np.arange(len(spans)), count), order[np.arange(len(begin)) + begin]
