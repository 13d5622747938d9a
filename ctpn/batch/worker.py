"""A process that works for another. It ends with that one, however that one ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any

import cv2

from ctpn.imaging.decode import silence_decoders

SPAWN = multiprocessing.get_context("spawn")  # a forked runtime has lost its threads


class WorkerDied(Exception):
    """The process has ended without an answer; the message says how."""


class Worker:
    """A process that answers one question after another.

    Args:
        answer: called there with each question. It, the questions and the answers travel between processes.

    Attributes:
        connection: where answers come from; it is ready as well when the process has died.
    """

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        self.connection, theirs = SPAWN.Pipe()
        self._process = SPAWN.Process(target=_serve, args=(theirs, answer), daemon=True)
        try:
            with _without_interrupts():
                self._process.start()
        except KeyboardInterrupt:  # which waited
            self.end()
            raise
        theirs.close()  # so that the connection ends when the process does

    def give(self, question: Any) -> None:
        """Ask; the answer comes over `connection`."""
        with suppress(OSError):  # it has died; `take` says so
            self.connection.send(question)

    def take(self) -> Any:
        """Wait for the answer.

        Raises:
            WorkerDied: there will be none.
        """
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            raise WorkerDied(self._end()) from None

    def is_alive(self) -> bool:
        """Whether it can be asked again."""
        return self._process.is_alive()

    def end(self) -> None:
        """End it, whatever it is doing."""
        self._process.kill()
        self._process.join()

    def _end(self) -> str:
        self._process.join(5)
        self.end()  # in case it has only closed the connection
        code = self._process.exitcode or 0
        if code >= 0:
            return f"exit code {code}"
        return signal.Signals(-code).name + ", perhaps for lack of memory" * (code == -9)


def _serve(connection: Connection, answer: Callable[[Any], Any]) -> None:
    """What a process does: answer what comes, until there is no more."""
    for ending in (signal.SIGINT, signal.SIGTERM):  # they reach it too; the parent ends it
        signal.signal(ending, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    cv2.setNumThreads(1)
    silence_decoders()
    with suppress(EOFError, OSError):
        while True:
            connection.send(answer(connection.recv()))


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
