"""Run the fuzzer: python -m tests.fuzz [--count N] [--seed S] [--kind KIND] [--out DIR]

Prints how many cases of each kind ended in a result and in an error, and each finding with its seed; its input stays in DIR. A finding
is run again with --kind KIND --seed S --count 1.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from tests.fuzz.frame import KINDS, Case, run


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 no finding, 1 findings; usage errors exit 2."""
    parser = argparse.ArgumentParser("python -m tests.fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=500, help="cases of all kinds together (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the first case; the others follow (default: %(default)s)")
    parser.add_argument("--kind", choices=KINDS, action="append", help="only this kind; may be given again")
    parser.add_argument("--out", type=Path, default=Path(".train/fuzz"), help="folder for the inputs of findings (default: %(default)s)")
    args = parser.parse_args(argv)
    kinds = args.kind or KINDS
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in kinds}
    slowest, most, findings = 0.0, 0, 0
    for outcome in run((Case(kinds[i % len(kinds)], args.seed + i // len(kinds)) for i in range(args.count)), args.out):
        counts[outcome.case.kind][outcome.end] += 1
        slowest, most = max(slowest, outcome.seconds), max(most, outcome.megabytes)
        if outcome.is_finding:
            findings += 1
            print(f"{outcome.case.kind} --seed {outcome.case.seed}: {outcome.end}: {outcome.detail}", flush=True)
    for kind, ends in counts.items():
        print(f"{kind}: " + ", ".join(f"{count} {end}" for end, count in sorted(ends.items())))
    print(f"{findings} findings; the slowest case took {slowest:.1f} s, the largest {most} MB")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
