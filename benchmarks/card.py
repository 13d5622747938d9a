"""Write the training card beside the shipped weights: python -m benchmarks.card

Data, steps, time, command and seed of the training, from its own state and log, and the figures of the last run of
`benchmarks.peers`.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from pathlib import Path

from benchmarks.environment import environment
from ctpn.errors import CtpnError
from ctpn.nn.checkpoint import load_weights
from export.files import sha256

ROOT = Path(__file__).parents[1]
WEIGHTS = ROOT / "ctpn" / "weights" / "mobile.safetensors"
DATA = {
    "sroie": "ICDAR 2019 SROIE training part, CC BY 4.0, 9 of 10 images by a hash of the name, weight 0.4",
    "icdar2015": "ICDAR 2015 training part, CC BY 4.0, likewise, words joined to lines, weight 0.25 (the first 905 steps 0.38)",
    "synthetic": "4,000 pages of ctpn.data.synth, seed 1, weight 0.35 (not in the first 905 steps); "
    "drawn before the generator's second pass, so the same seeds give other pages now",
}


def card(out: Path) -> dict[str, object]:
    """What the card says."""
    tensors, metadata = load_weights(WEIGHTS)
    with (out / "log.csv").open(newline="", encoding="utf-8") as f:
        last = [row for row in csv.DictReader(f) if int(row["step"]) <= int(metadata["step"])][-1]
    peers = json.loads((ROOT / "benchmarks" / "results" / "peers.json").read_text(encoding="utf-8"))
    counted = ("running_mean", "running_var", "num_batches_tracked")  # statistics of batch norm, not learned
    parameters = sum(t.numel() for name, t in tensors.items() if not name.endswith(counted))
    figures = {
        name: {side: {k: rows[side][k] for k in ("pages", "iou_h", "det_h")} for side in ("ours float", "ours int8")}
        for name, rows in peers["sets"].items()
    }
    return {
        "weights": {"sha256": sha256(WEIGHTS), "parameters": parameters},
        "data": DATA,
        "steps": int(metadata["step"]),
        "batch": "2 processes of 8 crops of 512 x 512",
        "seconds": int(last["seconds"]),
        "last_loss": {k: float(v) for k, v in last.items() if k not in ("step", "seconds", "rate")},
        "command": "make weights",
        "optimizer": "AdamW, peak rate 2e-3, cosine; the weights are an exponential average (0.999)",
        "seed": 0,
        "figures": figures,
        "made_on": environment(),
    }


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 written, 1 failed; usage errors exit 2."""
    parser = argparse.ArgumentParser("python -m benchmarks.card", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--training", type=Path, default=ROOT / ".train" / "detector", help="the training's folder")
    args = parser.parse_args(argv)
    target = WEIGHTS.with_suffix(".json")
    try:
        text = json.dumps(card(args.training), indent=1) + "\n"
    except (CtpnError, OSError, LookupError) as e:
        print(f"benchmarks.card: {e}", file=sys.stderr)
        return 1
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    aside.write_text(text, encoding="utf-8")
    os.replace(aside, target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
