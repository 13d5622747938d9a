"""The file of a comparison: its parts are measured separately, and are kept only if they come from the same models."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

from benchmarks.competitors import Competitor
from benchmarks.environment import Environment, environment, write
from ctpn.errors import CtpnError

PARTS_BY_COMPETITOR = ("page_960x672", "memory_mb")


class NetRow(TypedDict):
    """The detector's net alone on one page of 960 x 672: median and best milliseconds, ratio to the reference's median."""

    net_ms: float
    net_best_ms: float
    ratio_to_tiny: float


class _Parts(TypedDict, total=False):
    page_960x672: dict[str, NetRow]
    memory_mb: dict[str, int]


class Compared(_Parts):
    """What all comparisons have: by competitor the sha256 of its files, their megabytes, and the parts that were measured; by part or set
    its environment. Each kind of comparison adds `sets`."""

    models: dict[str, dict[str, str]]
    size_mb: dict[str, float]
    taken: dict[str, Environment]


class ComparisonResults:
    """What has been measured of these competitors; written after each part.

    Attributes:
        data: a DetectionResult, ReadingResult or KindsResult: `models` and `size_mb` by competitor; `page_960x672`, `memory_mb` and
            `sets` by part and competitor; `taken`, the environment of each part.
    """

    def __init__(self, file: Path, competitors: list[Competitor]) -> None:
        self.file = file
        models = {s.name: s.digests() for s in competitors}
        old = _read(file)
        known = old.get("models", {})
        changed = [name for name in known if known[name] != models.get(name)]
        if changed:
            print(f"{file}: from other models, removed: {', '.join(changed)}", file=sys.stderr)
        size = {s.name: round(sum(m.stat().st_size for m in s.models) / 1e6, 2) for s in competitors}
        self.data: Any = {"models": models, "size_mb": size, "taken": {}, "sets": {}, **_kept(old, set(known) - set(changed))}

    def add(self, part: str, rows: Mapping[str, object], **about: object) -> None:
        """Store a part: `page_960x672`, `memory_mb`, or else a set."""
        if part in PARTS_BY_COMPETITOR:
            self.data[part] = rows
        else:
            self.data["sets"][part] = rows
        self.data["taken"][part] = {**about, **environment()}
        write(self.file, self.data)


def _read(file: Path) -> dict[str, Any]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as e:
        raise CtpnError(f"{file}: expected JSON, got {e}; remove it and measure again") from None
    if not isinstance(data, dict) or "models" not in data:
        raise CtpnError(f"{file}: does not name its models; remove it and measure again")
    return data


def _kept(old: dict[str, Any], competitors: set[str]) -> dict[str, Any]:
    """The rows of `competitors`, without empty parts."""
    kept = {part: {s: v for s, v in old.get(part, {}).items() if s in competitors} for part in PARTS_BY_COMPETITOR}
    sets = {name: {s: row for s, row in rows.items() if s in competitors} for name, rows in old.get("sets", {}).items()}
    parts = {part: rows for part, rows in kept.items() if rows}
    sets = {name: rows for name, rows in sets.items() if rows}
    return {**parts, "sets": sets, "taken": {p: v for p, v in old.get("taken", {}).items() if p in parts or p in sets}}
