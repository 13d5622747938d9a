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
    """What a card says that no log knows; `training` is the run's folder, `results` the comparison's file."""

    training: str
    results: str
    figures: tuple[str, ...]
    data: dict[str, str]
    batch: str


NETS = {
    "mobile": Net(
        "detector", "peers.json", ("pages", "iou_h", "det_h"),
        {
            "sroie": "ICDAR 2019 SROIE training part, CC BY 4.0, 9 of 10 images by a hash of the name; share 0.34",
            "icdar2015": "ICDAR 2015 training part, CC BY 4.0, likewise, words joined to lines; share 0.17",
            "synth": "6,500 pages of ctpn.data.synth, seeds from 1 (drawn by an earlier generator) and from 200001; share 0.2",
            "synth-signs": "2,400 signs, seeds from 100001; share 0.11",
            "synth-photos": "signs drawn into the photos of icdar2015's training part, 2,400, seeds from 300001; share 0.18",
            "before": "the first 905 steps saw sroie and icdar2015 alone, up to step 2,147 the shares were 0.4, 0.25 and 0.35 of "
            "4,000 pages, up to step 4,820 0.28, 0.2, 0.22, 0.12, 0.18 and a link loss of a third of the present one",
        },
        "2 processes of 8 crops of 512 x 512",
    ),
    "crnn": Net(
        "recognizer", "reading.json", ("pages", "read", "read_matched"),
        {
            "drawn": "lines of ctpn.data.strips, seed 0: addresses, names, numbers, running Chinese and English, every character of "
            "the charset; alone for the first 1,870 steps, whose loss goes by places (passing over to CTC from 1,700 on), then 0.69",
            "sroie": "lines of the ICDAR 2019 SROIE training part, CC BY 4.0, 9 of 10 images by a hash of the name; by the annotated "
            "quads 0.12, by those that the detector finds 0.12",
            "icdar2015": "words of the ICDAR 2015 training part, CC BY 4.0, likewise; 0.05 and 0.02",
            "before": "up to step 2,200 the annotated quads alone, sroie 0.2 and icdar2015 0.08",
        },
        "2 processes of 8,192 pixels of strips 32 high",
    ),
}  # fmt: skip


def card(name: str, out: Path) -> dict[str, object]:
    """What the card of a net says whose training lies in `out`."""
    net, file = NETS[name], WEIGHTS / f"{name}.safetensors"
    tensors, metadata = load_weights(file)
    with (out / "log.csv").open(newline="", encoding="utf-8") as f:
        kept = {row["step"]: row for row in csv.DictReader(f) if int(row["step"]) <= int(metadata["step"])}
    rows = sorted(kept.values(), key=lambda row: int(row["step"]))  # of a step that was made again after a stop, the later
    return {
        "weights": {"sha256": sha256(file), "parameters": sum(t.numel() for n, t in tensors.items() if not n.endswith(STATISTICS))},
        "data": net.data,
        "steps": int(metadata["step"]),
        "batch": net.batch,
        "seconds": int(rows[-1]["seconds"]),
        "loss_by_twentieths": curve(rows),
        "command": "make weights",
        "optimizer": "AdamW, peak rate 2e-3, cosine to the end of each session; the weights are an exponential average (0.999)",
        "seed": 0,
        "figures": figures(net),
        "made_on": environment(),
    }


def curve(rows: list[dict[str, str]], parts: int = 20) -> dict[str, list[float]]:
    """Each part of the loss, averaged over equal shares of the training: how far the curve still fell at the end."""
    names = [k for k in rows[0] if k not in ("step", "seconds", "rate")]
    shares = np.array_split(np.array([[float(row[k]) for k in names] for row in rows]), min(parts, len(rows)))
    return {k: [round(float(share[:, i].mean()), 4) for share in shares] for i, k in enumerate(names)}


def figures(net: Net) -> dict[str, object]:
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
    parser.add_argument("--training", type=Path, help="the training's folder (default: the one in .train)")
    args = parser.parse_args(argv)
    target = WEIGHTS / f"{args.net}.json"
    try:
        text = json.dumps(card(args.net, args.training or ROOT / ".train" / NETS[args.net].training), indent=1) + "\n"
    except (CtpnError, OSError, LookupError) as e:
        print(f"benchmarks.card: {e}", file=sys.stderr)
        return 1
    write(target, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
