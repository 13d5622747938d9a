"""Run all competitors on the same pages, page by page in turns, and keep their answers.

Each answer is stored at once in .cache/answers, under a key of everything that it depends on, so an interrupted run continues where it
stopped. Times are compared only within one turn. So a stored answer has PP-OCRv6 tiny's time for its page in the same turn, and whenever
any competitor is asked again, tiny is asked too.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Literal, TypedDict

import cv2
import numpy as np
from tqdm import tqdm

from benchmarks.competitors import REFERENCE, Competitor, CompetitorProcess
from benchmarks.environment import write
from benchmarks.pages import CACHE, ROOT, Page, write_png
from benchmarks.results import Compared, NetRow
from ctpn.evaluation.metrics import DetectionCounts, detection_metrics, measure_detection

Part = Literal["pre", "net", "post", "detect", "read"]
PARTS: dict[str, tuple[Part, ...]] = {"detect": ("pre", "net", "post"), "read": ("detect", "read")}


class Answer(TypedDict, total=False):
    """What a competitor found on a page.

    Attributes:
        quads: of the lines, four corners (x, y) each, in pixels of the page.
        texts: of the lines; only of those that read.
        memory: peak, megabytes.
        pre, net, post: milliseconds of those that detect.
        detect, read: milliseconds of those that read.
        ms: of all parts; reference_ms: the reference's in the same turn.
    """

    quads: list[list[list[float]]]
    texts: list[str]
    memory: float
    pre: float
    net: float
    post: float
    detect: float
    read: float
    ms: float
    reference_ms: float


class PageTimes(TypedDict):
    """Milliseconds per page: of each part the median and the mean, of all parts the median, the 90th percentile and the mean; the ratio of
    the median to the reference's in the same turns."""

    ms: dict[str, float]
    ms_mean: dict[str, float]
    ms_median: float
    ms_p90: float
    ms_page_mean: float
    ratio_to_tiny: float


class DetectionRow(PageTimes):
    """A competitor's row of a set: number of pages, and the metrics of `detection_metrics`."""

    pages: int
    iou_p: float
    iou_r: float
    iou_h: float
    det_p: float
    det_r: float
    det_h: float


class DetectionResult(Compared):
    """The result of detection: rows by set and competitor."""

    sets: dict[str, dict[str, DetectionRow]]


class ComparisonRunner:
    """The competitors and their answers; a process starts when it is first needed.

    Args:
        mode: "detect" or "read".
        fresh: ask again where an answer is stored.
        folder: of the stored answers.
    """

    def __init__(self, competitors: list[Competitor], mode: str, *, fresh: bool = False, folder: Path = CACHE / "answers") -> None:
        self.competitors, self.mode, self.fresh = competitors, mode, fresh
        self.folders = {s.name: folder / f"{mode}-{s.key()[:16]}" for s in competitors}
        self.processes: dict[str, CompetitorProcess] = {}

    def __enter__(self) -> ComparisonRunner:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for process in self.processes.values():
            process.close()

    def ask(self, competitor: Competitor, file: Path) -> Answer:
        """A new answer; the very first one of a process is discarded, since it is slow."""
        if competitor.name not in self.processes:
            self.processes[competitor.name] = CompetitorProcess(competitor)
            self.processes[competitor.name].ask(file)
        answer: Answer = self.processes[competitor.name].ask(file)
        return {**answer, "ms": sum(answer[p] for p in PARTS[self.mode])}

    def stored(self, competitor: Competitor, page: Page) -> Answer | None:
        """The stored answer, if there is one and it may be used."""
        file = self._file(competitor, page)
        if self.fresh or not file.exists():
            return None
        answer: Answer = json.loads(file.read_text(encoding="utf-8"))
        return answer

    def keep(self, competitor: Competitor, page: Page, answer: Answer) -> None:
        """Store an answer."""
        write(self._file(competitor, page), answer, indent=None)

    def _file(self, competitor: Competitor, page: Page) -> Path:
        return self.folders[competitor.name] / f"{page.digest[:32]}.json"


def collect_answers(runner: ComparisonRunner, pages: list[Page], title: str) -> tuple[dict[str, list[Answer]], int]:
    """The answers to all pages by competitor, and how many of them were already stored."""
    found: dict[str, list[Answer]] = {s.name: [] for s in runner.competitors}
    reused = 0
    for turn, page in enumerate(tqdm(pages, desc=title)):
        stored = {s.name: runner.stored(s, page) for s in runner.competitors}
        new = _one_turn(runner, [s for s in runner.competitors if stored[s.name] is None], page, turn)
        reused += len(runner.competitors) - len(new)
        for name, answer in ({k: v for k, v in stored.items() if v} | new).items():
            found[name].append(answer)
    return found, reused


def _one_turn(runner: ComparisonRunner, missing: list[Competitor], page: Page, turn: int) -> dict[str, Answer]:
    """Ask those without an answer, and the reference too; the first place rotates."""
    asked = [s for s in runner.competitors if s in missing or (missing and s.name == REFERENCE)]
    order = [asked[(k + turn) % len(asked)] for k in range(len(asked))]
    given = {s.name: runner.ask(s, page.file) for s in order}
    new: dict[str, Answer] = {s.name: {**given[s.name], "reference_ms": given[REFERENCE]["ms"]} for s in missing}
    for competitor in missing:
        runner.keep(competitor, page, new[competitor.name])
    return new


def detection(pages: list[Page], answers: list[Answer]) -> DetectionRow:
    """A competitor's row of a set: accuracy and times."""
    counts = DetectionCounts()
    for page, answer in zip(pages, answers, strict=True):
        counts += measure_detection(page.annotations, [np.array(q, np.float32) for q in answer["quads"]])
    metrics = {k: round(v, 4) for k, v in detection_metrics(counts).items()}
    return {
        "pages": len(pages), "iou_p": metrics["iou_p"], "iou_r": metrics["iou_r"], "iou_h": metrics["iou_h"],
        "det_p": metrics["det_p"], "det_r": metrics["det_r"], "det_h": metrics["det_h"], **times(answers, PARTS["detect"]),
    }  # fmt: skip


def times(answers: list[Answer], parts: tuple[Part, ...]) -> PageTimes:
    """Milliseconds per page, in total and by part, and the ratio to the reference's time in the same turns."""
    ms = np.array([a["ms"] for a in answers])
    by_part = np.array([[a[p] for p in parts] for a in answers])
    return {
        "ms": dict(zip(parts, np.median(by_part, 0).round(1).tolist(), strict=True)),
        "ms_mean": dict(zip(parts, by_part.mean(0).round(1).tolist(), strict=True)),
        "ms_median": round(float(np.median(ms)), 1),
        "ms_p90": round(float(np.percentile(ms, 90)), 1),
        "ms_page_mean": round(float(ms.mean()), 1),
        "ratio_to_tiny": round(float(np.median(ms) / np.median([a["reference_ms"] for a in answers])), 3),
    }


def speed(runner: ComparisonRunner, *, rounds: int = 15) -> dict[str, NetRow]:
    """The detector's net alone on one page of 960 x 672, in turns: milliseconds and ratio to the reference; nothing is stored."""
    page = CACHE / "pages" / "speed.png"
    write_png(page, cv2.resize(cv2.imread(str(ROOT / "examples" / "receipt.jpg")), (672, 960)))
    taken: dict[str, list[float]] = {s.name: [] for s in runner.competitors}
    for _ in tqdm(range(rounds + 2), desc="speed"):
        for competitor in runner.competitors:
            taken[competitor.name].append(runner.ask(competitor, page)["net"])
    net = {name: np.array(t[2:]) for name, t in taken.items()}  # the first ones are slow
    tiny = float(np.median(net[REFERENCE]))
    return {
        name: {"net_ms": round(m, 1), "net_best_ms": round(float(net[name].min()), 1), "ratio_to_tiny": round(m / tiny, 3)}
        for name, m in ((n, float(np.median(t))) for n, t in net.items())
    }


def memory(competitors: list[Competitor], pages: list[Page]) -> dict[str, int]:
    """Peak memory of each competitor on the same pages, megabytes, in new processes, so that earlier work does not count."""
    peaks = {}
    for competitor in tqdm(competitors, desc="memory"):
        with CompetitorProcess(competitor) as process:
            peaks[competitor.name] = round(max(process.ask(page.file)["memory"] for page in pages))
    return peaks
