"""A process that reads photos for another. It ends with that one, however that one ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection

import cv2

from ctpn.batch.bulk import ReadOptions
from ctpn.batch.item import Item, Outcome, read_item
from ctpn.imaging.decode import silence_decoders

SPAWN = multiprocessing.get_context("spawn")  # a forked runtime has lost its threads


class Worker:
    """A process that reads one photo after another.

    Attributes:
        connection: where outcomes come from; it is ready as well when the process has died.
        index, name: of the photo that it was given last.
    """

    def __init__(self, options: ReadOptions) -> None:
        self.connection, theirs = SPAWN.Pipe()
        self.process = SPAWN.Process(target=_serve, args=(theirs, options), daemon=True)
        with _without_interrupts():
            self.process.start()
        theirs.close()  # so that the connection ends when the process does

    def give(self, index: int, item: Item) -> None:
        """A photo to read, the `index`-th of all; its outcome comes over `connection`."""
        self.index, self.name = index, item.name
        with suppress(OSError):  # it has died; `take` says so
            self.connection.send(item)

    def take(self) -> Outcome | None:
        """The outcome of the photo that was given; None: the process has died."""
        try:
            outcome: Outcome = self.connection.recv()
        except (EOFError, OSError):
            return None
        return outcome

    def death(self) -> Outcome:
        """The outcome of the photo during which the process died."""
        self.process.join()
        code = self.process.exitcode or 0
        how = signal.Signals(-code).name + ", perhaps for lack of memory" * (code == -9) if code < 0 else f"exit code {code}"
        return Outcome(self.name, error=f"{self.name}: the process that read it has died ({how}); read it alone, or give fewer --jobs")

    def end(self) -> None:
        """End it, whatever it is doing."""
        self.connection.close()
        self.process.terminate()
        self.process.join()


def _serve(connection: Connection, options: ReadOptions) -> None:
    """What a process does: read the photos that come, until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches it too; the parent ends it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    cv2.setNumThreads(1)
    silence_decoders()
    with suppress(EOFError, OSError):
        while True:
            connection.send(read_item(connection.recv(), options))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Ctrl-C waits meanwhile, and a process that is started meanwhile never sees it, not even while it loads its modules."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
