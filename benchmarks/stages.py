"""Time of postprocessing and of training targets, without any model: python -m benchmarks.stages

Postprocessing is decoding the maps, suppression and joining lines. Its page is generated from a seed and fuller than the real ones: 114
lines in three columns, about 2,000 proposals above the threshold. Training targets are those of `targets.encode` for crops of 512 x 512
pixels, as training cuts them out of pages. The results go into benchmarks/results/stages.json.

The best of all rounds is stored beside the median. Other work on the machine raises the median, but hardly the best.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from benchmarks.environment import Result, save
from ctpn import command
from ctpn.annotations.formats import read_icdar
from ctpn.annotations.pictures import read_picture
from ctpn.contract.spec import MOBILE
from ctpn.detection.anchors import decode
from ctpn.detection.lines import text_lines
from ctpn.detection.nms import suppress
from ctpn.errors import CtpnError
from ctpn.training.augmentation import warp
from ctpn.training.datasets import PageCrops, PageSource
from ctpn.training.targets import encode

F32 = NDArray[np.float32]
OUT = Path(__file__).parent / "results" / "stages.json"
PAGES = Path(__file__).parents[1] / ".cache" / "stages"


class EncodeTimes(TypedDict):
    """Milliseconds of `encode` per crop: the median of all runs, and of each crop's best round the median and the maximum."""

    crops: int
    lines_mean: float
    median_ms: float
    best_ms: float
    slowest_crop_best_ms: float


class PageResult(Result):
    """Sizes of the full page, and milliseconds of each stage and of all together."""

    proposals: int
    kept: int
    lines: int
    decode_median_ms: float
    suppress_median_ms: float
    lines_median_ms: float
    all_median_ms: float
    decode_best_ms: float
    suppress_best_ms: float
    lines_best_ms: float
    all_best_ms: float


class StagesResult(PageResult):
    """The result; `best` says what a best time is of."""

    encode_512: EncodeTimes
    best: str


def full_page() -> dict[str, F32]:
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


def full_page_times(rounds: int = 300) -> PageResult:
    """Milliseconds of each stage and of all together."""
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
    ms = 1000 * np.array(taken[20:])  # the first ones are slow
    median, best = ([round(float(v), 2) for v in row] for row in (np.median(ms, 0), ms.min(0)))
    return {
        "proposals": len(proposals), "kept": len(kept), "lines": len(quads),
        "decode_median_ms": median[0], "suppress_median_ms": median[1], "lines_median_ms": median[2], "all_median_ms": median[3],
        "decode_best_ms": best[0], "suppress_best_ms": best[1], "lines_best_ms": best[2], "all_best_ms": best[3],
    }  # fmt: skip


def cut_out(folder: Path, count: int, *, side: int = 512) -> list[tuple[F32, F32]]:
    """The lines and the ignored texts of training crops, as `PageCrops` passes them to `encode`."""
    pairs = PageCrops([PageSource(folder)], MOBILE, side=side).pages[0]
    found = []
    for i in range(count):
        rng = np.random.default_rng([0, i])
        image, gt = pairs[rng.integers(len(pairs))]
        found.append(warp(read_picture(image), read_icdar(gt), side, rng)[1:])
    return found


def encode_times(folder: Path, *, count: int = 60, rounds: int = 7) -> EncodeTimes:
    """Milliseconds of `encode` per crop: the median of all runs, and of each crop's best round the median and the maximum."""
    crops, ms = cut_out(folder, count), np.zeros((rounds, count))
    for turn in range(rounds):
        for i, (quads, ignored) in enumerate(crops):
            begin = time.perf_counter()
            encode(quads, ignored, (512, 512), MOBILE)
            ms[turn, i] = 1000 * (time.perf_counter() - begin)
    best = ms.min(0)
    median, best_median, slowest = (round(float(v), 2) for v in (np.median(ms[1:]), np.median(best), best.max()))
    lines = float(np.mean([len(quads) for quads, _ in crops]))
    return {
        "crops": count, "lines_mean": round(lines, 1), "median_ms": median, "best_ms": best_median, "slowest_crop_best_ms": slowest,
    }  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 measured, 1 the pages to take crops from are missing; usage errors exit 2."""
    parser = command.parser("benchmarks.stages", __doc__)
    parser.add_argument("--pages", type=Path, default=PAGES, help="set to take crops from (default: .cache/stages)")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args(argv)

    def measured() -> str:
        try:
            encoding = encode_times(args.pages)
        except CtpnError as e:
            raise CtpnError(f"{e}; generate pages: python -m ctpn.synthesis.pages --out .cache/stages --count 100 --seed 1") from None
        best = "of all rounds, which other work on the machine hardly affects"
        result: StagesResult = {**full_page_times(), "encode_512": encoding, "best": best}
        save(args.out, result)
        return table(result)

    return command.run("benchmarks.stages", measured)


def stage_rows(result: PageResult) -> list[tuple[str, float, float]]:
    """Name, median and best milliseconds of each stage and of all together."""
    return [
        ("decode", result["decode_median_ms"], result["decode_best_ms"]),
        ("suppress", result["suppress_median_ms"], result["suppress_best_ms"]),
        ("lines", result["lines_median_ms"], result["lines_best_ms"]),
        ("all", result["all_median_ms"], result["all_best_ms"]),
    ]


def table(result: StagesResult) -> str:
    """One line per stage."""
    lines = [f"{name:9s} median {median:5.2f} ms   best {best:5.2f} ms" for name, median, best in stage_rows(result)]
    one = result["encode_512"]
    what = f"{result['proposals']} proposals, {result['kept']} kept, {result['lines']} lines"
    return "\n".join([what, *lines, f"encode    median {one['median_ms']:5.2f} ms   best {one['best_ms']:5.2f} ms   per crop of 512 x 512"])


if __name__ == "__main__":
    sys.exit(main())
