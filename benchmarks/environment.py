"""The machine and the versions of a measurement."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypedDict

from ctpn import files

# Extensions that decide the speed of int8 and float32 inference on x86-64 and ARM.
FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm", "sve")
PACKAGES = ("numpy", "opencv-python-headless", "onnxruntime", "torch", "onnx", "executorch", "openvino")


class Environment(TypedDict):
    """The machine and the versions of a measurement.

    Attributes:
        processor, flags, cores, system: of the machine; `flags` are those of FLAGS that it has.
        python, packages: versions; None for a package that is not installed.
        load: mean number of waiting processes in the last minute.
        time: UTC.
    """

    processor: str
    flags: list[str]
    cores: int | None
    system: str
    python: str
    packages: dict[str, str | None]
    load: float
    time: str


class Result(TypedDict, total=False):
    """What each stored result has; `save` adds it."""

    environment: Environment


def environment() -> Environment:
    """Processor and its flags, cores, system, versions, time, load."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    fields = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
    fields = {k.strip(): v.strip() for k, v in fields.items()}
    present = set((fields.get("flags") or fields.get("Features") or "").split())
    return {
        "processor": fields.get("model name", platform.processor()),
        "flags": [f for f in FLAGS if f in present],
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {p: _version(p) for p in PACKAGES},
        "load": os.getloadavg()[0],
        "time": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def save(file: Path, result: Mapping[str, object]) -> None:
    """Write a result with its environment as JSON."""
    write(file, {"environment": environment(), **result})


def write(file: Path, data: Mapping[str, object], *, indent: int | None = 1) -> None:
    """Write JSON atomically."""
    files.write(file, json.dumps(data, indent=indent) + "\n")
