"""Many photos, in this process or in several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path

from ctpn.batch.bulk import ReadOptions, reader_for
from ctpn.batch.item import Item, Outcome, read_item
from ctpn.batch.worker import Worker, WorkerDied
from ctpn.errors import CtpnError
from ctpn.imaging.limits import Limits
from ctpn.imaging.source import read_source


def outcomes(items: Sequence[Item], options: ReadOptions, jobs: int) -> Iterator[Outcome]:
    """The outcomes of all photos, in their order, read by this process or by `jobs` others.

    A process that dies is replaced, and the photo that it was reading has failed. The processes end with this one.

    Raises:
        ModelError: a model cannot be loaded; at once, not at the first photo.
    """
    # A bad model is reported once, and here.
    reader_for(options.bundle, options.detector, options.threads, options.trust, options.max_pixels)
    jobs = min(jobs, len(items))
    return _in_processes(items, options, jobs) if jobs > 1 else (read_item(item, options) for item in items)


def _in_processes(items: Sequence[Item], options: ReadOptions, jobs: int) -> Iterator[Outcome]:
    rest = (_portable(index, item, options) for index, item in enumerate(items))
    done: dict[int, Outcome] = {}
    reading: dict[Worker, tuple[int, Item]] = {}
    try:
        for _ in range(jobs):
            _give(_worker(options), next(rest), reading)
        for index in range(len(items)):
            while index not in done:
                _collect(reading, done, rest, options)
            yield done.pop(index)
    finally:
        for worker in reading:
            worker.end()


def _worker(options: ReadOptions) -> Worker:
    return Worker(partial(read_item, options=options))


def _give(worker: Worker, task: tuple[int, Item], reading: dict[Worker, tuple[int, Item]]) -> None:
    reading[worker] = task
    worker.give(task[1])


def _collect(
    reading: dict[Worker, tuple[int, Item]], done: dict[int, Outcome], rest: Iterator[tuple[int, Item]], options: ReadOptions
) -> None:
    """Wait for an outcome; who gave it gets the next photo, and who has died is replaced."""
    ready = wait([worker.connection for worker in reading])
    for worker in [w for w in reading if w.connection in ready]:
        index, item = reading[worker]
        done[index] = _outcome(worker, item)
        following = next(rest, None)
        if following and worker.is_alive():
            _give(worker, following, reading)
            continue
        del reading[worker]
        worker.end()
        if following:
            _give(_worker(options), following, reading)


def _outcome(worker: Worker, item: Item) -> Outcome:
    try:
        outcome: Outcome = worker.take()
    except WorkerDied as e:
        return Outcome(item.name, error=f"{item.name}: the process that read it has died ({e}); read it alone, or give fewer --jobs")
    return outcome


def _portable(index: int, item: Item, options: ReadOptions) -> tuple[int, Item]:
    """An item that another process can read: what only this one has open, as by `<(command)` in a shell, is read here."""
    if not isinstance(item.source, Path) or item.source.parts[:2] not in (("/", "dev"), ("/", "proc")):
        return index, item
    try:
        return index, replace(item, source=read_source(item.source, Limits(options.max_pixels))[1])
    except CtpnError as e:
        return index, replace(item, error=str(e))
