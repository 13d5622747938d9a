"""The bytes of a picture: from a path, a file object or bytes, never more than the limit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, BinaryIO

from ctpn.errors import ImageError
from ctpn.files import advice
from ctpn.imaging.limits import Limits

Source = str | os.PathLike[str] | bytes | BinaryIO

CHUNK = 1 << 24  # bytes that are read at once; a pipe says in advance neither how many it has nor whether it ends


def source_name(source: object) -> str:
    """What messages call a source: a file's path, the name of a file object, "image" for what has none."""
    if isinstance(source, (str, os.PathLike)):
        return str(source)
    return str(getattr(source, "name", "image"))


def read_source(source: Source, limits: Limits | None = None) -> tuple[str, bytes]:
    """The name of a source in messages, and its bytes. A named pipe is read to its end, and waited for.

    Raises:
        ImageError: no such file, a folder, no permission, empty, more bytes than the limits allow, a file object that gives no bytes,
            or none of these.
    """
    name, limits = source_name(source), limits or Limits()
    if isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
    elif isinstance(source, (str, os.PathLike)):
        data = _read(Path(source), limits)
    else:
        data = _read_object(source, name, limits)
    if not data and isinstance(source, (str, os.PathLike)) and not Path(source).is_file():
        raise ImageError(f"{name}: no bytes came from it, and it is no file; see what should write to it")
    if not data:
        raise ImageError(f"{name}: the file is empty; copy it again")
    return name, data


def _read(path: Path, limits: Limits) -> bytes:
    try:
        if path.is_dir():
            raise ImageError(f"{path}: is a folder; expected a picture, give the files in it")
        with path.open("rb") as file:
            return read_all(file, str(path), limits)
    except FileNotFoundError:
        raise ImageError(f"{path}: no such file; check the path") from None
    except ValueError as e:  # a NUL character
        raise ImageError(f"{str(path)!r}: cannot be the name of a file ({e}); check the path") from None
    except OSError as e:
        raise ImageError(f"{path}: cannot be read ({e.strerror or e}); {advice(e)}") from None


def _read_object(source: BinaryIO, name: str, limits: Limits) -> bytes:
    """The rest of a file object's bytes."""
    expected = "expected a path, the bytes of a file, a file object opened with 'rb', or RGB uint8 [H, W, 3]"
    if not hasattr(source, "read"):
        raise ImageError(f"image: {expected}, got {type(source).__name__}")
    try:
        return read_all(source, name, limits)
    except TypeError as e:  # text, or whatever its read() gives
        raise ImageError(f"{name}: {expected}, got one whose read() gives {e}") from None
    except (OSError, ValueError) as e:  # ValueError: it is closed, or text that is no UTF-8
        raise ImageError(f"{name}: the file object cannot be read ({e}); {expected}") from None


def read_all(file: BinaryIO, name: str, limits: Limits) -> bytes:
    """All bytes of a file object; so many at once that what never ends is found out before memory is.

    Raises:
        ImageError: more than the limits allow. TypeError: its read() gives no bytes. OSError, ValueError: it cannot be read.
    """
    parts, size = list[bytes](), 0
    while True:
        part: Any = file.read(CHUNK)
        if part is not None and not isinstance(part, bytes):
            raise TypeError(type(part).__name__)
        if not part:
            return parts[0] if len(parts) == 1 else b"".join(parts)
        parts.append(part)
        size += len(part)
        if 2 * size > limits.max_bytes:  # the parts, and what they are joined to
            raise ImageError(f"{name}: the file has more than {limits.max_bytes >> 21} MB; give a smaller picture, or raise --max-pixels")
