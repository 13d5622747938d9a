"""What is recorded of a training: its log, and its summary in the weights' metadata."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Record = dict[str, object]


@dataclass(frozen=True)
class Log:
    """The losses of a stage: a CSV file with step, seconds, rate and the parts of the loss."""

    file: Path

    def add(self, step: int, seconds: float, rate: float, parts: dict[str, float]) -> None:
        """Append a row."""
        fresh = not self.file.exists()
        with self.file.open("a", newline="", encoding="utf-8") as f:
            writer = csv.writer(f)
            if fresh:
                writer.writerow(["step", "seconds", "rate", *parts])
            writer.writerow([step, f"{seconds:.0f}", rate, *(f"{v:.4f}" for v in parts.values())])

    def rows(self, last_step: int) -> list[dict[str, str]]:
        """The rows up to a step; of a step that was repeated after a stop, the later row."""
        if not self.file.exists():
            return []
        with self.file.open(newline="", encoding="utf-8") as f:
            kept = {row["step"]: row for row in csv.DictReader(f) if int(row["step"]) <= last_step}
        return sorted(kept.values(), key=lambda row: int(row["step"]))


def stage_record(stage: str, steps: int, seconds: float, log: Log) -> Record:
    """The summary of a stage: `loss_by_twentieths` shows how far the loss still fell at the end."""
    return {"stage": stage, "steps": steps, "seconds": round(seconds), "loss_by_twentieths": curve(log.rows(steps))}


def curve(rows: list[dict[str, str]], parts: int = 20) -> dict[str, list[float]]:
    """Each part of the loss, averaged over equal shares of the training."""
    names = [k for k in rows[0] if k not in ("step", "seconds", "rate")] if rows else []
    shares = np.array_split(np.array([[float(row[k]) for k in names] for row in rows]), min(parts, len(rows)) or 1)
    return {k: [round(float(share[:, i].mean()), 4) for share in shares] for i, k in enumerate(names)}
