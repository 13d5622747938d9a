"""Which way text runs, by the detector's map `direction`: which parts of a picture are to be looked at again, rotated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.contract.spec import DirectionSpec
from ctpn.layout.geometry import overlap_fraction, quad_size

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

NO_TEXT = 999  # in place of an angle
SAMPLES = 21  # along the middle of a line


@dataclass(frozen=True)
class Part:
    """A part of a picture with text of one direction.

    Attributes:
        angle: of the reading axis, whole degrees in (-90, 90], clockwise from level; the text may run the other way.
        cells: int64 [N, 2], the rows and columns of its cells.
        quad_net: float64 [4, 2], a rectangle in pixels of the network input, clockwise from the top left of its text; it may reach
            over the border.
    """

    angle: int
    cells: I64
    quad_net: F64


def cell_angles(direction: F32, spec: DirectionSpec) -> I64:
    """The angle of the text in each cell.

    Args:
        direction: float32 [h, w, 3]: logit of text of any direction, cos 2a and sin 2a of the angle a of its reading axis.

    Returns:
        int64 [h, w]: whole degrees in (-90, 90], clockwise from level; NO_TEXT where the probability times the length of (cos, sin), at
        most 1, is below `text_score`: where a net is not sure of the direction, they are short.
    """
    logit, cos, sin = (direction[..., i].astype(np.float64) for i in range(3))
    degrees = np.floor(np.degrees(np.arctan2(sin, cos)) / 2 + 0.5).astype(np.int64)
    degrees[degrees == -90] = 90
    score = 1 / (1 + np.exp(-logit)) * np.minimum(np.sqrt(cos * cos + sin * sin), 1)
    return np.where(score >= spec.text_score, degrees, NO_TEXT)


def parts_to_rotate(angles: I64, quads_net: F32, spec: DirectionSpec) -> tuple[list[Part], I64]:
    """The parts that a level look does not read: none for a page whose text is level.

    The most frequent direction is taken first, with all cells up to `spread` degrees away, then that of the remaining cells. A direction up
    to `spread` from level has the angle of the level look's lines on its cells if that is farther from level: both err towards it.
    Of a direction more than `level_angle` from level, each group of cells is a part; where one look at all of them has no more pixels, or
    there are more groups than looks left, all are one part.

    Args:
        angles: `cell_angles`.
        quads_net: float32 [N, 4, 2], the lines of the level look, in pixels of the network input; N may be 0.

    Returns:
        At most `max_looks` parts, and `angles` where each cell of a direction has its angle.
    """
    left, directed, parts = angles.copy(), angles.copy(), list[Part]()
    while len(parts) < spec.max_looks:
        peak, angle, count = _most_frequent(left[left != NO_TEXT], spec.spread)
        if count < spec.min_cells:
            break
        cells = (left != NO_TEXT) & (_apart(left, peak) <= spec.spread)
        if abs(angle) <= spec.spread:
            on_cells = [q for q in quads_net if np.count_nonzero(_under(q, cells, spec)) * 2 > SAMPLES]
            angle = max(angle, _angle_of_lines(on_cells, angle, spec), key=abs)
        left[cells], directed[cells] = NO_TEXT, angle
        if abs(angle) > spec.level_angle:
            parts += _parts(cells, angle, spec.max_looks - len(parts), spec)
    return parts, directed


def turned_part(part: Part, quads_net: F32, spec: DirectionSpec) -> Part | None:
    """A part at the angle of its lines, where a look at it finds them more than `level_angle` from level; None where they are level.

    Args:
        quads_net: float32 [N, 4, 2], the lines of that look, in the frame of the rotated part; N may be 0.
    """
    by = _angle_of_lines(list(quads_net), 0, spec)
    if abs(by) <= spec.level_angle:
        return None
    angle = _signed(part.angle + by)
    return Part(angle, part.cells, _quad(_rectangle(part.cells, angle, spec), angle))


def _most_frequent(angles: I64, spread: int) -> tuple[int, int, int]:
    """The first angle with most others up to `spread` degrees around it, the mean of these, and how many they are."""
    counts = np.bincount(angles % 180, minlength=180)
    around = np.array([np.roll(counts, -offset) for offset in range(-spread, spread + 1)])
    peak = int(around.sum(0).argmax())
    near = around[:, peak]
    count = int(near.sum())
    mean = int((near * np.arange(-spread, spread + 1)).sum()) / max(1, count)
    angle = peak + int(np.floor(mean + 0.5))
    return peak, _signed(angle), count


def _angle_of_lines(quads_net: Sequence[F32], angle: int, spec: DirectionSpec) -> int:
    """The median angle of the lines up to `spread` from an angle, where each counts as often as it is wider than high, in pixels; the angle
    itself where that is together not more than `min_cells` cells."""
    found = [(_signed(a - angle), weight) for a, weight in map(_angle_and_weight, quads_net) if weight > 0]
    near = sorted((by, weight) for by, weight in found if abs(by) <= spec.spread)
    whole, passed = sum(weight for _, weight in near), 0.0
    if whole <= spec.min_cells * spec.stride:
        return angle
    for by, weight in near:
        passed += weight
        if passed * 2 >= whole:
            return _signed(angle + by)
    raise AssertionError("the whole is passed")


def _angle_and_weight(quad: F32) -> tuple[int, float]:
    """Whole degrees clockwise from level, and by how much a quad is wider than high."""
    x, y = (quad[1].astype(np.float64) + quad[2] - quad[0] - quad[3]).tolist()
    width, height = quad_size(quad)
    return int(np.floor(np.degrees(np.arctan2(y, x)) + 0.5)), width - height


def _signed(angle: int) -> int:
    """The same direction as an angle in (-90, 90]."""
    return 90 - (90 - angle) % 180


def _apart(angles: I64, angle: int) -> I64:
    """Degrees between angles and one, at most 90."""
    return np.asarray(90 - np.abs((angles - angle) % 180 - 90))


def _parts(cells: NDArray[np.bool_], angle: int, looks: int, spec: DirectionSpec) -> list[Part]:
    groups = [g for g in _groups(cells, spec.max_gap) if len(g) >= spec.min_cells]
    if not groups:
        return []
    rectangles, together = [_rectangle(g, angle, spec) for g in groups], np.concatenate(groups)
    whole = _rectangle(together, angle, spec)
    apart = sum((r[2] - r[0]) * (r[3] - r[1]) for r in rectangles)
    if len(groups) > looks or apart >= (whole[2] - whole[0]) * (whole[3] - whole[1]):
        groups, rectangles = [together], [whole]
    return [Part(angle, g, _quad(r, angle)) for g, r in zip(groups, rectangles, strict=True)]


def _groups(cells: NDArray[np.bool_], max_gap: int) -> list[I64]:
    """Groups of cells (row, column), the largest first, of equal ones that with the first cell: each at most `max_gap` from another."""
    wide = cv2.dilate(cells.astype(np.uint8), np.ones((max_gap, max_gap), np.uint8))
    numbers = cv2.connectedComponents(wide, connectivity=8)[1][cells]
    places = np.argwhere(cells)
    groups = [places[numbers == n] for n in dict.fromkeys(numbers.tolist())]
    return sorted(groups, key=lambda g: -len(g))


def _axes(angle: int) -> tuple[float, float]:
    """Cosine and sine, rounded so that those of quarters are whole."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return float(np.floor(c * 1e12 + 0.5) / 1e12), float(np.floor(s * 1e12 + 0.5) / 1e12)


def _rectangle(group: I64, angle: int, spec: DirectionSpec) -> tuple[float, float, float, float]:
    """The extent of cells along and across the reading axis, with padding: (along, across) of its beginning and of its end."""
    c, s = _axes(angle)
    y, x = (group.T + 0.5) * spec.stride
    along, across, air = x * c + y * s, y * c - x * s, spec.padding + spec.stride / 2
    return float(along.min() - air), float(across.min() - air), float(along.max() + air), float(across.max() + air)


def _quad(rectangle: tuple[float, float, float, float], angle: int) -> F64:
    c, s = _axes(angle)
    a0, b0, a1, b1 = rectangle
    return np.array([[a * c - b * s, a * s + b * c] for a, b in ((a0, b0), (a1, b0), (a1, b1), (a0, b1))])


def best_of_looks(angles: I64, quads_net: F32, scores: F32, looks: I64, look_angles: Sequence[int], spec: DirectionSpec) -> I64:
    """Which lines of several looks at one picture are kept: each from the look whose direction is nearest to that of most cells under it.

    Where two lines of different looks share more than half of one's middle, the one with the higher score times width is kept.

    Args:
        angles: of the level look, as `parts_to_rotate` returns them.
        quads_net: float32 [N, 4, 2], in pixels of the level look's network input; N may be 0.
        scores: float32 [N].
        looks: int64 [N], the look in which each line was found.
        look_angles: of each look, in degrees; 0 for the level one.

    Returns:
        Their indices int64 [M], ascending.
    """
    own = [i for i in range(len(scores)) if _is_own(quads_net[i], int(looks[i]), angles, look_angles, spec)]
    merits = {i: float(scores[i]) * quad_size(quads_net[i])[0] for i in own}
    kept: list[int] = []
    for i in sorted(own, key=lambda i: (-merits[i], i)):
        others = (j for j in kept if looks[j] != looks[i])
        if not any(max(overlap_fraction(quads_net[i], quads_net[j]), overlap_fraction(quads_net[j], quads_net[i])) > 0.5 for j in others):
            kept.append(i)
    return np.array(sorted(kept), np.int64)


def _is_own(quad_net: F32, look: int, angles: I64, look_angles: Sequence[int], spec: DirectionSpec) -> bool:
    """Whether no other look's direction is the nearest to that of more cells along the middle of a line."""
    found = _under(quad_net, angles, spec)
    apart = np.stack([_apart(found[found != NO_TEXT], angle) for angle in look_angles])
    votes = (apart == apart.min(0)).sum(1)
    return bool(votes[look] == votes.max())


def _under(quad_net: F32, cells: NDArray[Any], spec: DirectionSpec) -> NDArray[Any]:
    """The values of the cells at `SAMPLES` points along the middle of a line."""
    t = ((np.arange(SAMPLES) + 0.5) / SAMPLES)[:, None]
    start, end = (quad_net[0] + quad_net[3]).astype(np.float64) / 2, (quad_net[1] + quad_net[2]).astype(np.float64) / 2
    columns, rows = np.floor((start + t * (end - start)) / spec.stride).astype(np.int64).T
    found: NDArray[Any] = cells[rows.clip(0, cells.shape[0] - 1), columns.clip(0, cells.shape[1] - 1)]
    return found
