"""Our models and PP-OCRv6 on the same pages, in one run, page by page in turns, one thread each.

  python -m benchmarks.peers                    everything, into benchmarks/results/peers.json
  python -m benchmarks.peers --speed            only the net, on one page
  python -m benchmarks.peers --sets sroie,funsd only these sets
  python -m benchmarks.peers --sets sroie --limit 20 --out out/peers.json
  python -m benchmarks.peers --read             detection and recognition, into benchmarks/results/reading.json

Results of a part are added to the stored ones if those are of the same models. An interrupted run continues when the same command is
given again; --fresh ignores the stored answers.

Detection: all get pages that were reduced to a long side of 960. Reading: all get the page as it is stored, reduce it to that size for
detection, and cut the line crops out of the full page. sroie and icdar2015: the validation split; funsd and td500: all pages,
which were never trained on; waybills: synthetic, with seeds and fonts that training never used. PP-OCRv6 runs with PaddleOCR's
parameters: threshold 0.2, box threshold 0.4 (tiny) and 0.45 (small), unclip 1.4.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from benchmarks.compare import ComparisonRunner, DetectionResult, collect_answers, detection, memory, speed
from benchmarks.competitors import detectors, readers
from benchmarks.pages import ROOT, digest, pages
from benchmarks.reading_metrics import reading
from benchmarks.reading_metrics import table as reading_table
from benchmarks.results import ComparisonResults
from ctpn import command
from ctpn.reader import WEIGHTS

SETS = {"detect": ("sroie", "icdar2015", "funsd", "td500", "waybills"), "read": ("sroie", "funsd", "waybills", "icdar2015")}
MEMORY_JOB = ("sroie", 20)  # set and number of pages for the peak of memory


def run(args: argparse.Namespace) -> ComparisonResults:
    """Measure the parts that are asked for; each is stored when it is done."""
    competitors = readers() if args.read else detectors(args.models)
    results = ComparisonResults(args.out, competitors)
    with ComparisonRunner(competitors, "read" if args.read else "detect", fresh=args.fresh) as runner:
        if args.speed:
            results.add("page_960x672", speed(runner))
        for name in args.sets:
            found = pages(name, args.limit, reduced=not args.read)
            answers, reused = collect_answers(runner, found, name)
            rows = {s.name: reading(name, found, answers[s.name]) if args.read else detection(found, answers[s.name]) for s in competitors}
            results.add(name, rows, pages_sha256=digest(found), answers_reused=reused)
    if args.memory:
        peaks = memory(competitors, pages(*MEMORY_JOB, reduced=not args.read))
        results.add("memory_mb", peaks, job=f"the first {MEMORY_JOB[1]} pages of {MEMORY_JOB[0]}")
    return results


def table(result: DetectionResult) -> list[str]:
    """Markdown lines of detection, one row per set and competitor."""
    lines = ["| set | detector | IoU hmean | DetEval | ms, median | p90 | of tiny's time |", "|---" * 7 + "|"]
    for name, rows in result["sets"].items():
        for competitor, r in rows.items():
            lines.append(
                f"| {name} | {competitor} | {r['iou_h']:.3f} | {r['det_h']:.3f} | {r['ms_median']} | {r['ms_p90']} "
                f"| {r['ratio_to_tiny']:.2f} |"
            )
    for competitor, net in result.get("page_960x672", {}).items():
        lines.append(f"| a page of 960 x 672 | {competitor}, net alone | | | {net['net_ms']} | | {net['ratio_to_tiny']:.2f} |")
    return lines


def summary(result: Any, mode: str) -> str:
    """What is printed of a ReadingResult in the mode "read", else of a DetectionResult: a table, and for each competitor the size of its
    files and its memory."""
    lines = reading_table(result) if mode == "read" else table(result)
    peaks = result.get("memory_mb", {})
    lines += [
        f"{s}: {mb} MB of files" + (f", {peaks[s]} MB of memory at most" if s in peaks else "") for s, mb in result["size_mb"].items()
    ]
    return "\n".join(lines)


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line; without a part named, all parts."""
    parser = command.parser("benchmarks.peers", __doc__)
    parser.add_argument("--read", action="store_true", help="detection and recognition from end to end, with the shipped models")
    parser.add_argument("--speed", action="store_true", help="only the net, on one page (detection)")
    parser.add_argument("--memory", action="store_true", help="peak memory, in new processes")
    parser.add_argument("--sets", type=lambda text: text.split(","), default=[], metavar="A,B", help=f"some of {','.join(SETS['detect'])}")
    parser.add_argument("--limit", type=int, help="only the first LIMIT pages of each set; needs --out")
    parser.add_argument("--fresh", action="store_true", help="ignore stored answers")
    parser.add_argument("--models", type=Path, metavar="DIR", help="folder of our two detectors (default: ctpn/weights)")
    parser.add_argument("--out", type=Path, help="file of the results (default: benchmarks/results/peers.json or reading.json)")
    args = parser.parse_args(argv)
    problem = _problem(args)
    if problem:
        parser.error(problem)
    if not (args.speed or args.memory or args.sets):
        args.speed, args.memory, args.sets = not args.read, True, list(SETS["read" if args.read else "detect"])
    args.models = args.models or WEIGHTS
    args.out = args.out or ROOT / "benchmarks" / "results" / ("reading.json" if args.read else "peers.json")
    return args


def _problem(args: argparse.Namespace) -> str | None:
    """What is wrong with a command line, or None."""
    known = SETS["read" if args.read else "detect"]
    if set(args.sets) - set(known):
        return f"--sets: expected some of {','.join(known)}, got {','.join(args.sets)}"
    if args.limit is not None and (args.limit < 1 or not args.out):
        return "--limit: expected 1 or more, and --out FILE: partial results do not belong among the stored ones"
    if args.read and (args.speed or args.models):
        return "--read: measures the shipped models on sets; omit --speed and --models"
    return None


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 measured, 1 failed, 130 stopped by hand; usage errors exit 2."""
    args = parse(argv)
    return command.run("benchmarks.peers", lambda: summary(run(args).data, "read" if args.read else "detect"), resumes=True)


if __name__ == "__main__":
    sys.exit(main())
