"""Bulk reading beside the bare reader, and its memory over many photos: python -m benchmarks.bulk

  python -m benchmarks.bulk                                    some 20 minutes; writes benchmarks/results/bulk.json
  python -m benchmarks.bulk --photos 40 --many 500 --out out/bulk.json

For each number of processes three sides read the same photos in turns, from files to texts: as many bare readers, each in a loop of
its own; `ctpn.batch` with its pool, and with Ray Data, both writing Parquet. Rates leave out how long processes take to start.
Then `ctpn.batch` reads many small photos, and the memory of all its processes is watched.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import cv2
import numpy as np

from benchmarks.environment import Result, save
from benchmarks.memory import family, megabytes
from ctpn import command
from ctpn.batch.bulk import ReadOptions, read_page
from ctpn.batch.item import Outcome
from ctpn.batch.pool import outcomes
from ctpn.batch.ray_data import BLOCK, outcomes_by_ray
from ctpn.batch.sources import Items
from ctpn.errors import CtpnError
from ctpn.imaging.decode import open_image

if TYPE_CHECKING:
    from ctpn.batch.parquet import Parts

ROOT = Path(__file__).parents[1]
OUT = ROOT / "benchmarks" / "results" / "bulk.json"
PHOTOS = tuple(sorted((ROOT / "examples").glob("*.jpg")))
TURNS = 3
SIDES = ("bare", "pool", "ray")


class Rates(TypedDict):
    """Photos a second of each side, median of the turns; `pool_share` and `ray_share` are medians of the turns' own ratios."""

    bare: float
    pool: float
    ray: float
    pool_share: float
    ray_share: float


class Memory(TypedDict):
    """Megabytes of all processes, mean over the second and over the last tenth of the time that `photos` small photos took."""

    photos: int
    jobs: int
    first_mb: float
    last_mb: float


class BulkResult(Result):
    """The result.

    Attributes:
        photos: names of the photos that the sides read over and over; `bytes` is their mean size.
        rates: by number of processes.
        row_bytes: of a photo's row in a Parquet file of these photos.
    """

    photos: list[str]
    bytes: int
    rates: dict[str, Rates]
    row_bytes: int
    memory: Memory


def _bare(seconds: float, ready, begin, answers) -> None:  # type: ignore[no-untyped-def]
    """Photos a second of a reader alone, one thread; runs in a process of its own."""
    cv2.setNumThreads(1)
    options = ReadOptions(threads=1)
    for photo in PHOTOS:
        read_page(photo.read_bytes(), options)
    ready.put(True)
    begin.wait()
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < seconds or count % len(PHOTOS):
        read_page(PHOTOS[count % len(PHOTOS)].read_bytes(), options)
        count += 1
    answers.put(count / (time.perf_counter() - began))


def bare(jobs: int, seconds: float) -> float:
    """Photos a second of `jobs` bare readers together."""
    spawn = get_context("spawn")
    ready, begin, answers = spawn.Queue(), spawn.Event(), spawn.Queue()
    processes = [spawn.Process(target=_bare, args=(seconds, ready, begin, answers)) for _ in range(jobs)]
    for process in processes:
        process.start()
    for _ in processes:
        ready.get(timeout=300)
    begin.set()
    rate = sum(answers.get(timeout=60 + 10 * seconds) for _ in processes)
    for process in processes:
        process.join()
    return float(rate)


def written(found: Iterator[Outcome], parts: Parts, skipped: int) -> float:
    """Photos a second from the outcome number `skipped` on, each written to Parquet."""
    times = []
    for outcome in found:
        parts.add(outcome)
        times.append(time.perf_counter())
        if outcome.page is None:
            raise CtpnError(outcome.error)
    parts.close()
    return (len(times) - skipped) / (times[-1] - times[skipped - 1])


def rates(folder: Path, names: Sequence[str], jobs: int) -> Rates:
    """All sides in turns."""
    from ctpn.batch.parquet import Parts

    options, skipped = ReadOptions(threads=1), 2 * BLOCK * jobs
    turns = []
    for turn in range(TURNS):
        pool = written(outcomes(Items(names), options, jobs), Parts(folder / f"pool-{jobs}-{turn}", names, {}), skipped)
        alone = bare(jobs, len(names) / pool)
        by_ray = written(outcomes_by_ray(Items(names), options, jobs, "local"), Parts(folder / f"ray-{jobs}-{turn}", names, {}), skipped)
        turns.append((alone, pool, by_ray))
        _say(f"{jobs} processes, turn {turn + 1}: " + ", ".join(f"{side} {rate:.2f}" for side, rate in zip(SIDES, turns[-1], strict=True)))
    medians = np.median(turns, axis=0).round(3).tolist()
    pool_share, ray_share = (round(float(np.median([turn[i] / turn[0] for turn in turns])), 3) for i in (1, 2))
    return {"bare": medians[0], "pool": medians[1], "ray": medians[2], "pool_share": pool_share, "ray_share": ray_share}


def memory(folder: Path, count: int, jobs: int) -> Memory:
    """The memory of the command while it reads `count` small photos."""
    small = folder / "small.jpg"
    cv2.imwrite(str(small), open_image(PHOTOS[-1])[:96, :320, ::-1])
    (folder / "many").mkdir()
    linked(folder / "many", [small], count)
    argv = [sys.executable, "-m", "ctpn.batch", str(folder / "many"), "--out", str(folder / "many-rows"), "--jobs", str(jobs)]
    samples: list[float] = []
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(argv, cwd=ROOT, stdout=log, stderr=log)
        while process.poll() is None:
            samples.append(megabytes(family(process.pid)))
            time.sleep(0.25)
    if process.returncode:
        raise CtpnError(f"ctpn.batch: {(folder / 'log').read_text()[-300:]}")
    samples = [sample for sample in samples if sample]  # the last look may come when all have just ended
    tenth = max(1, len(samples) // 10)
    first, last = np.mean(samples[tenth : 2 * tenth]), np.mean(samples[-tenth:-1] or samples[-1:])
    return {"photos": count, "jobs": jobs, "first_mb": round(float(first), 1), "last_mb": round(float(last), 1)}


def _row_bytes(folder: Path, names: Sequence[str]) -> int:
    """Of each of a few different photos; over many, a file's own frame would be shared by more rows."""
    from ctpn.batch.parquet import Parts

    written(outcomes(Items(names), ReadOptions(threads=1), 1), Parts(folder, names, {}), 1)
    return sum(p.stat().st_size for p in folder.glob("*.parquet")) // len(names)


def linked(folder: Path, photos: Sequence[Path], count: int) -> list[str]:
    """`count` links to photos, each with a name of its own."""
    names = [str(folder / f"{i:06d}{photo.suffix}") for i, photo in enumerate(islice(cycle(photos), count))]
    for name, photo in zip(names, cycle(photos), strict=False):
        os.symlink(photo, name)
    return names


def measure(args: argparse.Namespace) -> BulkResult:
    """Everything, one after the other."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "photos").mkdir()
        names = linked(folder / "photos", PHOTOS, args.photos)
        found = {str(jobs): rates(folder, names, jobs) for jobs in args.jobs}
        row_bytes = _row_bytes(folder / "rows", names[: len(PHOTOS)])
        kept = memory(folder, args.many, args.jobs[-1])
        _say(f"memory: {kept}")
    size = sum(p.stat().st_size for p in PHOTOS) // len(PHOTOS)
    return {"photos": [p.name for p in PHOTOS], "bytes": size, "rates": found, "row_bytes": row_bytes, "memory": kept}


def _say(text: str) -> None:
    print(f"benchmarks.bulk: {text}", file=sys.stderr, flush=True)


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = command.parser("benchmarks.bulk", __doc__)
    parser.add_argument("--photos", type=int, default=200, help="that each side reads in a turn (default: %(default)s)")
    parser.add_argument("--many", type=int, default=20_000, help="small photos for memory (default: %(default)s)")
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2], help="numbers of processes (default: 1 2)")
    parser.add_argument("--out", type=Path, default=OUT, help="(default: %(default)s)")
    args = parser.parse_args(argv)
    if min(args.jobs) < 1 or args.photos <= 2 * BLOCK * max(args.jobs):
        parser.error(f"--photos: expected more than {2 * BLOCK} for each process, got {args.photos}")
    return args


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 measured, 1 failed; usage errors exit 2."""
    args = parse(argv)
    command.require("ray", "pyarrow", "fsspec", "ray")

    def measured() -> str:
        found = measure(args)
        save(args.out, found)
        shares = ", ".join(f"{jobs}: {one['pool_share']:.3f}, Ray {one['ray_share']:.3f}" for jobs, one in found["rates"].items())
        return f"{args.out}: of the bare readers' throughput by number of processes: {shares}"

    return command.run("benchmarks.bulk", measured)


if __name__ == "__main__":
    sys.exit(main())
