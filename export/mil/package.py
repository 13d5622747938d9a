"""An .mlpackage on disk: the protobuf of its program and the file of its weights. Every byte of it is checked."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ctpn.errors import CtpnError

# Types of values as the program states them: numpy's name, and the number that the file of weights has for it.
TYPES = {"FLOAT16": ("float16", 1), "FLOAT32": ("float32", 2), "UINT8": ("uint8", 3), "INT8": ("int8", 4), "INT16": ("int16", 6),
         "UINT16": ("uint16", 7), "INT32": ("int32", 14), "UINT32": ("uint32", 15), "BOOL": ("bool", 0)}  # fmt: skip
BITS = {"UINT1": (1, 9), "UINT2": (2, 10), "UINT4": (4, 11), "UINT3": (3, 12), "UINT6": (6, 13)}  # less than a byte, packed
KINDS: dict[str, Any] = {"floats": np.float32, "ints": np.int32, "bools": np.bool_}  # of numbers in the protobuf itself
SENTINEL = 0xDEADBEEF  # a description of weights begins with it
AGAIN = "the package is damaged or of another version, write it again"
MISSING = "coremltools is missing; install it with: pip install -c constraints.txt -e '.[export]'"
Value = Any  # a Tensor (fractions are float32, whatever they were), a str, or a list of Tensors


@dataclass
class Package:
    """The parts of a package.

    Attributes:
        path: of the package.
        model: the protobuf `Model`, with an ML program.
        folder: of the model and its weights.
        weights: the bytes of each file of weights that was asked for.
    """

    path: Path
    model: Any
    folder: Path
    weights: dict[str, bytes] = field(default_factory=dict)

    def value(self, value: Any) -> Value:
        """A constant: from the protobuf itself, or from a file of weights.

        Raises:
            CtpnError: a kind or type that our packages do not use, or data that is missing or not as long as its shape says.
        """
        if value.type.WhichOneof("type") != "tensorType":
            raise self.bad(f"expected a tensor for a constant, got {value.type.WhichOneof('type')}")
        kind = value.type.tensorType
        name, shape = type_name(kind), [d.constant.size for d in kind.dimensions]
        if value.WhichOneof("value") == "blobFileValue":
            return self._array(self._blob(value.blobFileValue, name), name, shape)
        held = value.immediateValue.tensor
        which = held.WhichOneof("value")
        if which == "bytes":
            return self._array(held.bytes.values, name, shape)
        if which == "strings" and len(held.strings.values) == 1:
            return str(held.strings.values[0])
        if which not in KINDS:
            raise self.bad(f"a constant of {name}: no numbers or one text in it, but {which}")
        return self._shaped(np.array(getattr(held, which).values, KINDS[which]), shape)

    def _blob(self, place: Any, name: str) -> bytes:
        """The bytes that a value in a file of weights has, whose description is at its offset."""
        data, begin = self._weights(place.fileName), place.offset
        if begin < 0 or begin + 64 > len(data):
            raise self.bad(f"{place.fileName}: expected weights at byte {begin}, the file has {len(data)}")
        sentinel, kind, size, start = struct.unpack_from("<IIQQ", data, begin)
        expected = (TYPES.get(name) or BITS.get(name) or (None, None))[1]
        if (sentinel, kind) != (SENTINEL, expected):
            raise self.bad(f"{place.fileName}: expected {SENTINEL:#x}, type {expected} at byte {begin}, got {sentinel:#x}, {kind}")
        if start + size > len(data):
            raise self.bad(f"{place.fileName}: expected {start + size} bytes, got {len(data)}")
        return data[start : start + size]

    def _weights(self, name: str) -> bytes:
        if name not in self.weights:
            file = inside(self.folder, name.removeprefix("@model_path/"))
            if not name.startswith("@model_path/") or file is None or not file.is_file():
                raise self.bad(f"{name}: no such file of weights")
            self.weights[name] = file.read_bytes()
        return self.weights[name]

    def _array(self, data: bytes, name: str, shape: list[int]) -> Tensor:
        if name in BITS:
            return self._shaped(unpacked(np.frombuffer(data, np.uint8), BITS[name][0], int(np.prod(shape))), shape)
        if name not in TYPES:
            raise self.bad(f"values of {name}: expected one of {[*TYPES, *BITS]}")
        if len(data) != int(np.prod(shape)) * np.dtype(TYPES[name][0]).itemsize:
            raise self.bad(f"expected {shape} of {name}, got {len(data)} bytes")
        array = np.frombuffer(data, TYPES[name][0])
        return self._shaped(array.astype(np.float32) if name == "FLOAT16" else array.copy(), shape)

    def _shaped(self, array: NDArray[Any], shape: list[int]) -> Tensor:
        if array.size != int(np.prod(shape)):
            raise self.bad(f"expected a constant of {shape}, got {array.size} numbers")
        return torch.from_numpy(array.astype(np.int64) if array.dtype in (np.uint16, np.uint32) else array).reshape(shape)

    def bad(self, problem: str) -> CtpnError:
        """The error that says what is wrong with this package."""
        return CtpnError(f"{self.path}: {problem}; {AGAIN}")


def open_package(path: Path) -> Package:
    """Read the program of a package.

    Raises:
        CtpnError: no package, a damaged one, one without an ML program, or coremltools is missing, which knows the protobuf.
    """
    file = _model_file(path)
    model = read_model(file)
    if model.WhichOneof("Type") != "mlProgram":
        raise CtpnError(f"{file}: expected an ML program, got {model.WhichOneof('Type')}; {AGAIN}")
    return Package(path, model, file.parent)


def read_model(file: Path) -> Any:
    """The protobuf `Model` of a file.

    Raises:
        CtpnError: no such protobuf, or coremltools is missing, which knows it.
    """
    try:
        from coremltools.proto import Model_pb2
        from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    except ImportError:
        raise CtpnError(MISSING) from None
    model = Model_pb2.Model()
    try:
        model.ParseFromString(file.read_bytes())
    except DecodeError as e:
        raise CtpnError(f"{file}: no protobuf of Core ML ({e}); {AGAIN}") from None
    return model


def _model_file(path: Path) -> Path:
    """The file that the package's manifest calls its model."""
    try:
        manifest = json.loads((path / "Manifest.json").read_text(encoding="utf-8"))
        place = manifest["itemInfoEntries"][manifest["rootModelIdentifier"]]["path"]
        file = inside(path / "Data", place)
    except OSError as e:
        raise CtpnError(f"{path}: expected an .mlpackage with a Manifest.json ({e.strerror}); {AGAIN}") from None
    except (ValueError, LookupError, TypeError, RecursionError) as e:
        raise CtpnError(f"{path}: Manifest.json names no model ({type(e).__name__}: {e}); {AGAIN}") from None
    if file is None or not file.is_file():
        raise CtpnError(f"{path}: Manifest.json names {place}, which is missing; {AGAIN}")
    return file


def inside(folder: Path, place: str) -> Path | None:
    """A path below a folder, or None if it leads out of it."""
    file = (folder / place).resolve()
    return file if file.is_relative_to(folder.resolve()) else None


def type_name(tensor_type: Any) -> str:
    """The name of a tensor's type, such as FLOAT16, or its number if there is no name."""
    names = tensor_type.DESCRIPTOR.fields_by_name["dataType"].enum_type.values_by_number
    number = tensor_type.dataType
    return str(names[number].name) if number in names else str(number)


def unpacked(data: NDArray[np.uint8], bits: int, count: int) -> NDArray[np.int64]:
    """The first `count` integers of `bits` bits each, the lowest bit first; fewer if there are fewer."""
    flat = np.unpackbits(data, bitorder="little")
    flat = flat[: min(count, len(flat) // bits) * bits].reshape(-1, bits)
    result: NDArray[np.int64] = (flat.astype(np.int64) << np.arange(bits)).sum(1)
    return result
