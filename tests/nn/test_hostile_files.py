"""Files of weights that ask for more than any net has are refused within 2 s and 500 MB, whatever their own size is."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from ctpn.errors import CtpnError, ModelError
from ctpn.nn import load_detector
from ctpn.nn.keras_file import read_keras
from ctpn.nn.keras_import import KNOWN
from tests.helpers.children import in_a_child

SECONDS, MEGABYTES = 2.0, 500
pytestmark = pytest.mark.skipif(not hasattr(os, "fork") or not Path("/proc/self/clear_refs").exists(), reason="measures as Linux does")


def checkpoint(file: Path, state: object, **options: Any) -> None:
    torch.save({"model_state_dict": state}, file, **options)


def stride_zero(file: Path, **options: Any) -> None:
    checkpoint(file, {"a": torch.zeros(1).as_strided((1 << 38,), (0,))}, **options)


def packed(file: Path, make: Callable[[Path], None]) -> None:
    """A zip written anew with compression."""
    make(file)
    with zipfile.ZipFile(file) as z:
        parts = {i.filename: z.read(i) for i in z.infolist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in parts.items():
            z.writestr(name, data)


def pickled(file: Path, value: object) -> None:
    """A torch zip with this pickle and no tensors."""
    with zipfile.ZipFile(file, "w") as z:
        z.writestr("a/data.pkl", pickle.dumps(value, protocol=2))
        z.writestr("a/version", "3\n")
        z.writestr("a/byteorder", "little")


class Call:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


def zip_of_many(file: Path) -> None:
    with zipfile.ZipFile(file, "w") as z:
        for i in range(30_000):
            z.writestr(f"a/data/{i}", b"")


def legacy_storage(file: Path) -> None:
    """A pickle from before PyTorch 1.6 whose storage has 1 TB by its own word."""
    checkpoint(file, {"a": torch.zeros(1000)}, _use_new_zipfile_serialization=False)
    data = file.read_bytes()
    assert data.count(b"M\xe8\x03") >= 1  # 1,000 as two bytes
    file.write_bytes(data.replace(b"M\xe8\x03", b"\x8a\x06" + (1 << 40).to_bytes(6, "little")))


def safetensors(file: Path, header: object, length: int | None = None) -> None:
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text)


def of_type(dtype: str) -> dict[str, Any]:
    return {"a": {"dtype": dtype, "shape": [0], "data_offsets": [0, 0]}}


def zeros(file: Path) -> None:
    checkpoint(file, {"a": torch.zeros(50_000_000)})


EMPTY = torch.zeros(0)
NESTED = torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)])
NOTHING = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
OLD: dict[str, Any] = {"_use_new_zipfile_serialization": False}
CHECKPOINTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "1 TB by a stride of 0": (stride_zero, "expected tensors in the file, 40000000 numbers in all, got"),
    "the same before PyTorch 1.6": (lambda f: stride_zero(f, _use_new_zipfile_serialization=False), "expected tensors in the file"),
    "a storage of 1 TB": (legacy_storage, "not a checkpoint of tensors alone"),
    "8 bits": (lambda f: checkpoint(f, {"a": torch.zeros(4).to(torch.float8_e4m3fn)}), "expected dense float tensors"),
    "no data": (lambda f: checkpoint(f, {"a": torch.zeros(1 << 40, device="meta")}), "expected dense float tensors"),
    "nested": (lambda f: checkpoint(f, {"a": NESTED}), "expected dense float tensors"),
    "a zip bomb": (lambda f: packed(f, zeros), "is compressed, which PyTorch never does"),
    "200,000 tensors": (lambda f: checkpoint(f, {str(i): EMPTY for i in range(200_000)}), "expected at most 100000 steps in its pickle"),
    "the same before": (
        lambda f: checkpoint(f, {str(i): EMPTY for i in range(200_000)}, **OLD), "expected at most 100000 steps"
    ),
    "30,000 parts": (zip_of_many, "expected at most 4000 files in the archive, got 30000"),
    "bytes of any number": (lambda f: pickled(f, {"model_state_dict": Call(bytearray, 10**10)}), "it holds code, which is never run"),
    "code": (lambda f: pickled(f, Call(os.system, "false")), "it holds code, which is never run"),
    "deep": (lambda f: f.write_bytes(b"PK\x03\x04" + b"(" * 10_000), "not a checkpoint"),
    "a deep pickle": (lambda f: f.write_bytes(b"\x80\x02" + b"]" * 40_000 + b"a" * 39_999 + b"."), "not a checkpoint"),
    "safetensors with a long header": (lambda f: safetensors(f, {}, 1 << 40), "a header of 1099511627776 bytes, expected at most"),
    "safetensors of 200,000": (
        lambda f: safetensors(f, {str(i): NOTHING for i in range(200_000)}), "a header of"
    ),
    "safetensors of 2,000": (
        lambda f: safetensors(f, {str(i): NOTHING for i in range(2000)}), "2000 tensors, expected"
    ),
    "safetensors of 1 TB": (
        lambda f: safetensors(f, {"a": {"dtype": "F32", "shape": [1 << 38], "data_offsets": [0, 1 << 40]}}), "not a whole safetensors file"
    ),
    **{f"safetensors of {t}": (lambda f, t=t: safetensors(f, of_type(t)), "file|expected tensors of") for t in ("F8_E4M3", "F9", "U8")},
}  # fmt: skip


def h5_of(file: Path, **options: Any) -> None:
    with h5py.File(file, "w") as h5:
        h5.create_dataset("layers/dense/vars/0", **options)


def keras_of(file: Path, config: bytes = b"{}", weights: bytes = b"") -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("config.json", config)
        z.writestr("metadata.json", '{"keras_version": "3.0.0"}')
        z.writestr("model.weights.h5", weights)


def h5_of_many(file: Path) -> None:
    with h5py.File(file, "w") as h5:
        for i in range(20_000):
            h5.create_group(f"layers/{i}")


def h5_attribute(file: Path) -> None:
    with h5py.File(file, "w", libver="latest") as h5:
        h5.create_group("layers")
        h5.attrs["layer_names"] = np.array([b"a"] * 200_000)


def layers(count: int) -> bytes:
    one = [{"class_name": "Dense", "config": {"name": f"l{i}"}} for i in range(count)]
    return json.dumps({"config": {"layers": one}}).encode()


def bomb() -> bytes:
    """HDF5 of 1.3 GB of zeros, which shrink to nothing in the zip."""
    held = io.BytesIO()
    with h5py.File(held, "w") as h5:
        h5.create_dataset("layers/dense/vars/0", (1000, 1000), "f4", chunks=(1000, 1000), compression="gzip")[...] = 0
    return held.getvalue() + b"\0" * 300_000_000


KERAS: dict[str, tuple[Callable[[Path], object], str]] = {
    "5 GB that were never written": (lambda f: h5_of(f, shape=(1 << 30, 5), dtype="f4"), "160000000 bytes in all"),
    "5 GB of zeros, packed": (lambda f: h5_of(f, shape=(40_000, 31_250), dtype="f4", chunks=(4000, 3125), compression="gzip"), "in all"),
    "a chunk of 2 GB": (lambda f: h5_of(f, shape=(4, 4), dtype="f4", maxshape=(None, None), chunks=(1 << 14, 1 << 15)), "in all"),
    "numbers of 16 bytes": (lambda f: h5_of(f, shape=(1 << 30,), dtype="g"), "in all"),
    "a bomb in a .keras": (lambda f: keras_of(f, layers(1), bomb()), "model.weights.h5: expected at most .* bytes in a file of this size"),
    "a configuration of 200 MB": (lambda f: keras_of(f, b" " * 200_000_000), r"config.json: expected at most 4194304 bytes"),
    "20,000 layers": (lambda f: keras_of(f, layers(20_000)), "expected at most 500 layers"),
    "a deep configuration": (lambda f: keras_of(f, b"[" * 1_000_000), "not a whole HDF5 or .keras file"),
    "20,000 groups": (h5_of_many, "expected at most 4000 groups and tensors"),
    "200,000 names": (h5_attribute, "layer_names: expected at most 4000 names, got 200000"),
    "30,000 parts": (zip_of_many, "expected at most 4000 files in the archive"),
}


def refused(read: Callable[[], object], message: str) -> None:
    """Whether reading is refused with a message, in a process of its own, within the limits."""

    def work() -> int:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        before, start = peak(), time.process_time()
        with pytest.raises(ModelError, match=message) as e:
            read()
        assert "\n" not in str(e.value)
        assert len(str(e.value)) < 1000
        assert time.process_time() - start < SECONDS
        assert peak() - before < MEGABYTES
        return 0

    assert in_a_child(work) == 0, "run it in this process to see why"


def peak() -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_hostile_checkpoint_is_refused(name: str, tmp_path: Path) -> None:
    make, message = CHECKPOINTS[name]
    make(tmp_path / "a.pth.tar")
    refused(lambda: load_detector(tmp_path / "a.pth.tar"), message)


@pytest.mark.parametrize("name", KERAS)
def test_a_hostile_file_of_keras_is_refused(name: str, tmp_path: Path) -> None:
    make, message = KERAS[name]
    make(tmp_path / "a.h5")
    refused(lambda: read_keras(tmp_path / "a.h5", KNOWN), message)


@pytest.mark.parametrize("read", [load_detector, lambda f: read_keras(f, KNOWN)], ids=["checkpoint", "keras"])
def test_a_large_file_and_a_folder_are_refused(read: Callable[[Path], object], tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as f:
        f.truncate((512 << 20) + 1)
    for file in (tmp_path / "large", tmp_path):
        with pytest.raises(CtpnError, match=r"expected at most 536870912 bytes, got 536870913|got a folder|Is a directory"):
            read(file)
