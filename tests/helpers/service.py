"""Photos for the tests of the service, and readers that wait."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import cv2
import numpy as np

from benchmarks.service_process import Service

ROOT = Path(__file__).parents[2]
PHOTO = ROOT / "examples" / "waybill.jpg"


def noise(side: int) -> bytes:
    """A PNG that takes a while to decode and detect in."""
    pixels = np.random.default_rng(1).integers(0, 255, (side, side, 3), np.uint8)
    return cv2.imencode(".png", pixels)[1].tobytes()


def readers(service: Service) -> list[int]:
    """Processes of a service that read."""
    return service.processes()[1:]


@contextmanager
def paused(service: Service) -> Iterator[None]:
    """The readers stand still meanwhile: what they have been given is being read for as long as the test wants."""
    found = readers(service)
    for pid in found:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in found:
            with suppress(ProcessLookupError):  # it was killed
                os.kill(pid, signal.SIGCONT)
