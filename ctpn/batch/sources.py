"""The photos of a bulk reading: of a folder, a wildcard, a list, or any store that fsspec knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ctpn.batch.fetch import URL, fetch
from ctpn.batch.item import Item
from ctpn.errors import CtpnError, ImageError

ENDINGS = re.compile(r"\.(jpe?g|png|webp|bmp|tiff?|gif|hei[cf]|avif|jp2|pdf)", re.I)


def photos(source: str) -> list[str]:
    """The photos' names in a stable order; each is a path or a URL.

    Args:
        source: a folder, which is searched with all folders in it, a wildcard, or a URL of either, such as s3://bucket/folder: files
            with a picture's ending are taken. Or the name of a list, list.txt, with a path or URL in each line.

    Raises:
        CtpnError: it cannot be read, or there is no photo.
    """
    if source.endswith(".txt"):
        found = _listed(source)
    else:
        found = sorted(name for name in _found(source) if ENDINGS.fullmatch(Path(name).suffix))
    if not found:
        raise CtpnError(f"{source}: no photo there; expected a folder, a wildcard or a list.txt of JPEG, PNG, WebP, TIFF or BMP files")
    twice = len(found) - len(set(found))
    if twice:
        raise CtpnError(f"{source}: {twice} names are there twice; give each photo once")
    return found


def _listed(source: str) -> list[str]:
    try:
        text = fetch(source).decode()
    except (ImageError, UnicodeDecodeError) as e:
        raise CtpnError(f"{source}: no list of photos ({e})") from None
    return [line for line in (line.strip() for line in text.splitlines()) if line and not line.startswith("#")]


def _found(source: str) -> Iterator[str]:
    import fsspec

    try:
        system, path = fsspec.core.url_to_fs(source)
        names = system.glob(path) if "*" in path else system.find(path)
    except (OSError, ValueError, ImportError) as e:
        raise CtpnError(f"{source}: cannot be listed ({' '.join(str(e).split())[:160]})") from None
    return (system.unstrip_protocol(name) if URL.match(source) else name for name in names)


class Items(Sequence[Item]):
    """The items of names, made when they are asked for, so that millions take no memory."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        name = self._names[index]
        return Item(name, name if URL.match(name) else Path(name))
