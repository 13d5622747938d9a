"""From the names on a command line to the photos: folders, wildcards, stdin; and what of a folder is passed over."""

from __future__ import annotations

import glob
import os
import stat
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ctpn.errors import ImageError
from ctpn.files import advice
from ctpn.imaging.decode import EXPECTED
from ctpn.imaging.kind import HEAD_BYTES, picture_kind
from ctpn.imaging.limits import Limits
from ctpn.imaging.source import read_all
from ctpn.output.overlay import is_overlay

STDIN = ("-", "/dev/stdin")
ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".heic", ".heif", ".avif", ".jp2", ".pdf")
NAMES = 10  # of files that are passed over

NO_PICTURE = "no picture by its content"
HIDDEN = "hidden"
OVERLAY = "an overlay that ctpn wrote"
FOLDER = "a folder: give --recursive"
LOOP = "a folder that is read already, by another path"
SPECIAL = "no regular file"


@dataclass(frozen=True)
class Input:
    """A photo that was asked for.

    Attributes:
        name: as it was given, or found in a folder that was given; results and errors call it so.
        source: its path, or the bytes that came from stdin.
        place: its path inside the folder that was given; of all others the last part of its name.
        error: why there is nothing to be read; "" for a photo.
        page: of a file of several pages, from 1; None: the first, and a warning of the others.
    """

    name: str
    source: Path | bytes
    place: Path
    error: str = ""
    page: int | None = None


@dataclass
class Inputs:
    """All photos, in the order in which they were given, in folders by name; and what was passed over, by its reason."""

    found: list[Input] = field(default_factory=list)
    passed_over: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def report(self) -> list[str]:
        """A line for each reason: how many files, and the names of the first ones."""
        return [
            f"passed over {len(names)}, {reason}: {', '.join(names[:NAMES])}{f' and {len(names) - NAMES} more' * (len(names) > NAMES)}"
            for reason, names in self.passed_over.items()
        ]


def find_inputs(names: Sequence[str], *, recursive: bool = False, limits: Limits | None = None) -> Inputs:
    """What is to be read. A name with nothing behind it is an `Input` with an error, so that the others are read.

    Args:
        names: files, folders, wildcards that the shell has not expanded, and "-" for stdin.
        recursive: also the folders in folders.
        limits: for the bytes of stdin; None: the default ones.
    """
    inputs = Inputs()
    for name in names:
        if not name:
            inputs.found.append(Input("''", b"", Path("image"), "'': expected the name of a file, got an empty one"))
            continue
        if name in STDIN:
            again = any(i.name in STDIN for i in inputs.found)
            inputs.found.append(_failed(name, "stdin can be read once; give it once") if again else _stdin(name, limits or Limits()))
            continue
        for found in _expanded(name):
            if os.path.isdir(found):
                _add_folder(inputs, Path(found), recursive)
            else:
                inputs.found.append(Input(found, Path(found), _place(found)))
    return inputs


def _expanded(name: str) -> list[str]:
    """The files of a wildcard, which Windows does not expand; a name that exists, or has none, is taken as it is."""
    if os.path.lexists(name) or not glob.has_magic(name):
        return [name]
    return sorted(glob.glob(name, recursive=True)) or [name]


def _failed(name: str, error: str) -> Input:
    return Input(name, b"", _place(name), f"{name}: {error}")


def _place(name: str) -> Path:
    return Path("stdin" if name in STDIN else Path(name).name or "image")


def _stdin(name: str, limits: Limits) -> Input:
    if sys.stdin is None:  # it was closed by whoever started us
        return _failed(name, "stdin is closed; give it a file's bytes, as in: cat photo.jpg | python -m ctpn -")
    if sys.stdin.isatty():
        return _failed(name, "stdin is a terminal; give it a file's bytes, as in: cat photo.jpg | python -m ctpn -")
    try:
        data = read_all(sys.stdin.buffer, name, limits)
    except OSError as e:
        return _failed(name, f"stdin cannot be read ({e.strerror}); {advice(e)}")
    except ImageError as e:  # it has too many
        return Input(name, b"", _place(name), str(e))
    return Input(name, data, _place(name)) if data else _failed(name, "no bytes came from stdin; see what the command before it says")


def _add_folder(inputs: Inputs, top: Path, recursive: bool) -> None:
    before = len(inputs.found)
    _walk(inputs, top, top, recursive, set())
    if len(inputs.found) == before:
        inputs.found.append(_failed(str(top), f"no picture in this folder; {EXPECTED}"))


def _walk(inputs: Inputs, top: Path, folder: Path, recursive: bool, seen: set[tuple[int, int]]) -> None:
    """Add what is in a folder. One that a link leads back to, or that is there by two paths, is walked once."""
    try:
        status, paths = folder.stat(), sorted(folder.iterdir())
    except OSError as e:
        inputs.found.append(_failed(str(folder), f"the folder cannot be read ({e.strerror}); {advice(e)}"))
        return
    if (status.st_dev, status.st_ino) in seen:
        inputs.passed_over[LOOP].append(str(folder))
        return
    seen.add((status.st_dev, status.st_ino))
    for path in paths:
        is_folder = path.is_dir()
        reason = HIDDEN if path.name.startswith(".") else "" if is_folder and recursive else FOLDER if is_folder else _reason(path)
        if reason:
            inputs.passed_over[reason].append(str(path))
        elif is_folder:
            _walk(inputs, top, path, recursive, seen)
        else:
            inputs.found.append(Input(str(path), path, path.relative_to(top)))


def _reason(path: Path) -> str:
    """Why a file of a folder is passed over; "" for a picture, for what is named like one, and for what cannot be opened.

    The latter two fail when they are read, and so they are not lost in silence.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return SPECIAL  # to open a pipe would wait for somebody who writes to it
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return ""
    if is_overlay(head):
        return OVERLAY
    return "" if picture_kind(head) or path.suffix.lower() in ENDINGS else NO_PICTURE
