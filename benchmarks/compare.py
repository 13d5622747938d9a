"""Everyone over the same pages in turns, page by page, and what has been answered is kept.

An answer is stored as soon as it is given, in .cache/answers, under all that it depends on; a run that was cut off goes
on where it stopped. Times are only ever compared within one turn: a stored answer knows what PP-OCRv6 tiny took for
its page in the same turn, and where others have to be asked again, tiny is asked beside them.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from benchmarks.competitors import REFERENCE, Competitor, CompetitorProcess
from benchmarks.environment import write
from benchmarks.pages import CACHE, ROOT, Page, write_png
from ctpn.evaluation.metrics import DetectionCounts, detection_metrics, measure_detection

Answer = dict[str, Any]
PARTS = {"detect": ("pre", "net", "post"), "read": ("detect", "read")}


class ComparisonRunner:
    """The sides and what they have answered; a worker starts when it is first needed.

    Args:
        mode: "detect" or "read".
        fresh: ask again what is stored.
        folder: of the stored answers.
    """

    def __init__(self, sides: list[Competitor], mode: str, *, fresh: bool = False, folder: Path = CACHE / "answers") -> None:
        self.sides, self.mode, self.fresh = sides, mode, fresh
        self.folders = {s.name: folder / f"{mode}-{s.key()[:16]}" for s in sides}
        self.workers: dict[str, CompetitorProcess] = {}

    def __enter__(self) -> ComparisonRunner:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for worker in self.workers.values():
            worker.close()

    def ask(self, side: Competitor, file: Path) -> Answer:
        """A new answer; the very first one of a worker is thrown away, as it is slow."""
        if side.name not in self.workers:
            self.workers[side.name] = CompetitorProcess(side)
            self.workers[side.name].ask(file)
        answer = self.workers[side.name].ask(file)
        return answer | {"ms": sum(answer[p] for p in PARTS[self.mode])}

    def stored(self, side: Competitor, page: Page) -> Answer | None:
        """The kept answer, if there is one and it is wanted."""
        file = self._file(side, page)
        if self.fresh or not file.exists():
            return None
        answer: Answer = json.loads(file.read_text(encoding="utf-8"))
        return answer

    def keep(self, side: Competitor, page: Page, answer: Answer) -> None:
        """Store an answer."""
        write(self._file(side, page), answer, indent=None)

    def _file(self, side: Competitor, page: Page) -> Path:
        return self.folders[side.name] / f"{page.digest[:32]}.json"


def turns(crew: ComparisonRunner, pages: list[Page], title: str) -> tuple[dict[str, list[Answer]], int]:
    """All answers to all pages by side, and how many of them were stored before."""
    found: dict[str, list[Answer]] = {s.name: [] for s in crew.sides}
    reused = 0
    for turn, page in enumerate(tqdm(pages, desc=title)):
        stored = {s.name: crew.stored(s, page) for s in crew.sides}
        new = _one_turn(crew, [s for s in crew.sides if stored[s.name] is None], page, turn)
        reused += len(crew.sides) - len(new)
        for name, answer in ({k: v for k, v in stored.items() if v} | new).items():
            found[name].append(answer)
    return found, reused


def _one_turn(crew: ComparisonRunner, missing: list[Competitor], page: Page, turn: int) -> dict[str, Answer]:
    """Ask those who have not answered, and the reference beside them; nobody always comes first."""
    asked = [s for s in crew.sides if s in missing or (missing and s.name == REFERENCE)]
    order = [asked[(k + turn) % len(asked)] for k in range(len(asked))]
    given = {s.name: crew.ask(s, page.file) for s in order}
    new = {s.name: given[s.name] | {"reference_ms": given[REFERENCE]["ms"]} for s in missing}
    for side in missing:
        crew.keep(side, page, new[side.name])
    return new


def detection(pages: list[Page], answers: list[Answer]) -> dict[str, Any]:
    """One side's row of a set: accuracy and times."""
    counts = DetectionCounts()
    for page, answer in zip(pages, answers, strict=True):
        counts += measure_detection(page.annotations, [np.array(q, np.float32) for q in answer["quads"]])
    return {"pages": len(pages), **{k: round(v, 4) for k, v in detection_metrics(counts).items()}, **times(answers, PARTS["detect"])}


def times(answers: list[Answer], parts: tuple[str, ...]) -> dict[str, Any]:
    """Milliseconds a page, whole and by part, and the share of the reference's time in the same turns."""
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


def speed(crew: ComparisonRunner, *, rounds: int = 15) -> dict[str, Any]:
    """The net alone, over one page of 960 x 672, in turns: milliseconds and ratio to the reference; nothing is stored."""
    page = CACHE / "pages" / "speed.png"
    write_png(page, cv2.resize(cv2.imread(str(ROOT / "examples" / "receipt.jpg")), (672, 960)))
    taken: dict[str, list[float]] = {s.name: [] for s in crew.sides}
    for _ in tqdm(range(rounds + 2), desc="speed"):
        for side in crew.sides:
            taken[side.name].append(crew.ask(side, page)["net"])
    net = {name: np.array(t[2:]) for name, t in taken.items()}  # the first ones are slow
    tiny = float(np.median(net[REFERENCE]))
    return {
        name: {"net_ms": round(m, 1), "net_best_ms": round(float(net[name].min()), 1), "ratio_to_tiny": round(m / tiny, 3)}
        for name, m in ((n, float(np.median(t))) for n, t in net.items())
    }


def memory(sides: list[Competitor], pages: list[Page]) -> dict[str, int]:
    """Peak of each side's process over the same pages, megabytes: a new process each, so that no earlier work counts."""
    peaks = {}
    for side in tqdm(sides, desc="memory"):
        with CompetitorProcess(side) as worker:
            peaks[side.name] = round(max(worker.ask(page.file)["memory"] for page in pages))
    return peaks
