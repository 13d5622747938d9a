"""An ONNX file as bytes that are safe to hand to ONNX Runtime: without files beside it, functions, loops and branches.

The protobuf is walked without the package onnx, which readers do not have, and without copying the weights. ONNX Runtime would read
external data from the working directory, where no manifest vouches for it; functions and loops can take any time and memory, and the
networks of this project have none.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ctpn.errors import ModelError

MAX_BYTES = 512 << 20  # as of a bundle
MAX_FIELDS = 500_000  # the shipped models have fewer than 10,000; of more, reading alone takes seconds
HINT = "fetch it again, or write one with python -m export.onnx"


def read_model(file: Path) -> bytes:
    """The bytes of an ONNX file.

    Raises:
        ModelError: no such file, too large, not ONNX, or with external data, functions, loops or branches.
    """
    if not file.is_file():
        what = "expected a file, got a folder or a device" if file.exists() else "no such model file or bundle"
        raise ModelError(f"{file}: {what}; write one with python -m export.onnx or export.bundle")
    try:
        size = file.stat().st_size
        if not 0 < size <= MAX_BYTES:
            raise ModelError(f"{file}: expected an ONNX file of 1 to {MAX_BYTES} bytes, got {size}; {HINT}")
        data = file.read_bytes()
    except OSError as e:
        raise ModelError(f"{file}: cannot be read ({e.strerror}); check its permissions") from None
    if data[4:8] == b"ORTM":
        raise ModelError(f"{file}: expected an ONNX file, got one of ONNX Runtime's own format; give the .onnx that it was made from")
    walk = _Walk()
    try:
        walk.model(memoryview(data))
    except ValueError as e:
        raise ModelError(f"{file}: not a model that can be loaded (no whole ONNX file: {e}); {HINT}") from None
    if not walk.has_graph:
        raise ModelError(f"{file}: not a model that can be loaded (no graph in it); {HINT}")
    if walk.refused:
        raise ModelError(f"{file}: has {walk.refused}, which no model of ours has, and is not loaded; {HINT}")
    return data


class _Walk:
    """Visits the messages of onnx.proto that may hold what is refused; numbers are those of their fields there."""

    def __init__(self) -> None:
        self.refused = ""
        self.has_graph = False
        self._left = MAX_FIELDS

    def model(self, data: memoryview) -> None:
        for number, value in self._fields(data):
            if number == 7 and isinstance(value, memoryview):
                self.has_graph = True
                self._graph(value)
            elif number in (20, 25):
                self.refused = "functions or training steps of its own"

    def _graph(self, data: memoryview) -> None:
        inner = {1: self._node, 5: self._tensor, 15: self._sparse}
        for number, value in self._fields(data):
            if number in inner and isinstance(value, memoryview):
                inner[number](value)

    def _node(self, data: memoryview) -> None:
        for number, value in self._fields(data):
            if number == 5 and isinstance(value, memoryview):
                self._attribute(value)

    def _attribute(self, data: memoryview) -> None:
        inner = {5: self._tensor, 10: self._tensor, 22: self._sparse, 23: self._sparse}
        for number, value in self._fields(data):
            if number in (6, 11):
                self.refused = "a loop or a branch"
            elif number in inner and isinstance(value, memoryview):
                inner[number](value)

    def _sparse(self, data: memoryview) -> None:
        for number, value in self._fields(data):
            if number in (1, 2) and isinstance(value, memoryview):
                self._tensor(value)

    def _tensor(self, data: memoryview) -> None:
        for number, value in self._fields(data):
            if number == 13 or (number == 14 and value != 0):
                self.refused = "external data: weights in another file"

    def _fields(self, data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
        """The fields of a message: number, and the value of a varint or the bytes of what has a length."""
        at = 0
        while at < len(data):
            self._left -= 1
            if self._left < 0:
                raise ValueError(f"more than {MAX_FIELDS} fields")
            key, at = _varint(data, at)
            wire = key & 7
            value: int | memoryview = 0
            if wire == 0:
                value, at = _varint(data, at)
            elif wire == 2:
                length, at = _varint(data, at)
                value, at = data[at : at + length], at + length
            elif wire in (1, 5):
                at += 8 if wire == 1 else 4
            else:
                raise ValueError(f"wire type {wire}")
            if at > len(data):
                raise ValueError("it ends in the middle of a field")
            yield key >> 3, value


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A number of up to ten bytes, and the place behind it."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("it ends in the middle of a number")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number of more than ten bytes")
