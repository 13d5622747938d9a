"""Reader processes of one thread each, fed by a bounded queue."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ctpn.batch.bulk import ReadOptions, read_page, reader_for
from ctpn.batch.worker import Worker, WorkerDied
from ctpn.errors import CtpnError, ModelError
from ctpn.layout.regions import Region
from ctpn.page import PageResult

START_TIME = 120.0  # seconds for a process to load the models
AGAIN = 5.0  # seconds before a process that did not start is tried again


@dataclass(frozen=True)
class Job:
    """A photo to read: the bytes of its file, its name in messages, the regions, and whether the lines are read, not only found."""

    data: bytes
    name: str
    regions: tuple[Region, ...] | None
    text: bool


class QueueFull(Exception):
    """As many photos wait as may."""


class ReadTimeout(Exception):
    """A photo took too long."""


def _answer(job: Job | None, options: ReadOptions) -> PageResult | CtpnError | None:
    """What a process answers: the result of a photo or why there is none; without a photo, whether the models can be loaded."""
    try:
        if job is None:
            reader_for(options.bundle, options.detector, options.threads, options.trust, options.max_pixels)
            return None
        return read_page(job.data, replace(options, regions=job.regions, text=job.text), job.name)
    except CtpnError as e:
        return e


def _started(options: ReadOptions) -> Worker | None:
    """A process that has loaded the models; None: it could not."""
    worker = Worker(partial(_answer, options=options))
    worker.give(None)
    try:
        if worker.connection.poll(START_TIME) and worker.take() is None:
            return worker
    except WorkerDied:
        pass
    worker.end()
    return None


def _ask(worker: Worker, job: Job) -> PageResult | CtpnError:
    worker.give(job)
    answer: PageResult | CtpnError = worker.take()
    return answer


class ReaderPool:
    """Reads photos in several processes, each in its turn.

    Args:
        options: the models; regions are given with each photo.
        workers: processes.
        queue: photos that may wait.
        seconds: for one photo, from when a process has begun with it.

    Attributes:
        waiting: photos that wait now.
        busy: processes that read now.
        restarts: processes that were replaced.
    """

    def __init__(self, options: ReadOptions, workers: int, queue: int, seconds: float) -> None:
        self._options, self._workers, self._queue, self._seconds = replace(options, threads=1), workers, queue, seconds
        self._idle: asyncio.Queue[Worker] = asyncio.Queue()
        self._threads = ThreadPoolExecutor(2 * workers)  # they only wait: for the answers, and for new processes
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False
        self.waiting = self.busy = self.restarts = self.ready = 0

    async def start(self) -> None:
        """Start the processes, and wait until they are ready.

        Raises:
            ModelError: they cannot load the models.
        """
        started = await asyncio.gather(*(self._started() for _ in range(self._workers)))
        for worker in started:
            if worker:
                self._idle.put_nowait(worker)
        self.ready = self._idle.qsize()
        if not self.ready:
            raise ModelError("the reader processes cannot load the models; python -m ctpn says why")

    async def read(self, job: Job) -> PageResult:
        """The result of a photo. A caller that is cancelled leaves the queue; a photo that is being read is read to its end.

        Raises:
            QueueFull, ReadTimeout, WorkerDied, CtpnError.
        """
        if self._idle.empty() and self.waiting >= self._queue:
            raise QueueFull
        self.waiting += 1
        try:
            worker = await self._idle.get()
        finally:
            self.waiting -= 1
        self.busy += 1
        answer: PageResult | CtpnError = await asyncio.shield(self._kept(self._answer(worker, job)))
        if isinstance(answer, CtpnError):
            raise answer
        return answer

    async def close(self) -> None:
        """End the processes."""
        self._closed = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        while not self._idle.empty():
            self._idle.get_nowait().end()
        self._threads.shutdown()

    def _kept(self, work: Any) -> asyncio.Task[Any]:
        """A task that lives until it is done, also when nobody waits for it any more."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda t: t.cancelled() or t.exception())  # seen, also if the client has gone
        return task

    async def _answer(self, worker: Worker, job: Job) -> PageResult | CtpnError:
        answer = asyncio.get_running_loop().run_in_executor(self._threads, _ask, worker, job)
        try:
            return await asyncio.wait_for(answer, self._seconds)
        except asyncio.TimeoutError:
            worker.end()
            raise ReadTimeout from None
        except asyncio.CancelledError:
            worker.end()
            raise
        finally:
            self.busy -= 1
            if worker.is_alive():
                self._idle.put_nowait(worker)
            elif not self._closed:
                self.ready -= 1
                self._kept(self._replace())

    async def _replace(self) -> None:
        self.restarts += 1
        while not self._closed:
            worker = await self._started()
            if worker:
                self.ready += 1
                self._idle.put_nowait(worker)
                return
            await asyncio.sleep(AGAIN)

    async def _started(self) -> Worker | None:
        worker = await asyncio.get_running_loop().run_in_executor(self._threads, _started, self._options)
        if worker and self._closed:
            worker.end()
        return worker
