"""Where the overlays of photos go: never over a photo, over each other, or over what ctpn has not written."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ctpn.batch.inputs import Input
from ctpn.errors import CtpnError
from ctpn.imaging.kind import HEAD_BYTES
from ctpn.output.overlay import check_name, is_overlay

Identity = tuple[int, int]


def overlay_files(inputs: Sequence[Input], out: Path, *, folder: bool) -> list[Path]:
    """The overlay of each photo.

    Args:
        out: the overlay's file, or the folder for all of them.
        folder: which of both it is. In a folder they are PLACE.png, and where two would be equal, NAME.jpg.png, NAME.png.png.

    Raises:
        CtpnError: one would replace a photo, or another file that ctpn has not written; its name is no picture's.
    """
    files = [out / place for place in _places(inputs)] if folder else [out] * len(inputs)
    photos = _identities(inputs)
    for file in files:
        check_name(file)
        photo = photos.get(_identity(file) or (-1, -1))
        if photo is not None:
            raise CtpnError(f"--overlay {out}: would write over the photo {photo}; give another place")
        if os.path.isfile(file) and not _is_ours(file):  # False where the name is too long, which is said when it is written
            raise CtpnError(f"--overlay {out}: {file} is there, and no overlay of ctpn's; move it, or give another place")
    return files


def _places(inputs: Sequence[Input]) -> list[Path]:
    """Paths inside the folder, all different, also for file systems that ignore case."""
    places = [i.place.with_suffix(".png") for i in inputs]
    counts = Counter(map(_folded, places))
    places = [p if counts[_folded(p)] == 1 else i.place.with_name(f"{i.place.name}.png") for p, i in zip(places, inputs, strict=True)]
    taken: set[str] = set()
    for n, place in enumerate(places):
        number, name = 1, place
        while _folded(name) in taken:
            number += 1
            name = place.with_name(f"{place.stem}-{number}.png")
        taken.add(_folded(name))
        places[n] = name
    return places


def _folded(place: Path) -> str:
    return unicodedata.normalize("NFC", str(place)).casefold()


def _identities(inputs: Sequence[Input]) -> dict[Identity, str]:
    """Photos, and the file that stdout goes to, by what makes them one: links and other spellings of a name have the same."""
    found = {key: i.name for i in inputs if isinstance(i.source, Path) and (key := _identity(i.source))}
    for stream, name in ((sys.stdin, "on stdin"), (sys.stdout, "on stdout")):
        with suppress(OSError, ValueError, AttributeError):  # closed, or no file
            status = os.fstat(stream.fileno())
            found[status.st_dev, status.st_ino] = name
    return found


def _identity(file: Path) -> Identity | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _is_ours(file: Path) -> bool:
    """Whether a file is an overlay, or empty, so that nothing is lost with it."""
    try:
        with file.open("rb") as opened:
            head = opened.read(HEAD_BYTES)
            return not head or is_overlay(head)
    except OSError:
        return False
