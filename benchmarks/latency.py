"""Time of each model under each runtime, and of each stage of the reader: python -m benchmarks.latency

  python -m benchmarks.latency                           about 6 minutes, into benchmarks/results/latency.json
  python -m benchmarks.latency --model mobile --out out/latency.json

Measures the exported files in --models. A file that is missing is reported with the command that writes it. This command writes VGG16's
files with untrained weights, on which the time does not depend. OpenVINO, if it is installed, gets only the files of any size, because
the unrolled ones are for accelerators without a GRU. Inputs: a page of 960 x 960 for the mobile detector and of 640 x 640 for VGG16,
four line crops of 32 x 320 for the recogniser; other sizes for the ONNX files of any size, on one thread; the sample photos, from file
to text, for the stages.

Each file runs in a process of its own. Loading, first run and memory are medians of three processes. Then all files of a model run in
turns, and the file that is first changes with each round. The first rounds do not count. Of the others the results have the median, the
90th percentile and the best time, by the monotonic clock. In the same turns a matrix product and a convolution measure the machine's
peak (benchmarks/machine_peak.py). A model's best time is compared with that of the faster of the two. A file with 8-bit weights that
computes in float32 counts as float32.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Literal, TypedDict

import numpy as np
from tqdm import tqdm

from benchmarks import machine_peak
from benchmarks.competitors import Competitor, CompetitorProcess
from benchmarks.environment import Result, save
from benchmarks.pages import CACHE, ROOT
from benchmarks.timed_models import FILES, About, TimedKernel, TimedModel, gmac, other_inputs, peaks, timed_models
from ctpn import command
from ctpn.errors import CtpnError
from ctpn.files import sha256
from ctpn.reader import SHIPPED_DETECTOR, SHIPPED_RECOGNIZER
from ctpn.stage_timer import STAGES

ROUNDS = {"mobile": 30, "crnn": 40, "vgg16": 6}
PHOTOS, PHOTO_ROUNDS = ("receipt.jpg", "waybill.jpg"), 20
WARMUP, STARTS = 2, 2  # rounds that do not count; processes for loading and the first run alone

Answer = dict[str, float]  # milliseconds and megabytes, see competitor_process.py
Answers = list[list[Answer]]  # by competitor, then by round
Peaks = dict[str, dict[str, float]]  # 10⁹ operations per second by threads and precision


class Times(TypedDict):
    """Milliseconds without the warm-up."""

    ms_median: float
    ms_p90: float
    ms_best: float


class Startup(TypedDict):
    """Milliseconds of loading and of the first run, peak memory in megabytes and its increase by loading and running."""

    load_ms: float
    first_ms: float
    memory_mb: float
    memory_added_mb: float


class Speed(TypedDict):
    """10⁹ operations per second, and their ratio to the machine's peak with as many threads and the same precision."""

    gops: float
    share_of_peak: float


class Described(TypedDict):
    """Size and digest of a file."""

    megabytes: float
    sha256: str


class ModelRow(About, Described, Times, Startup, Speed):
    """A model file under one runtime."""


class SizeRow(Times, Speed):
    """An ONNX file of any size with an input of this shape, on one thread."""

    file: str
    precision: str
    threads: int
    input: list[int]
    memory_mb: float


class ModelPart(TypedDict):
    """A model: shape of the input, 10⁹ multiplications for it, rounds, the machine's peak, its files, and other sizes of the input."""

    input: list[int]
    gmac: float
    rounds: int
    peak_gops: Peaks
    rows: list[ModelRow]
    sizes: list[SizeRow]


class StageTimes(TypedDict):
    """The reader on one photo: lines found, milliseconds by stage and between them (`rest`), of all together, peak memory."""

    found: int
    ms: dict[str, float]
    whole: Times
    memory_mb: float


class LatencyResult(Result):
    """The result: the models, the stages by photo and threads, and what was not measured, with the reason and what to do."""

    models: dict[str, ModelPart]
    stages: dict[str, dict[str, StageTimes]]
    missing: list[dict[str, str]]


def run_in_turns(asked: Sequence[tuple[Competitor, Path]], rounds: int, title: str) -> Answers:
    """The answers of each competitor to its request, in turns; WARMUP rounds come first and are slow."""
    found: Answers = [[] for _ in asked]
    with ExitStack() as stack:
        processes = [stack.enter_context(CompetitorProcess(competitor)) for competitor, _ in asked]
        for turn in tqdm(range(rounds + WARMUP), desc=title):
            for k in range(len(asked)):
                i = (k + turn) % len(asked)
                found[i].append(processes[i].ask(asked[i][1]))
    return found


def measure_starts(files: Sequence[TimedModel], title: str) -> Answers:
    """Two answers of each of STARTS new processes per file, for loading and the first run."""
    found: Answers = [[] for _ in files]
    for _ in tqdm(range(STARTS), desc=f"{title}: starts"):
        for file, answers in zip(files, found, strict=True):
            with CompetitorProcess(file.competitor) as process:
                answers += [process.ask(file.request), process.ask(file.request)]
    return found


def startup_metrics(starts: list[Answer], rounds: list[Answer]) -> Startup:
    """Milliseconds of loading and of the first run, peak memory in megabytes and its increase by loading and running: medians over
    the processes of `starts` and the one of `rounds`."""
    firsts, lasts = [*starts[::2], rounds[0]], [*starts[1::2], rounds[-1]]
    rows = [(a["load"], a["net"], b["memory"], b["memory"] - b["before"]) for a, b in zip(firsts, lasts, strict=True)]
    load, first, memory, added = np.median(rows, 0).round(1).tolist()
    return {"load_ms": load, "first_ms": first, "memory_mb": memory, "memory_added_mb": added}


def measure_model(model: str, args: argparse.Namespace) -> tuple[ModelPart, list[dict[str, str]]]:
    """A model's part of the results, and what could not be measured."""
    files, missing = timed_models(model, args.models, args.cache)
    if not files:
        raise CtpnError(f"{args.models}: no file of {model} in it; {missing[0]['do']}")
    kernels = peaks(args.cache)
    fresh = measure_starts(files, model)
    answers = run_in_turns(
        [*((f.competitor, f.request) for f in files), *((k.competitor, k.request) for k in kernels)], ROUNDS[model], model
    )
    best = peak_speeds(kernels, answers[len(files) :])
    pixels = np.load(files[0].request)
    work = gmac(model, pixels)
    rows: list[ModelRow] = [
        {**f.about, **described(f.competitor.models[0]), **times(given), **startup_metrics(first, given),
         **speed(work, f.about, times(given)["ms_best"], best)}
        for f, given, first in zip(files, answers, fresh, strict=False)
    ]  # fmt: skip
    return {
        "input": list(pixels.shape), "gmac": round(work, 4), "rounds": ROUNDS[model], "peak_gops": best, "rows": rows,
        "sizes": sizes(model, files, best, args.cache),
    }, missing  # fmt: skip


def sizes(model: str, files: Sequence[TimedModel], best: Peaks, cache: Path) -> list[SizeRow]:
    """The ONNX files of any size, float and int8, on one thread, with inputs of several sizes."""
    plain = {"variant": "any size", "runtime": "onnxruntime", "threads": 1}
    chosen = [f for f in files if f.about["file"] in (f"{model}.onnx", f"{model}-int8.onnx") and plain.items() <= f.about.items()]
    requests = other_inputs(model, cache)
    work = {r: (shape := list(np.load(r).shape), gmac(model, np.zeros(shape, np.uint8))) for r in requests}
    asked = [(f, r) for f in chosen for r in requests]
    answers = run_in_turns([(f.competitor, r) for f, r in asked], ROUNDS[model], f"{model}: sizes")
    return [_sized(f.about, *work[r], given, best) for (f, r), given in zip(asked, answers, strict=True)]


def _sized(about: About, shape: list[int], work: float, given: list[Answer], best: Peaks) -> SizeRow:
    ms, memory = times(given), round(max(a["memory"] for a in given), 1)
    return {
        "file": about["file"], "precision": about["precision"], "threads": about["threads"], "input": shape, "memory_mb": memory,
        **ms, **speed(work, about, ms["ms_best"], best),
    }  # fmt: skip


def described(file: Path) -> Described:
    """Size and digest."""
    return {"megabytes": round(file.stat().st_size / 1e6, 3), "sha256": sha256(file)}


def times(answers: list[Answer], part: Literal["net", "whole"] = "net") -> Times:
    """Median, 90th percentile and best of a part, milliseconds, without the warm-up."""
    ms = [a[part] for a in answers[WARMUP:]]
    return {"ms_median": round(float(np.median(ms)), 2), "ms_p90": round(float(np.percentile(ms, 90)), 2), "ms_best": round(min(ms), 2)}


def peak_speeds(kernels: list[TimedKernel], answers: Answers) -> Peaks:
    """10⁹ operations per second of the faster kernel, by threads and precision."""
    best: Peaks = {}
    for kernel, given in zip(kernels, answers, strict=True):
        of_threads = best.setdefault(str(kernel.threads), {})
        gops = machine_peak.OPERATIONS[kernel.kernel] / min(a["net"] for a in given[WARMUP:]) / 1e6
        of_threads[kernel.precision] = max(of_threads.get(kernel.precision, 0.0), round(gops, 1))
    return best


def speed(work: float, about: About, ms: float, best: Peaks) -> Speed:
    """Operations per second, and their ratio to the machine's peak with as many threads and the same precision."""
    gops = 2000 * work / ms
    precision = "int8" if about["precision"] == "int8" else "float32"
    return {"gops": round(gops, 1), "share_of_peak": round(gops / best[str(about["threads"])][precision], 3)}


def stages() -> dict[str, dict[str, StageTimes]]:
    """Milliseconds of each stage of the shipped reader, by photo and threads; `rest` is the time between them."""
    readers = {
        str(n): Competitor(f"reader, {n} threads", Path(sys.executable), ("stages", str(n)), (SHIPPED_DETECTOR, SHIPPED_RECOGNIZER))
        for n in (1, 2)
    }
    found: dict[str, dict[str, StageTimes]] = {}
    for photo in PHOTOS:
        answers = run_in_turns([(reader, ROOT / "examples" / photo) for reader in readers.values()], PHOTO_ROUNDS, photo)
        found[photo] = {threads: _stages(given) for threads, given in zip(readers, answers, strict=True)}
    return found


def _stages(answers: list[Answer]) -> StageTimes:
    counted = answers[WARMUP:]
    ms = {name: round(float(np.median([a[name] for a in counted])), 2) for name in STAGES}
    rest = round(float(np.median([a["whole"] - sum(a[name] for name in STAGES) for a in counted])), 2)
    return {"found": int(answers[0]["found"]), "ms": {**ms, "rest": rest}, "whole": times(answers, "whole"),
            "memory_mb": round(max(a["memory"] for a in answers), 1)}  # fmt: skip


def run(args: argparse.Namespace) -> LatencyResult:
    """Measure; each part is stored when it is done."""
    result: LatencyResult = {"models": {}, "stages": {}, "missing": []}
    for model in args.model:
        result["models"][model], missing = measure_model(model, args)
        result["missing"] += missing
        save(args.out, result)
    result["stages"] = stages()
    save(args.out, result)
    return result


def table(result: LatencyResult) -> str:
    """Markdown: the models, the stages, what is missing."""
    head = ("file", "runtime", "threads", "MB", "ms, median", "p90", "of peak", "load", "first", "memory added, MB")
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for r in (row for part in result["models"].values() for row in part["rows"]):
        cells = (r["file"], r["runtime"], r["threads"], f"{r['megabytes']:.2f}", f"{r['ms_median']:.1f}", f"{r['ms_p90']:.1f}",
                 f"{r['share_of_peak']:.2f}", f"{r['load_ms']:.0f}", f"{r['first_ms']:.0f}", f"{r['memory_added_mb']:.0f}")  # fmt: skip
        lines.append(f"| {' | '.join(map(str, cells))} |")
    for photo, by_threads in result["stages"].items():
        for threads, s in by_threads.items():
            parts = ", ".join(f"{name} {ms:.1f}" for name, ms in s["ms"].items())
            lines.append(f"{photo}, threads {threads}: {s['whole']['ms_median']:.1f} ms, {s['found']} lines: {parts}")
    return "\n".join([*lines, *(f"not measured: {m['what']}: {m['why']}; {m['do']}" for m in result["missing"])])


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = command.parser("benchmarks.latency", __doc__)
    parser.add_argument("--model", choices=list(FILES), help="one model (default: all); needs --out")
    parser.add_argument("--models", type=Path, default=ROOT / "out", help="folder of the exported files (default: out)")
    parser.add_argument("--out", type=Path, help="file of the results (default: benchmarks/results/latency.json)")
    args = parser.parse_args(argv)
    if args.model and not args.out:
        parser.error("--model: expected --out FILE too: partial results do not belong among the stored ones")
    args.model = [args.model] if args.model else list(FILES)
    args.out, args.cache = args.out or ROOT / "benchmarks" / "results" / "latency.json", CACHE / "latency"
    return args


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 measured, 1 failed, 130 stopped by hand; usage errors exit 2."""
    args = parse(argv)
    return command.run("benchmarks.latency", lambda: table(run(args)))


if __name__ == "__main__":
    sys.exit(main())
