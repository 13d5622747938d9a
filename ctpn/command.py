"""What commands share: their help, the packages they need, a result on stdout or one line that says what failed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib.util import find_spec

from ctpn.errors import CtpnError

STOPPED = 130  # as in shells: 128 + SIGINT


def parser(command: str, doc: str | None) -> argparse.ArgumentParser:
    """The parser of `python -m command`; the docstring of its module is its help, line by line."""
    return argparse.ArgumentParser(f"python -m {command}", description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)


def require(extra: str, *modules: str) -> None:
    """Check that the modules which a command needs beyond reading are installed.

    Raises:
        SystemExit: one is missing; the message says how to install the `extra` that has it.
    """
    for module in modules:
        if find_spec(module) is None:
            raise SystemExit(f"{module} is missing; install what this needs with: pip install -c constraints.txt -e '.[{extra}]'")


def run(command: str, work: Callable[[], str], *, resumes: bool = False) -> int:
    """Do the work of a command and print its result.

    Args:
        command: its name, with which errors begin.
        work: returns what is printed.
        resumes: the same command goes on where it was stopped.

    Returns:
        The exit code: 0 done, 1 failed, 130 stopped by hand (Ctrl-C).
    """
    try:
        print(work())
    except (CtpnError, OSError) as e:
        print(f"{command}: {e}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{command}: stopped{'; the same command goes on from here' if resumes else ''}", file=sys.stderr)
        return STOPPED
    return 0
