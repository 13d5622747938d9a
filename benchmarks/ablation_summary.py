"""Summary of the runs of `benchmarks.findings`: metrics with their spread, and whether each finding holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

import numpy as np

FINDINGS = (  # a finding, and two variants: the first has the lower loss if it holds
    ("Without a recurrence it stops at a higher loss", "base", "no recurrence"),
    ("BiLSTM, which the author had no time to try, beats BiGRU", "BiLSTM", "base"),
    ("PyTorch's GRU (reset after, logistic) beats Keras 2's (reset before, hard sigmoid)", "base", "Keras 2's BiGRU"),
    ("SGD 1e-3 beats Adam", "SGD 1e-3", "base"),
    ("Xavier-normal with zero biases beats the default", "base", "PyTorch's initial weights"),
    ("The sparse softmax beats two sigmoids", "base", "two sigmoids"),
)


class Variant(TypedDict):
    """A way of training: number of seeds; mean, lowest and highest of the validation loss and of the hmean of lines by links and by the
    paper's connector; mean, lowest and highest training loss by twentieths of the run."""

    seeds: int
    loss: list[float]
    links: list[float]
    paper: list[float]
    curve: list[float]
    curve_low: list[float]
    curve_high: list[float]


def collect(files: dict[str, list[Path]]) -> dict[str, Variant]:
    """By variant: the number of seeds, and mean, lowest and highest of the final metrics of those `files` that exist."""
    found: dict[str, Variant] = {}
    for name, of_seeds in files.items():
        runs = [json.loads(f.read_text(encoding="utf-8")) for f in of_seeds if f.exists()]
        if runs:
            mean, low, high = (of([r["curve"] for r in runs], 0).round(4).tolist() for of in (np.mean, np.min, np.max))
            found[name] = {
                "seeds": len(runs), "loss": _spread([sum(r["loss"].values()) for r in runs]),
                "links": _spread([r["links"] for r in runs]), "paper": _spread([r["paper"] for r in runs]),
                "curve": mean, "curve_low": low, "curve_high": high,
            }  # fmt: skip
    return found


def _spread(values: list[float]) -> list[float]:
    """Mean, lowest, highest."""
    return [round(float(v), 4) for v in (np.mean(values), min(values), max(values))]


def summarize(found: dict[str, Variant]) -> list[dict[str, str]]:
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
