"""What commands write to stdout and stderr: UTF-8, at once, and no control character of a name reaches a terminal."""

from __future__ import annotations

import io
import os
import re
import sys
from contextlib import suppress

from ctpn.errors import CtpnError
from ctpn.files import advice

# C0, DEL, C1, line and paragraph separators, and what turns the direction of writing.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
SURROGATES = re.compile("[\ud800-\udfff]")  # half pairs of UTF-16
OTHERS = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # than those with which Python says bytes that it could not decode


def use_utf8() -> None:
    """Make stdout and stderr UTF-8, with line ends as they are written, whatever the locale and PYTHONIOENCODING say."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")


def well_formed(text: str) -> str:
    """The text as it can be encoded: bytes of a file's name that the locale could not decode are UTF-8, or else U+FFFD."""
    if not SURROGATES.search(text):
        return text
    return OTHERS.sub("\ufffd", text).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def printable(text: str, keep: str = "") -> str:
    r"""The text on one line, for people: control characters are written as \x1b or \u202e, but for those of `keep`."""
    return CONTROLS.sub(lambda m: m[0] if m[0] in keep else _escaped(m[0]), well_formed(text))


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


def say(command: str, message: object) -> None:
    """A line on stderr, after the name of the command."""
    with suppress(OSError, ValueError):  # stderr is full or closed: there is nowhere left to say it
        print(f"{command}: {printable(str(message))}", file=sys.stderr, flush=True)


def put(text: str) -> None:
    """Write to stdout and wait until it has arrived. On a terminal, control characters are escaped.

    Raises:
        CtpnError: stdout is closed, its disk is full, or its reader has ended; nothing can be written to it from now on.
    """
    if sys.stdout is None:  # it was closed by whoever started us
        raise CtpnError("stdout is closed; send it to a file, or to /dev/null")
    try:
        sys.stdout.write(printable(text, keep="\r\n\t") if sys.stdout.isatty() else text)
        sys.stdout.flush()
    except BrokenPipeError:
        _discard()
        raise CtpnError("stdout: its reader has ended; the rest is not written") from None
    except OSError as e:
        _discard()
        raise CtpnError(f"stdout: cannot be written ({e.strerror or e}); {advice(e)}; what was written before stays") from None


def _discard() -> None:
    """What is still in the buffer goes nowhere: the interpreter would try to write it once more when it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
