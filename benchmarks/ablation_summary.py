"""Summary of the runs of `benchmarks.findings`: metrics with their spread, and whether each finding holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

FINDINGS = (  # a finding, and two variants: the first has the lower loss if it holds
    ("Without a recurrence it stops at a higher loss", "base", "no recurrence"),
    ("BiLSTM, which the author had no time to try, beats BiGRU", "BiLSTM", "base"),
    ("PyTorch's GRU (reset after, logistic) beats Keras 2's (reset before, hard sigmoid)", "base", "Keras 2's BiGRU"),
    ("SGD 1e-3 beats Adam", "SGD 1e-3", "base"),
    ("Xavier-normal with zero biases beats the default", "base", "PyTorch's initial weights"),
    ("The sparse softmax beats two sigmoids", "base", "two sigmoids"),
)


def collect(files: dict[str, list[Path]]) -> dict[str, Any]:
    """By variant: the number of seeds, and mean, lowest and highest of the final metrics of those `files` that exist."""
    found = {}
    for name, of_seeds in files.items():
        runs = [json.loads(f.read_text(encoding="utf-8")) for f in of_seeds if f.exists()]
        if runs:
            losses = [sum(r["loss"].values()) for r in runs]
            curves: dict[str, Callable[..., Any]] = {"curve": np.mean, "curve_low": np.min, "curve_high": np.max}
            found[name] = {"seeds": len(runs), "loss": _spread(losses), **{b: _spread([r[b] for r in runs]) for b in ("links", "paper")},
                           **{k: of([r["curve"] for r in runs], 0).round(4).tolist() for k, of in curves.items()}}  # fmt: skip
    return found


def _spread(values: list[float]) -> list[float]:
    """Mean, lowest, highest."""
    return [round(float(v), 4) for v in (np.mean(values), min(values), max(values))]


def summarize(found: dict[str, Any]) -> list[dict[str, str]]:
    """Whether each finding holds: "holds" or "does not hold" if the ranges of the seeds do not overlap, else "within the spread".
    Variants with one seed are omitted."""
    found = {name: row for name, row in found.items() if row["seeds"] > 1}
    out = []
    for text, better, worse in FINDINGS:
        if better in found and worse in found:
            (a, low_a, high_a), (b, low_b, high_b) = found[better]["loss"], found[worse]["loss"]
            apart = high_a < low_b or high_b < low_a
            out.append({"finding": text, "outcome": ("holds" if a < b else "does not hold") if apart else "within the spread",
                        "loss": f"{a:.3f} and {b:.3f}"})  # fmt: skip
    if "base" in found:
        links, paper = found["base"]["links"], found["base"]["paper"]
        out.append({"finding": "Links beat the paper's connector", "outcome": "holds" if links[1] > paper[2] else "does not hold",
                    "hmean": f"{links[0]:.3f} and {paper[0]:.3f}"})  # fmt: skip
    return out
