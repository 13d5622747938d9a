"""How golden files are written: arrays as JSON and back, and how two answers are compared."""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parents[1] / "vectors"


def plain(value: Any) -> Any:
    """What JSON can hold: arrays become {"shape", "u8" | "int" | "f32" | "f64"}, numbers that are none become strings."""
    if isinstance(value, np.ndarray):
        return {"shape": list(value.shape), **_flat(value)}
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        return plain(float(str(value)) if value.dtype == np.float32 else value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _flat(array: Any) -> dict[str, Any]:
    if array.dtype == np.uint8:
        return {"u8": base64.b64encode(array.tobytes()).decode()}
    kinds = {"f": f"f{8 * array.itemsize}", "i": "int", "b": "int"}
    return {kinds[array.dtype.kind]: [plain(v) for v in (array.astype(int) if array.dtype == bool else array).ravel()]}


def value(written: Any) -> Any:
    """The inverse of `plain`."""
    if isinstance(written, list):
        return [value(v) for v in written]
    if not isinstance(written, dict):
        return float(written) if written in ("nan", "inf", "-inf") else written
    if "shape" not in written:
        return {k: value(v) for k, v in written.items()}
    if "u8" in written:
        return np.frombuffer(base64.b64decode(written["u8"]), np.uint8).reshape(written["shape"])
    kind, numbers = next((k, v) for k, v in written.items() if k != "shape")
    return np.array(value(numbers), {"int": np.int64, "f32": np.float32, "f64": np.float64}[kind]).reshape(written["shape"])


def difference(expected: Any, got: Any, tolerance: dict[str, float], name: str = "") -> str | None:
    """Where two written answers differ, counts first; None if they agree. `tolerance` is by the name of the value."""
    if isinstance(expected, dict) and isinstance(got, dict):
        if set(expected) != set(got):
            return f"{name}: expected {sorted(expected)}, got {sorted(got)}"
        if "error" in expected:
            return None if expected["error"] in got["error"] else f"expected the error {expected['error']!r}, got {got['error']!r}"
        inner = [(k, name if k in ("f32", "f64", "int") else k) for k in sorted(expected, key=lambda k: (k != "shape", k))]
        return next((d for k, n in inner if (d := difference(expected[k], got[k], tolerance, n))), None)
    if isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            return f"{name}: expected {len(expected)} values, got {len(got)}"
        return next((d for w, g in zip(expected, got, strict=True) if (d := difference(w, g, tolerance, name))), None)
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (expected, got))
    close = numbers and abs(expected - got) <= tolerance.get(name, 0.0)
    return None if expected == got or close else f"{name}: expected {str(expected)[:60]}, got {str(got)[:60]}"


def write(name: str, about: str, tolerance: dict[str, float], cases: list[dict[str, Any]], folder: Path = HERE) -> Path:
    """A golden file, a case a line."""
    head = {"about": about, "tolerance": tolerance}
    rows = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
    file = folder / f"{name}.json"
    file.write_text(json.dumps(head, ensure_ascii=False, indent=1)[:-2] + f',\n "cases": [\n{rows}\n]}}\n', encoding="utf-8")
    return file
