"""How the commands that export and measure begin and end: their help; a result on stdout, or one line that says what failed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib.util import find_spec

from ctpn.errors import CtpnError

STOPPED = 130  # as shells have it: 128 + SIGINT


def parser(command: str, doc: str | None) -> argparse.ArgumentParser:
    """Of `python -m command`, explained by its module's docstring as it stands there."""
    return argparse.ArgumentParser(f"python -m {command}", description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)


def need(extra: str, *modules: str) -> None:
    """Go on only where these modules are installed: what the commands of a package need beyond reading.

    Raises:
        SystemExit: one is missing; it says so, and how to install the `extra` that has it.
    """
    for module in modules:
        if find_spec(module) is None:
            raise SystemExit(f"{module} is missing; install what this needs with: pip install -c constraints.txt -e '.[{extra}]'")


def finish(command: str, work: Callable[[], str], *, resumes: bool = False) -> int:
    """Do it and print what came out.

    Args:
        resumes: the same command goes on where it was stopped.

    Returns:
        The exit code: 0 done, 1 failed, 130 stopped by hand.
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
