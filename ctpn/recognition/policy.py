"""The reading policy: the lines of a photo are read in batches, and read again in other directions where that may help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ctpn.contract.spec import RecognizerSpec
from ctpn.layout.geometry import chains_down, is_steep, of_height, part_of_quad, quad_size, rectangle, rotate_quad, split_vertical
from ctpn.recognition.ctc import Decoded, greedy
from ctpn.recognition.line_crop import batches, ink_of, is_space, padded, rectify, split_column, split_points
from ctpn.runtime.protocols import Recognizer
from ctpn.stage_timer import StageTimer

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
WayOf = Callable[[F32], "Way"]


def read_line_crops(crops: Sequence[U8], recognizer: Recognizer, timer: StageTimer | None = None) -> list[Decoded]:
    """The text of each line crop, in the order given; those above `spec.max_width` are read part by part."""
    spec, timer = recognizer.spec, timer or StageTimer()
    with timer("line_crop"):
        splits = [split_points(c, spec) for c in crops]
        parts = [crop[:, a:b] for crop, split in zip(crops, splits, strict=True) for a, b in split]
        groups = batches([p.shape[1] for p in parts], spec)
    found: dict[int, Decoded] = {}
    for group in groups:
        with timer("line_crop"):
            batch = padded([parts[i] for i in group], spec)
        with timer("recognize"):
            logits = recognizer.logits(batch)
        with timer("ctc"):
            found |= {i: greedy(row[: -(-parts[i].shape[1] // spec.stride)], spec.charset) for i, row in zip(group, logits, strict=True)}
    ends = np.cumsum([len(split) for split in splits]).tolist()
    return [
        join(crop, split, [found[i] for i in range(end - len(split), end)], spec)
        for crop, split, end in zip(crops, splits, ends, strict=True)
    ]


def join(crop: U8, split: list[tuple[int, int]], parts: list[Decoded], spec: RecognizerSpec) -> Decoded:
    """The parts of one line crop, each of the columns (begin, end), as one text, with a space where the gap is as wide as one."""
    if len(parts) == 1:
        return parts[0]
    text, scores, steps, ink = "", np.zeros(0, np.float32), np.zeros(0, np.int64), ink_of(crop)
    for part, (begin, _) in zip(parts, split, strict=True):
        moved = part.steps + begin // spec.stride
        if text and part.text and " " not in (text[-1], part.text[0]) and is_space(ink, begin, spec):
            text, scores, steps = text + " ", np.append(scores, part.scores[:1]), np.append(steps, begin // spec.stride)
        text, scores, steps = text + part.text, np.append(scores, part.scores), np.append(steps, moved)
    score = float(np.exp(np.log(np.maximum(scores, 1e-12)).mean())) if len(scores) else 0.0
    return Decoded(text, score, scores, steps)


@dataclass(frozen=True, eq=False)
class ReadLine:
    """How a line was read.

    Attributes:
        index: of the line; of a column that was found in pieces, of the uppermost.
        quad: float32 [4, 2], clockwise from the top left of the text as it was read; of a column from that of its first character.
        text: what it says.
        is_column: whether it is a column of upright characters that was found as a line running down or up.
    """

    index: int
    quad: F32
    text: Decoded
    is_column: bool


@dataclass(frozen=True)
class Way:
    """A way to read a line: the quads of its parts, which are read side by side, and the quad of all."""

    parts: list[F32]
    quad: F32
    is_column: bool = False


def read_lines(rgb: U8, quads: Sequence[F32], recognizer: Recognizer, timer: StageTimer | None = None) -> list[ReadLine]:
    """Texts of the lines inside quads float32 [4, 2] of uint8 RGB [H, W, 3], in the order of the quads, without the pieces of columns.

    Each line is read in its detected orientation. A vertical one, which is higher than wide, is also read rotated to the left, to the
    right, and as a column of characters. Of the others, one with a low score is also read upside down, and if that is better for the
    page's longest lines, so are all others. Before that, the same is done with those that run down or up (`is_steep`) as columns, and
    columns that continue each other are read as one. The reading with the highest score wins, if it is `min_gain` above the one before.
    What is read badly even so is read once more in a quad of another height, for detected heights are uneven.
    """
    readings = _Readings(rgb, quads, recognizer, timer or StageTimer())
    return readings.finish(readings.vote(readings.level, _upside_down))


def read_unless_upside_down(
    rgb: U8, quads: Sequence[F32], recognizer: Recognizer, timer: StageTimer | None = None
) -> list[ReadLine] | None:
    """As `read_lines`; None as soon as the longest lines say that the page is upside down, where lines are found less well."""
    readings = _Readings(rgb, quads, recognizer, timer or StageTimer())
    vote = readings.vote(readings.level, _upside_down)
    return None if vote.outright else readings.finish(vote)


def is_upside_down(rgb: U8, quads: Sequence[F32], recognizer: Recognizer, timer: StageTimer | None = None) -> bool:
    """Whether the longest lines, where they are read badly, are read better upside down; False without lines."""
    longest = _longest(range(len(quads)), [quad_size(q) for q in quads], recognizer.spec.reading.page_flip_votes)
    readings = _Readings(rgb, [quads[i] for i in longest], recognizer, timer or StageTimer())
    return readings.vote(range(len(longest)), _upside_down).outright


class Vote(NamedTuple):
    """What the longest lines say of another way to read them.

    Attributes:
        voters: those that were read that way; none where they are read well as they are.
        better: whether the best of both readings is better than before, on average.
        outright: whether the other way alone is.
    """

    voters: list[int]
    better: bool
    outright: bool


class _Readings:
    """The best text of each line so far, and the way that gave it."""

    def __init__(self, rgb: U8, quads: Sequence[F32], recognizer: Recognizer, timer: StageTimer) -> None:
        self.rgb, self.quads, self.recognizer, self.timer = rgb, quads, recognizer, timer
        self.sizes = [quad_size(q) for q in quads]
        policy = recognizer.spec.reading
        self.vertical = [i for i, (width, height) in enumerate(self.sizes) if height > policy.vertical_aspect * width]
        self.steep = [i for i, q in enumerate(quads) if i not in self.vertical and is_steep(q, policy.column_slope)]
        self.level = [i for i in range(len(quads)) if i not in self.vertical and i not in self.steep]
        self.chosen = [Way([q], q) for q in quads]
        self.texts = self.read(self.chosen)

    def read(self, ways: Sequence[Way]) -> list[Decoded]:
        with self.timer("line_crop"):
            crops = [np.concatenate([rectify(self.rgb, part, self.recognizer.spec) for part in way.parts], 1) for way in ways]
        return read_line_crops(crops, self.recognizer, self.timer)

    def finish(self, vote: Vote) -> list[ReadLine]:
        """Read again what may be better another way, after the level lines have voted on being upside down."""
        self.retry_others(self.level, vote, _upside_down)
        self.retry_others(self.steep, self.vote(self.steep, self.as_column), self.as_column)
        absorbed = self.join_columns(self.steep)
        steep = [i for i in self.steep if i not in absorbed]
        self.retry_others(steep, self.vote(steep, _upside_down), _upside_down)
        self.retry(self.vertical, lambda q: _rotated(q, 1))
        self.retry(self.vertical, lambda q: _rotated(q, 3))
        self.retry(self.vertical, lambda q: Way(split_vertical(q), q))
        self.retry_heights([i for i in range(len(self.quads)) if i not in absorbed])
        found = enumerate(zip(self.chosen, self.texts, strict=True))
        return [ReadLine(i, way.quad, text, way.is_column) for i, (way, text) in found if i not in absorbed]

    def retry(self, which: Sequence[int], way_of: WayOf) -> float:
        """Read lines another way and keep what is better; the mean score of that way."""
        return self.try_ways(which, [way_of(self.quads[i]) for i in which])

    def try_ways(self, which: Sequence[int], ways: Sequence[Way]) -> float:
        """Read each line in its way and keep what is better; the mean score of these ways."""
        texts = self.read(ways)
        for i, way, text in zip(which, ways, texts, strict=True):
            if text.score > self.texts[i].score + self.recognizer.spec.reading.min_gain:
                self.texts[i], self.chosen[i] = text, way
        return _mean_score(texts)

    def retry_heights(self, which: Sequence[int]) -> None:
        """Read lines that are read badly as they were, but in quads of another height; their own quads stay."""
        policy = self.recognizer.spec.reading
        badly = [i for i in which if self.texts[i].score < policy.height_retry_score]
        ways = [self.chosen[i] for i in badly]
        self.try_ways(badly, [replace(way, parts=[of_height(part, policy.retry_height) for part in way.parts]) for way in ways])

    def vote(self, which: Sequence[int], way_of: WayOf) -> Vote:
        """Read the longest lines another way, if they are read badly."""
        policy = self.recognizer.spec.reading
        longest = _longest(which, self.sizes, policy.page_flip_votes)
        before = _mean_score([self.texts[i] for i in longest])
        voters = longest if before < policy.page_flip_score else []
        other = self.retry(voters, way_of)
        limit = before + policy.min_gain
        return Vote(voters, _mean_score([self.texts[i] for i in longest]) > limit, other > limit)

    def retry_others(self, which: Sequence[int], vote: Vote, way_of: WayOf) -> None:
        """Read the lines that have not voted another way: all, or those that are read badly."""
        limit = self.recognizer.spec.reading.flip_retry_score
        self.retry([i for i in which if i not in vote.voters and (vote.better or self.texts[i].score < limit)], way_of)

    def as_column(self, quad: F32) -> Way:
        """A line that runs down or up, as a column of upright characters from its upper end down."""
        down = _down(quad)
        with self.timer("line_crop"):
            cells = split_column(rectify(self.rgb, down, self.recognizer.spec), self.recognizer.spec)
        return Way([rotate_quad(part_of_quad(down, *cell), 3) for cell in cells], rotate_quad(down, 3), True)

    def join_columns(self, which: Sequence[int]) -> set[int]:
        """Read a column with the lines that continue it as one, where that is no worse than the worst: the indices of the lower ones."""
        policy = self.recognizer.spec.reading
        down = [_down(self.quads[i]) for i in which] if any(self.chosen[i].is_column for i in which) else []
        chains = [c for c in chains_down(down, policy.column_gap) if len(c) > 1 and any(self.chosen[which[k]].is_column for k in c)]
        ways = [self.as_column(np.stack([down[c[0]][0], down[c[-1]][1], down[c[-1]][2], down[c[0]][3]])) for c in chains]
        absorbed: set[int] = set()
        for links, way, text in zip(chains, ways, self.read(ways), strict=True):
            chain = [which[k] for k in links]
            if text.score > min(self.texts[i].score for i in chain) - policy.min_gain:
                self.texts[chain[0]], self.chosen[chain[0]] = text, way
                absorbed |= set(chain[1:])
        return absorbed


def _down(quad: F32) -> F32:
    """The rectangle of a line that runs down or up, so that it runs down."""
    return rectangle(quad if quad[1, 1] + quad[2, 1] > quad[0, 1] + quad[3, 1] else rotate_quad(quad, 2))


def _upside_down(quad: F32) -> Way:
    return _rotated(quad, 2)


def _rotated(quad: F32, quarters: int) -> Way:
    rotated = rotate_quad(quad, quarters)
    return Way([rotated], rotated)


def _longest(which: Sequence[int], sizes: Sequence[tuple[float, float]], count: int) -> list[int]:
    """The lines with the highest ratio of width to height, of equal ones the first."""
    return sorted(which, key=lambda i: -sizes[i][0] / sizes[i][1])[:count]


def _mean_score(texts: Sequence[Decoded]) -> float:
    return sum(text.score for text in texts) / max(1, len(texts))
