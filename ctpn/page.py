"""The result of reading one photo: its text lines, its warnings, and the time of each stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import overload

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class TextLine:
    """One line of text.

    Attributes:
        quad: float32 [4, 2], (x, y) of the corners, clockwise from the top left of the text, in pixels of the upright photo.
        score: probability that this is text, in [0, 1].
        text, text_score: the text and the probability that every character of it is right, in [0, 1]; None where only detection was
            asked for. The text "" with the score 0 means that nothing could be read.
        region: index of the region in which the line was found; None without regions.
    """

    quad: NDArray[np.float32]
    score: float
    text: str | None = None
    text_score: float | None = None
    region: int | None = None


@dataclass(frozen=True)
class PageWarning:
    """Something about a photo that a user of its result should know.

    Attributes:
        code: what it is, for programs: "damaged", "more_pages", "rotated", "text_layer",
            "limit_reached" or "low_scores".
        message: the same for people, one line.
    """

    code: str
    message: str


@dataclass(frozen=True, eq=False)
class PageResult(Sequence[TextLine]):
    """The lines of one photo; the result itself can be iterated, indexed and counted as its lines.

    Attributes:
        lines: region by region, in reading order in each; empty means that there is no text.
        width, height: of the upright photo, in pixels.
        warnings: what was noticed about the photo; empty for most.
        times: seconds spent in each stage that ran, by its name (`ctpn.stage_timer.STAGES`).
        regions: how many regions were asked for; None for the whole photo.
        page, pages: which page or frame of the file was read, from 1, and how many it has.
    """

    lines: tuple[TextLine, ...]
    width: int
    height: int
    warnings: tuple[PageWarning, ...] = ()
    times: Mapping[str, float] = field(default_factory=dict)
    regions: int | None = None
    page: int = 1
    pages: int = 1

    def with_min_score(self, score: float) -> PageResult:
        """The lines whose text has this score or a higher one, and those that were not read; a warning says how many were dropped."""
        kept = tuple(line for line in self.lines if line.text_score is None or line.text_score >= score)
        dropped = len(self.lines) - len(kept)
        if not dropped:
            return self
        message = f"{dropped} of {len(self.lines)} lines were dropped, their texts have scores below {score:g}"
        return replace(self, lines=kept, warnings=(*self.warnings, PageWarning("low_scores", message)))

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[TextLine]:
        return iter(self.lines)

    @overload
    def __getitem__(self, index: int) -> TextLine: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[TextLine]: ...

    def __getitem__(self, index: int | slice) -> TextLine | Sequence[TextLine]:
        return self.lines[index]
