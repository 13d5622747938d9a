"""What commands share: their help, the packages they need, a result on stdout or one line that says what failed."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from types import TracebackType

from ctpn import loading
from ctpn.errors import CtpnError
from ctpn.files import advice
from ctpn.imaging.limits import HIGHEST, MAX_PIXELS
from ctpn.loading import PACKAGES, running
from ctpn.terminal import printable, put, say, use_utf8

NO_MEMORY = re.compile(
    "bad alloc|bad_alloc|allocate memory|failed to allocate|insufficient memory|failed to map segment", re.IGNORECASE
)  # how libraries say it that raise errors of their own
STOPPED = loading.STOPPED
MEMORY = "close other programs, raise the limit (ulimit -v), or give it a machine with more"


def parser(command: str, doc: str | None) -> argparse.ArgumentParser:
    """The parser of `python -m command`; the docstring of its module is its help, line by line. Output is UTF-8 from then on."""
    loading.end()
    use_utf8()
    return argparse.ArgumentParser(f"python -m {command}", description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)


def add_max_pixels(parser: argparse.ArgumentParser) -> None:
    """Add the option that raises or lowers the limit of `ctpn.imaging.limits`."""
    parser.add_argument(
        "--max-pixels", type=_pixels, default=MAX_PIXELS, metavar="N",
        help="limit for width times height of a picture; the one for memory rises with it (default: %(default)s)",
    )  # fmt: skip


def _pixels(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:20]) <= HIGHEST:
        raise argparse.ArgumentTypeError(f"expected a number of pixels from 1 to {HIGHEST}, got {text!r}")
    return int(text)


def require(extra: str, *modules: str) -> None:
    """Check that the modules which a command or a package needs beyond reading are installed.

    Raises:
        SystemExit: one is missing, and a command of ours is running; the message says how to install the `extra` that has it.
        ModuleNotFoundError: likewise, for programs that import ours.
    """
    command = running()
    if command and sys.excepthook is sys.__excepthook__:  # the command's own extra, not that of a package that it imports
        sys.excepthook = partial(_explain, command, extra)
    for module in modules:
        if not _is_installed(module):
            message = _missing(module, extra)
            raise SystemExit(message) if command else ModuleNotFoundError(message, name=module)


def _missing(module: str, extra: str) -> str:
    return f"{module} is missing; install it with: pip install 'ctpn[{extra}]', in a clone: pip install -c constraints.txt -e '.[{extra}]'"


def _is_installed(module: str) -> bool:
    if module in sys.modules:
        return sys.modules[module] is not None
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):  # whoever hides it does so by an error
        return False


def _explain(command: str, extra: str, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """One line where a package is missing after all, or memory, also while packages are loaded; the traceback of other errors."""
    missing = error.name.split(".")[0] if isinstance(error, ModuleNotFoundError) and error.name else ""
    if missing and missing not in PACKAGES:
        say(command, _missing(missing, extra))
    elif issubclass(kind, MemoryError) or NO_MEMORY.search(str(error)):
        say(command, f"there is too little memory ({' '.join(str(error).split())[:160] or 'MemoryError'}); {MEMORY}")
    else:
        sys.__excepthook__(kind, error, trace)


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
        put(f"{work()}\n")
    except CtpnError as e:
        _fail(command, str(e))
    except OSError as e:
        _fail(command, f"{printable(str(e.filename or ''))}: {e.strerror}; {advice(e)}".removeprefix(": ") if e.errno else str(e))
    except KeyboardInterrupt:
        say(command, f"stopped{'; the same command goes on from here' if resumes else ''}")
        return STOPPED
    else:
        return 0
    return 1


def _fail(command: str, message: str) -> None:
    for line in message.splitlines():
        say(command, line)
