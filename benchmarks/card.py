"""Write the training card beside the shipped weights: python -m benchmarks.card mobile

Data, steps, time, loss and seed of the training, from its own weights and log, and the figures of the last run of
`benchmarks.peers`.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.environment import environment
from ctpn.errors import CtpnError
from ctpn.files import write
from ctpn.nn.checkpoint import load_weights
from export.files import sha256

ROOT = Path(__file__).parents[1]
WEIGHTS = ROOT / "ctpn" / "weights"
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")  # of batch norm, not learned


@dataclass(frozen=True)
class Net:
    """What a card says that no log knows; `stages` are the runs' folders, `results` the comparison's file."""

    stages: tuple[str, ...]
    results: str
    figures: tuple[str, ...]
    data: dict[str, str]
    batch: str
    optimizer: str
    seed: int = 5  # of the stages' first


SPLIT = "CC BY 4.0, 9 of 10 images by a hash of the name"
NETS = {
    "mobile": Net(
        ("detector-5", "detector-6", "detector-7"), "peers.json", ("pages", "iou_h", "det_h"),
        {
            "sroie": f"ICDAR 2019 SROIE training part, {SPLIT}; share 0.24, then 0.25, at last 0.22",
            "icdar2015": "ICDAR 2015 training part, CC BY 4.0, likewise, words joined to lines; share 0.15, then 0.14",
            "synth": "2,600 pages, seeds from 6000001; share 0.12; then 1,000 from 410001 and 420001; 0.1, at last 0.08",
            "synth-forms": "2,200 forms, seeds from 6100001; share 0.08; then 1,300 from 530001 and 540001, a third of them as copiers "
            "leave them; 0.15, at last 0.13",
            "synth-signs": "4,500 signs, seeds from 6300001; share 0.17; then 3,200 from 130001 and 140001; 0.16; at last 2,000 "
            "from 150001 too; 0.2",
            "synth-photos": "signs drawn into the photos of icdar2015's training part, 3,500, seeds from 6400001; share 0.2; then "
            "3,200 from 330001 and 340001; 0.17; at last 2,000 from 350001 too; 0.2",
            "synth-waybills": "2,000 waybills, seeds from 6200001; share 0.04; then 400 from 470001; 0.03",
            "before": "from nothing 7,400 steps of 16 crops in 8,323 seconds of two cores, then 6,500 and 3,980 of 8 in "
            "11,188 of one, of the same sets and fewer drawn pages; then two residual blocks were put in, as the identity",
            "gpu": "the first of these stages: one H100 and 16 cores, pages drawn there with 155 fonts, photos as WebP "
            "of quality 75 and 65",
            "loose": "in the last stage drawn regions are loosened to what people annotate (ctpn.training.crops.LOOSE)",
        },
        "48 crops of 512 x 512, then 16",
        "AdamW, peak rate 2e-3, then 1e-3, at last 1.2e-3, each a cosine down to a hundredth; the weights are an exponential "
        "average (0.999)",
        seed=21,
    ),
    "crnn": Net(
        ("recognizer-10", "recognizer-11"), "reading.json", ("pages", "read", "read_matched"),
        {
            "drawn": "lines, seeds 21 and 12: addresses, names, numbers, running Chinese and English, every character "
            "of the charset; 0.31",
            "sroie": f"lines of the ICDAR 2019 SROIE training part, {SPLIT}; by the annotated quads 0.07, by those "
            "that the detector finds 0.12",
            "icdar2015": "words of the ICDAR 2015 training part, CC BY 4.0, likewise; 0.02 and 0.015",
            "synth": "lines of 450 pages of ctpn.synthesis.pages, seeds from 6000001, likewise; 0.04 and 0.07; of 250 signs 0.01 and 0.005",
            "synth-forms": "lines of 450 forms, seeds from 6100001, likewise; 0.04 and 0.12",
            "synth-waybills": "lines of 800 waybills, seeds from 6200001, likewise; 0.04 and 0.14",
            "before": "from nothing 6,950 steps of 16,384 pixels in 8,496 seconds of two cores, the first 1,870 by places; then 13,400 and "
            "6,200 of 8,192 in 12,298 seconds of one; then 7,500 and 10,300 of 16,384 in 9,901 seconds of two, all much like these",
            "gpu": "the first of these stages: one H100 and 16 cores, beside the detector's; drawn there with 155 fonts",
            "rounding": "the last 400 steps with the last matrix rounded as int8 files have it, of strips of other pages",
        },
        "49,152 pixels of strips 32 high, at last 16,384",
        "AdamW, peak rate 2e-3, at last 2e-4, each a cosine down to a hundredth; the weights are an exponential average (0.999, at "
        "last 0.99)",
        seed=21,
    ),
}  # fmt: skip


def card(name: str, folders: list[Path]) -> dict[str, object]:
    """What the card of a net says whose training lies in `folders`, stage by stage."""
    net, file = NETS[name], WEIGHTS / f"{name}.safetensors"
    tensors, _ = load_weights(file)
    stages = [_rows(folder) for folder in folders]
    return {
        "weights": {"sha256": sha256(file), "parameters": sum(t.numel() for n, t in tensors.items() if not n.endswith(STATISTICS))},
        "data": net.data,
        "steps": sum(int(rows[-1]["step"]) for rows in stages),
        "batch": net.batch,
        "seconds": sum(int(rows[-1]["seconds"]) for rows in stages),
        "loss_by_twentieths": curve([row for rows in stages for row in rows]),
        "command": "make weights",
        "optimizer": net.optimizer,
        "seed": net.seed,
        "figures": detection_metrics(net),
        "made_on": environment(),
    }


def _rows(folder: Path) -> list[dict[str, str]]:
    """The log up to the saved weights' step; of a step that was made again after a stop, the later row."""
    _, metadata = load_weights(folder / "weights.safetensors")
    with (folder / "log.csv").open(newline="", encoding="utf-8") as f:
        kept = {row["step"]: row for row in csv.DictReader(f) if int(row["step"]) <= int(metadata["step"])}
    return sorted(kept.values(), key=lambda row: int(row["step"]))


def curve(rows: list[dict[str, str]], parts: int = 20) -> dict[str, list[float]]:
    """Each part of the loss, averaged over equal shares of the training: how far the curve still fell at the end."""
    names = [k for k in rows[0] if k not in ("step", "seconds", "rate")]
    shares = np.array_split(np.array([[float(row[k]) for k in names] for row in rows]), min(parts, len(rows)))
    return {k: [round(float(share[:, i].mean()), 4) for share in shares] for i, k in enumerate(names)}


def detection_metrics(net: Net) -> dict[str, object]:
    """The last comparison's figures of our side; of none if it has not been made."""
    results = json.loads((ROOT / "benchmarks" / "results" / net.results).read_text(encoding="utf-8"))
    return {
        name: {side: {k: row[k] for k in net.figures} for side, row in rows.items() if side.startswith("ours")}
        for name, rows in results["sets"].items()
    }


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 written, 1 failed; usage errors exit 2."""
    parser = argparse.ArgumentParser("python -m benchmarks.card", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("net", choices=sorted(NETS))
    parser.add_argument("--training", type=Path, nargs="+", help="the folders of the training's stages (default: those in .train)")
    args = parser.parse_args(argv)
    target = WEIGHTS / f"{args.net}.json"
    try:
        text = json.dumps(card(args.net, args.training or [ROOT / ".train" / s for s in NETS[args.net].stages]), indent=1) + "\n"
    except (CtpnError, OSError, LookupError) as e:
        print(f"benchmarks.card: {e}", file=sys.stderr)
        return 1
    write(target, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
