"""The kinds by name: a function that draws a page from a generator of random numbers, and how many pages are measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.kinds import direction, marks, photos, plain
from benchmarks.kinds.drawing import Rng
from ctpn.synthesis.pages.canvas import Canvas


@dataclass(frozen=True)
class Kind:
    """How a kind is drawn.

    Attributes:
        draw: a page of this kind.
        count: how many pages are measured.
        stream: enters the seeds; kinds with the same stream have the same pages, turned.
    """

    draw: Callable[[Rng], Canvas]
    count: int
    stream: int


PLAIN = (plain.solid_text, plain.small_serif, plain.numbers, plain.thin_ends, plain.spacing, plain.huge, plain.ruled_table)
OTHERS = (
    direction.vertical, direction.on_its_side, marks.symbols, marks.stamped, marks.typed_over, marks.dotted,
    photos.low_light, photos.motion_blur, photos.curved, photos.perspective, photos.moire, photos.on_colour,
)  # fmt: skip
TURNED_STREAM = 1000
KINDS: dict[str, Kind] = {
    **{f.__name__: Kind(f, 4, i) for i, f in enumerate((*PLAIN, *OTHERS))},
    **{name: Kind(draw, 3, TURNED_STREAM) for name, draw in direction.every_angle().items()},
}
