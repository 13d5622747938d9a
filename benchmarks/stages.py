"""How long decoding, suppression and joining of a full page take: python -m benchmarks.stages

The page: 114 lines in three columns, about 2,000 proposals above the threshold, drawn from a seed. Real pages of the
sample sets have fewer. Into benchmarks/results/stages.json.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.environment import save
from ctpn.anchors import decode, encode
from ctpn.lines import text_lines
from ctpn.nms import suppress
from ctpn.spec import MOBILE

OUT = Path(__file__).parent / "results" / "stages.json"


def full_page() -> dict[str, NDArray[np.float32]]:
    """Maps of a 960 x 960 page with about 2,000 proposals."""
    rng = np.random.default_rng(0)
    boxes = [(x + rng.uniform(0, 20), 15 * i + 8, x + rng.uniform(120, 260), 15 * i + 19) for i in range(38) for x in (10, 300, 620)]
    quads = np.array([[[a, b], [c, b], [c, d], [a, d]] for a, b, c, d in boxes], np.float32)
    targets = encode(quads, np.zeros((0, 4, 2), np.float32), (960, 960), MOBILE)
    h, w, k = targets.labels.shape
    side = np.where(np.isnan(targets.side), np.array([-0.5, 0.5], np.float32), targets.side)
    score = np.where(targets.labels == 1, rng.uniform(0.7, 1, targets.labels.shape), 0)
    return {
        "score": score.astype(np.float32),
        "vertical": targets.vertical.reshape(h, w, 2 * k),
        "side": side.reshape(h, w, 2 * k).astype(np.float32),
        "link": (targets.link == 1).astype(np.float32),
    }


def measure(rounds: int = 300) -> dict[str, float]:
    """Median and best milliseconds of each stage and of all."""
    maps, taken = full_page(), []
    for _ in range(rounds):
        t0 = time.perf_counter()
        proposals = decode(maps, MOBILE)
        t1 = time.perf_counter()
        kept = suppress(proposals.boxes_net, proposals.scores, proposals.columns, MOBILE.nms_threshold)
        t2 = time.perf_counter()
        quads, _ = text_lines(proposals.take(kept), MOBILE)
        t3 = time.perf_counter()
        taken.append((t1 - t0, t2 - t1, t3 - t2, t3 - t0))
    ms = 1000 * np.array(taken[20:])
    names = ("decode", "suppress", "lines", "all")
    result = {f"{n}_median_ms": round(float(v), 2) for n, v in zip(names, np.median(ms, 0), strict=True)}
    result |= {f"{n}_best_ms": round(float(v), 2) for n, v in zip(names, ms.min(0), strict=True)}
    return {"proposals": len(proposals), "kept": len(kept), "lines": len(quads), **result}


def main(argv: list[str] | None = None) -> int:
    """Exit code 0; usage errors exit 2."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.stages", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args(argv)
    result = measure()
    save(args.out, result)
    for name, value in result.items():
        print(f"{name:20s} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
