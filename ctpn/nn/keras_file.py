"""Keras's files: whole models and weights alone, HDF5 and .keras, of Keras 2 and 3, read as tensors by layer; nothing is run.

Keras 2 and `save("x.h5")` of Keras 3 keep weights by layer name with an attribute that lists them in order. `.weights.h5` and
`.keras` keep them as LAYER/vars/0, 1 …, where LAYER is a class's name with a number; Keras 3 adds the layer's name as an
attribute, Keras 2 does not.
"""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ctpn.errors import ModelError
from ctpn.nn.limits import MAX_ENTRIES, MAX_FILE, MAX_PARAMETERS, archive

F32 = NDArray[np.float32]
BYTES = 4 * MAX_PARAMETERS  # of all tensors
MAX_TEXT = 4 << 20  # of a configuration; the original's has 30 kB
MAX_GROWTH = 4  # of weights that are unpacked; floats hardly shrink
MAX_LAYERS = 500
CONTAINERS = ("layers", "_layer_checkpoint_dependencies")
STATE = ("optimizer", "optimizer_weights", "seed_generator", "_seed_generators")  # of training and of dropout, no weights


@dataclass
class KerasFile:
    """What a file holds.

    Attributes:
        layers: for each layer its tensors with their paths in Keras's order: kernel, bias; of a Bidirectional the forward
            kernel, recurrent kernel, bias, then the backward ones.
        version: of Keras, such as "2.1.5"; "3" where only the layout shows it, "" where unknown.
        backend: "tensorflow" mostly.
        config: configuration by layer name, its class under "class_name"; None for weights alone.
        notes: what the user should know: guesses, and tensors that were skipped.
    """

    version: str
    backend: str
    config: dict[str, dict[str, Any]] | None
    layers: dict[str, list[tuple[str, F32]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_keras(file: Path, known: tuple[str, ...]) -> KerasFile:
    """Read a file of Keras.

    Args:
        known: the names of the layers that are looked for, in the model's order.

    Raises:
        ModelError: missing, damaged, with more tensors or layers than a net has, or with anything but tensors in its place.
    """
    with _told(file):
        size = file.stat().st_size
        if size > MAX_FILE:
            raise ModelError(f"expected at most {MAX_FILE} bytes, got {size}; it is no file of a net of ours")
        with file.open("rb") as f:
            head = f.read(8)
        if head[:4] == b"PK\x03\x04":
            with archive(file) as z:
                config = _layers(json.loads(_part(z, "config.json", MAX_TEXT)))
                version = str(json.loads(_part(z, "metadata.json", MAX_TEXT))["keras_version"])
                with h5py.File(io.BytesIO(_part(z, "model.weights.h5", MAX_GROWTH * size)), "r") as h5:
                    found = KerasFile(version, "", config)
                    return _numbered(h5, found, dict(_tensors(h5, found)), known)
        with h5py.File(file, "r") as h5:
            return _hdf5(h5, known)


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """Every failure as one line; a damaged HDF5 file raises nearly any kind of error."""
    try:
        yield
    except FileNotFoundError:
        raise ModelError(f"{file}: no such file; check the path") from None
    except ModelError as e:
        raise ModelError(f"{file}: {e}") from None
    except (OSError, LookupError, ValueError, TypeError, RuntimeError, AttributeError, MemoryError, zipfile.BadZipFile) as e:
        reason = " ".join(str(e).split())[:200] or type(e).__name__
        raise ModelError(f"{file}: not a whole HDF5 or .keras file of Keras ({reason}); save it again in Keras") from None


def _part(z: zipfile.ZipFile, name: str, most: int) -> bytes:
    expected = z.getinfo(name).file_size
    if expected > most:
        raise ModelError(f"{name}: expected at most {most} bytes in a file of this size, got {expected}; save it again in Keras")
    with z.open(name) as f:
        return f.read(most)


def _hdf5(h5: h5py.File, known: tuple[str, ...]) -> KerasFile:
    found = KerasFile("", "", None)
    rest = dict(_tensors(h5, found))  # first of all: it refuses links, which lead anywhere
    root = h5.get("model_weights", h5)
    if "layer_names" not in root.attrs and "layer_names0" not in root.attrs:
        if not any(c in h5 for c in CONTAINERS):
            raise ModelError("no layers in it; expected weights or a whole model saved by Keras 2 or 3")
        return _numbered(h5, found, rest, known)
    found.config = _layers(json.loads(_text(h5.attrs["model_config"]))) if "model_config" in h5.attrs else None
    found.version, found.backend = (_text(root.attrs.get(k, h5.attrs.get(k, d))) for k, d in (("keras_version", "1"), ("backend", "")))
    prefix = "model_weights/" if root is not h5 else ""
    for layer in _names(root, "layer_names"):
        for weight in _names(root[layer], "weight_names"):
            path = f"{prefix}{layer}/{weight}"
            name = layer if layer in known else _inner(weight, known) or layer
            found.layers.setdefault(name, []).append((path, rest.pop(path)))
    found.layers |= {path: [(path, t)] for path, t in rest.items()}
    for tensors in found.layers.values():
        tensors.sort(key=lambda t: "/backward_" in t[0])  # stable: forward first
    return found


def _inner(weight: str, known: tuple[str, ...]) -> str | None:
    """The layer of a nested model that a weight such as block1_conv1/kernel:0 belongs to; a second copy is block1_conv1_1."""
    parts = weight.split("/")[:-1]
    return next((n for p in reversed(parts) for n in (p, re.sub(r"_\d+$", "", p)) if n in known), None)


def _numbered(h5: h5py.File, found: KerasFile, all_tensors: dict[str, F32], known: tuple[str, ...]) -> KerasFile:
    """The layout LAYER/vars/N."""
    groups: dict[str, list[tuple[str, F32]]] = {}
    for path, tensor in all_tensors.items():
        groups.setdefault(_owner(path), []).append((path, tensor))
    named = {g: _text(h5[g]["vars"].attrs["name"]) for g in groups if "vars" in h5[g] and "name" in h5[g]["vars"].attrs}
    found.version = found.version or ("3" if named else _by_layout(groups, h5))
    names = named or {g: g.rsplit("/", 1)[-1] for g in groups}
    if not set(known) <= set(names.values()):
        names = _by_config(found.config) if found.config else _by_order(groups, known, found)
    for group, tensors in groups.items():
        order = sorted(tensors, key=lambda t: ("/backward_layer/" in t[0], _number(t[0])))
        found.layers.setdefault(names.get(group, group), []).extend(order)
    return found


def _owner(path: str) -> str:
    """layers/functional/layers/conv2d_3 of layers/functional/layers/conv2d_3/vars/0."""
    parts = path.split("/")
    last = max((i for i, p in enumerate(parts[:-1]) if p in CONTAINERS), default=-1)
    return "/".join(parts[: last + 2])


def _number(path: str) -> int:
    """The number at the end of a name: 3 of conv2d_3, 0 of conv2d."""
    digits = re.search(r"(?:^|[_/])(\d+)$", path)
    return int(digits[1]) if digits else 0


def _by_layout(groups: Collection[str], h5: h5py.File) -> str:
    """Keras 2's Bidirectional keeps the layer that it was made from, so does the first Keras 3; the later ones do not."""
    return "" if any("layer" in h5[g] for g in groups if g.rsplit("/", 1)[-1].startswith("bidirectional")) else "3"


def _by_config(config: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Group to layer name: classes are counted in the order of the configuration, in each model anew."""
    names, counts = {}, dict[str, int]()
    for name, layer in config.items():
        snake = layer["container"] + "/" + _snake(layer["class_name"])
        count = counts.get(snake, 0)
        counts[snake] = count + 1
        path = f"{snake}_{count}" if count else snake
        names[path] = name
        for inner in config.values():  # a nested model's layers lie in a group of its own
            if inner["container"] == name:
                inner["container"] = path + "/layers"
    return names


def _by_order(groups: Collection[str], known: tuple[str, ...], found: KerasFile) -> dict[str, str]:
    """Group to layer name in a file without names: the deeper ones (the nested VGG16) first, then by number."""
    order = sorted(groups, key=lambda g: (-g.count("/"), _number(g)))
    recurrent = [g for g in order if g.rsplit("/", 1)[-1].startswith("bidirectional")]
    others = [g for g in order if g not in recurrent]
    expected = [n for n in known if n != "blstm"]
    if len(recurrent) != 1 or len(others) != len(expected):
        raise ModelError(f"the file names no layers, and has {len(others)} with weights and {len(recurrent)} Bidirectional; "
                         f"expected {len(expected)} and 1; save it as a whole model (.keras or .h5)")  # fmt: skip
    found.notes.append("the file names no layers: they are taken in the original's order, rpn_class before rpn_regress")
    return dict(zip(others, expected, strict=True)) | {recurrent[0]: "blstm"}


def _snake(name: str) -> str:
    return re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))).lower()


def _layers(model: dict[str, Any], container: str = "layers") -> dict[str, dict[str, Any]]:
    """Configuration by layer name, nested models' layers too: their container is the model's name."""
    config = model["config"]
    found: dict[str, dict[str, Any]] = {}
    for layer in config["layers"] if isinstance(config, dict) else config:
        inner, name = layer["config"], str(layer["config"].get("name", layer.get("name")))
        found[name] = {**inner, "class_name": str(layer["class_name"]), "container": container}
        if "layers" in inner:
            found |= _layers(layer, name)
        if len(found) > MAX_LAYERS:
            raise ModelError(f"expected at most {MAX_LAYERS} layers; it is no file of a net of ours")
    return found


def _tensors(group: h5py.Group, found: KerasFile) -> Iterator[tuple[str, F32]]:
    """All tensors of a file by path; what belongs to training's state is noted and skipped."""
    budget, skipped = BYTES, 0
    for path, data in _walk(group, "", set()):
        if set(path.split("/")) & set(STATE):
            skipped += 1
            continue
        budget -= 4 * data.size
        chunk = math.prod(data.chunks or ()) * data.dtype.itemsize
        inside = not data.external and not data.is_virtual and budget >= 0 and chunk <= BYTES
        if data.dtype.kind != "f" or not 1 <= data.ndim <= 4 or not data.size or not inside:
            raise ModelError(f"{path}: expected a float tensor in the file, {BYTES} bytes in all, got {data.dtype} {list(data.shape)}")
        tensor = data[...].astype(np.float32, copy=False)
        if not np.isfinite(tensor).all():
            raise ModelError(f"{path}: NaN or infinity in it; the training went wrong, take an earlier file")
        yield path, tensor
    if skipped:
        found.notes.append(f"{skipped} tensors of the optimiser's or of random numbers' state are skipped: they are no weights")


def _walk(group: h5py.Group, prefix: str, seen: set[int]) -> Iterator[tuple[str, h5py.Dataset]]:
    """Datasets under a group; links out of the file and in circles are refused."""
    for name in group:
        path = f"{prefix}{name}"
        if len(seen) >= MAX_ENTRIES:
            raise ModelError(f"{path[:60]}: expected at most {MAX_ENTRIES} groups and tensors; it is no file of a net of ours")
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ModelError(f"{path}: is a link; expected a file without links")
        node = group[name]
        address = h5py.h5o.get_info(node.id).addr
        if address in seen:
            raise ModelError(f"{path}: is twice in the file; save it again in Keras")
        seen.add(address)
        if isinstance(node, h5py.Group):
            yield from _walk(node, path + "/", seen)
        elif isinstance(node, h5py.Dataset):
            yield path, node


def _names(group: h5py.Group, key: str) -> list[str]:
    """A list in an attribute, or in several where it is long: KEY0, KEY1 …"""
    keys = [key] if key in group.attrs else [k for k in group.attrs if re.fullmatch(key + r"\d+", k)]
    count = sum(math.prod(group.attrs.get_id(k).shape) for k in keys)
    if count > MAX_ENTRIES:
        raise ModelError(f"{key}: expected at most {MAX_ENTRIES} names, got {count}; it is no file of a net of ours")
    return [_text(v) for k in sorted(keys, key=lambda k: int(k[len(key) :] or 0)) for v in group.attrs[k]]


def _text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
