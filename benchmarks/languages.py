"""Time of the reader's stages in each language: python -m benchmarks.languages

Python, Swift and Kotlin read the golden case of a bundle with the same int8 models on one thread, from upright pixels to texts, after
some readings to warm up. Swift is what `make ios` builds: optimised, on Linux. Kotlin is the Android app's core and reader on the JVM, by
Maven. The results go into benchmarks/results/languages.json. A phone's own times are measured by the apps' benchmark mode (docs/phone.md).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.environment import Result, save
from ctpn import command
from ctpn.contract.bundle import open_bundle
from ctpn.errors import CtpnError
from ctpn.imaging.decode import open_image
from ctpn.reader import TextReader
from ctpn.stage_timer import STAGES

ROOT = Path(__file__).parents[1]
OUT = Path(__file__).parent / "results" / "languages.json"
CASE = ROOT / "out" / "reader-case"
WARMUP, ROUNDS = 5, 20
Times = dict[str, list[float]]  # milliseconds of each reading, by stage


class LanguagesResult(Result):
    """By language and stage the median and the best milliseconds of the readings."""

    median_ms: dict[str, dict[str, float]]
    best_ms: dict[str, dict[str, float]]


def python_times() -> Times:
    """Of this package."""
    bundle = open_bundle(CASE / "bundle")
    case = bundle.golden()
    reader, photo = TextReader(bundle.folder, threads=1), open_image(bundle.folder / case.photo)
    pages = [reader.read(photo, case.regions) for _ in range(WARMUP + ROUNDS)][WARMUP:]
    return {stage: [1000 * page.times[stage] for page in pages] for stage in STAGES if stage in pages[0].times and stage != "decode"}


def swift_times() -> Times:
    """Of ios-demo, by a test that writes them.

    Raises:
        CtpnError: it cannot be built here, or fails.
    """
    return _times_of([ROOT / "ios-demo" / "test.sh", "--filter", "StageTimesTests"], "run make ios")


def kotlin_times() -> Times:
    """Of android-demo on the JVM, by a class of its tests that writes them.

    Raises:
        CtpnError: it cannot be built here, or fails.
    """
    named = ["-Dtest=ReadingTimes", "-Dsurefire.failIfNoSpecifiedTests=false"]
    command: list[str | Path] = ["mvn", "-B", "-ntp", "-f", ROOT / "android-demo" / "pom.xml", "-pl", "core,reader", "test", *named]
    return _times_of(command, "run make android")


def _times_of(command: list[str | Path], hint: str) -> Times:
    """What a command writes into the file that STAGE_TIMES names."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "times.json")
        try:
            done = subprocess.run(command, env={**os.environ, "STAGE_TIMES": str(file)}, capture_output=True, text=True)
        except FileNotFoundError as e:
            raise CtpnError(f"{command[0]}: not found ({e.strerror}); {hint}") from None
        if done.returncode or not file.is_file():
            raise CtpnError(f"{command[0]}: no times ({(done.stderr or done.stdout).strip()[-200:]}); {hint}")
        return dict(json.loads(file.read_text(encoding="utf-8")))


def summary(times: dict[str, Times]) -> LanguagesResult:
    """The result of times by language."""
    return {
        "median_ms": {name: {s: round(median(ms), 2) for s, ms in stages.items()} for name, stages in times.items()},
        "best_ms": {name: {s: round(min(ms), 2) for s, ms in stages.items()} for name, stages in times.items()},
    }


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 measured, 1 a language failed; usage errors exit 2."""
    command.parser("benchmarks.languages", __doc__).parse_args(argv)

    def measured() -> str:
        if not (CASE / "lines.json").is_file():
            raise CtpnError(f"{CASE}: no bundle and photo to read; write them: python -m tests.helpers.reader_case out/reader-case")
        save(OUT, summary({"Python": python_times(), "Swift": swift_times(), "Kotlin": kotlin_times()}))
        return str(OUT)

    return command.run("benchmarks.languages", measured)


if __name__ == "__main__":
    sys.exit(main())
