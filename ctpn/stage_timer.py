"""The time of each stage of a reading, for callers and benchmarks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# The timed stages in their order; none contains another. contract/stages.toml has finer ones, where `decode` is of maps.
#   decode       the file to upright RGB; with regions, only as much as they need
#   fit          cut out a region, resample, pad
#   detect       the detector's graph
#   postprocess  its maps to lines
#   line_crop    lines cut out of the photo and put into batches
#   recognize    the recogniser's graph
#   ctc          its logits to texts
STAGES = ("decode", "fit", "detect", "postprocess", "line_crop", "recognize", "ctc")

OnStage = Callable[[str, float], None]


class StageTimer:
    """Measures the stages of one reading by the monotonic clock.

    Args:
        on_stage: called with the name and the seconds each time that a stage has ended; a stage may run several times. None: nobody.

    Attributes:
        times: seconds by stage, summed; without those that did not run.
    """

    def __init__(self, on_stage: OnStage | None = None) -> None:
        self.times: dict[str, float] = {}
        self._on_stage = on_stage

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Count the time of a block, also of one that fails, as that of a stage."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            seconds = time.perf_counter() - begin
            self.times[stage] = self.times.get(stage, 0.0) + seconds
            if self._on_stage:
                self._on_stage(stage, seconds)
