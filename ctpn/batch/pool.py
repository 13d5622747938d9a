"""Many images with one reader, or with one in each of several processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.errors import CtpnError
from ctpn.files import write
from ctpn.imaging.decode import open_image
from ctpn.layout.regions import Region
from ctpn.output.formats import Result, describe
from ctpn.output.overlay import overlay
from ctpn.reader import TextLine, TextReader


@dataclass(frozen=True)
class Job:
    """What is to be done with each image; it travels to other processes."""

    model: Path | None
    threads: int
    regions: list[Region] | None
    text: bool
    overlay: Path | None
    several: bool

    def run(self, reader: TextReader, name: str) -> Result:
        """The result of one image, or its error."""
        try:
            rgb = open_image(name)
            lines = (reader.read if self.text else reader.detect)(rgb, self.regions)
            if self.overlay:
                draw(rgb, lines, self.overlay / f"{Path(name).stem}.png" if self.several else self.overlay)
            return describe(name, (rgb.shape[0], rgb.shape[1]), lines, None if self.regions is None else len(self.regions))
        except (CtpnError, OSError) as e:
            return {"image": name, "error": str(e)}


def draw(rgb: NDArray[np.uint8], lines: list[TextLine], target: Path) -> None:
    """Write the overlay."""
    suffix = target.suffix or ".png"
    if not cv2.haveImageWriter("x" + suffix):
        raise CtpnError(f"{target}: expected a picture's name such as out.png, got {suffix!r}")
    _, data = cv2.imencode(suffix, cv2.cvtColor(overlay(rgb, lines), cv2.COLOR_RGB2BGR))
    write(target, data.tobytes())


def results(files: list[str], job: Job, jobs: int) -> Iterator[Result]:
    """The results of all images in their order, from this process or from `jobs` others.

    Raises:
        ModelError: a model cannot be loaded; before the first image. CtpnError: a process has died.
    """
    reader = TextReader(job.model, threads=job.threads)  # so that a bad model is told once, and here
    if job.text:
        _ = reader.recognizer
    if jobs == 1 or len(files) == 1:
        yield from (job.run(reader, name) for name in files)
        return
    start = multiprocessing.get_context("spawn")  # a forked runtime has lost its threads
    with ProcessPoolExecutor(min(jobs, len(files)), start, _start, (job,)) as pool:
        try:
            yield from pool.map(_work, files)
        except BrokenProcessPool:
            raise CtpnError(
                "a process has died, perhaps for want of memory; what is missing was not read: fewer --jobs need less"
            ) from None


_WORKER: list[tuple[Job, TextReader]] = []  # of a process of the pool, filled once: a reader takes its time to load


def _start(job: Job) -> None:
    cv2.setNumThreads(1)
    _WORKER.append((job, TextReader(job.model, threads=job.threads)))


def _work(name: str) -> Result:
    job, reader = _WORKER[0]
    return job.run(reader, name)
