"""Ctrl-C while a command of ours loads its modules, which takes up to some seconds: one line in place of a traceback."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

PACKAGES = ("ctpn", "export", "benchmarks", "contract")
SCRIPT = "ctpn"  # what pip installs
STOPPED = 130  # exit code, as in shells: 128 + SIGINT


def running() -> str:
    """The module of ours that `python -m` runs, "" if there is none.

    A frame of runpy is on the stack then, also while it imports that module's package.
    """
    frame: FrameType | None = sys._getframe()
    while frame := frame and frame.f_back:
        module = str(frame.f_locals.get("mod_name")) if frame.f_globals.get("__name__") == "runpy" else ""
        if module.split(".")[0] in PACKAGES:
            return module.removesuffix(".__main__")
    return ""


def begin() -> None:
    """From here to `end` Ctrl-C ends the command at once. A KeyboardInterrupt would pass through libraries that take it for a fault."""
    name = os.path.basename(sys.argv[0]).split(".")[0] if sys.argv else ""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler and (running() or name == SCRIPT):
        try:
            signal.signal(signal.SIGINT, _stop)
        except ValueError:  # not in the main thread
            return


def end() -> None:
    """Ctrl-C is a KeyboardInterrupt again, so that what a command is doing can be ended in order."""
    if signal.getsignal(signal.SIGINT) is _stop:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _stop(number: int, frame: FrameType | None) -> None:
    try:
        os.write(2, f"{running() or SCRIPT}: stopped\n".encode())
    finally:
        os._exit(STOPPED)
