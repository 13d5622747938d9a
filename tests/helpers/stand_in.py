"""A stand-in for the models that a comparison asks: it finds one box a page and writes down what it was asked."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.competitors import Competitor

PROGRAM = """
import json, sys
from pathlib import Path
log, speed = Path(sys.argv[1]), float(sys.argv[2])
print("ready", flush=True)
for line in sys.stdin:
    name = Path(line.strip()).name
    if log.with_suffix(f".dies-on-{name}").exists():
        break
    with log.open("a") as f:
        f.write(name + "\\n")
    print(json.dumps({"quads": [[[0, 0], [9, 0], [9, 9], [0, 9]]], "pre": 0, "net": speed, "post": 1, "memory": 7}), flush=True)
"""


def competitor(folder: Path, name: str, speed: float, *, model: str = "m") -> Competitor:
    """One of the compared: its log and its model file lie in the folder; `speed` is the time that it claims, in ms."""
    file = folder / f"{name}.onnx"
    file.write_text(model)
    return Competitor(name, Path(sys.executable), (str(folder / f"{name}.log"), str(speed)), (file,))


def asked(folder: Path, name: str) -> list[str]:
    """The pages that it was asked for, in order."""
    return (folder / f"{name}.log").read_text().split()
