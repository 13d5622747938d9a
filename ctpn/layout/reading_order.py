"""The order in which a person reads the lines of a page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


def reading_order(quads: Sequence[F32]) -> list[int]:
    """Indices of the lines, row by row from the top, each row from the left.

    Lines that run down or up, rather than across, are ordered by themselves in the frame in which most of them run to the right:
    columns that run down go from right to left. Those of the two that are more come first, of equally many those that run across.
    Where most lines run to the left, the page is upside down and is ordered from its other end. Indices int into `quads`
    float32 [4, 2]; empty for no lines.
    """
    across = [q[1] - q[0] for q in quads]
    steep = [i for i, (x, y) in enumerate(across) if abs(y) > abs(x)]
    level = [i for i in range(len(quads)) if i not in set(steep)]
    if 2 * sum(float(across[i][1]) > 0 for i in steep) >= len(steep):
        upright = {i: np.stack([quads[i][:, 1], -quads[i][:, 0]], 1) for i in steep}
    else:
        upright = {i: np.stack([-quads[i][:, 1], quads[i][:, 0]], 1) for i in steep}
    sign = -1 if 2 * sum(float(across[i][0]) < 0 for i in level) > len(level) else 1
    upright |= {i: sign * quads[i] for i in level}
    groups = sorted((level, steep), key=lambda group: -len(group))
    return [group[k] for group in groups for k in _by_rows([upright[i] for i in group])]


def _by_rows(quads: Sequence[F32]) -> list[int]:
    """Indices of lines that run to the right.

    A line joins a row when its middle is less than half the lower height away from where the nearest line of the row would
    continue, so that rows of a slightly rotated page stay together.
    """
    rows: list[list[int]] = []
    middles = [q.astype(np.float64).mean(0) for q in quads]
    heights = [float(np.sqrt(((q[3] - q[0]).astype(np.float64) ** 2).sum())) for q in quads]
    for i in sorted(range(len(quads)), key=lambda k: (float(middles[k][1]), float(middles[k][0]), k)):
        near = [row for row in rows if _same_row(quads, middles, heights, row, i)]
        if near:
            near[-1].append(i)
        else:
            rows.append([i])
    return [i for row in rows for i in sorted(row, key=lambda k: (float(quads[k][:, 0].min()), k))]


def _same_row(quads: Sequence[F32], middles: list[F64], heights: list[float], row: list[int], i: int) -> bool:
    j = min(row, key=lambda k: abs(float(middles[k][0] - middles[i][0])))
    along = quads[j][1] - quads[j][0]
    slope = float(along[1] / along[0]) if along[0] > heights[j] else 0.0
    expected = middles[j][1] + slope * (middles[i][0] - middles[j][0])
    return bool(abs(expected - middles[i][1]) < 0.5 * min(heights[i], heights[j]))
