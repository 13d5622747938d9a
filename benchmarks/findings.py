"""The findings of 2018, tested on the mobile detector: python -m benchmarks.findings

The author of the original CTPN listed what made it learn: a recurrence along the rows, SGD, Xavier-normal weights with zero biases, a
sparse softmax. Each is compared with its alternatives. All are trained from scratch with the same steps and crops, with three seeds
each. They are evaluated on validation receipts by loss and hmean; the spread is that of the seeds.

  python -m benchmarks.findings --jobs 2    all missing runs, about 5 minutes of one core each
  python -m benchmarks.findings --list      the results so far

An interrupted run continues from its last checkpoint. The results are in benchmarks/results/findings.json.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from benchmarks.ablation_summary import Variant, collect, summarize
from benchmarks.environment import Result, save, write
from ctpn import command
from ctpn.annotations.formats import read_icdar, read_set
from ctpn.annotations.pictures import read_picture
from ctpn.annotations.split import is_validation
from ctpn.contract.spec import MOBILE, revise
from ctpn.detection.postprocess import postprocess
from ctpn.errors import CtpnError
from ctpn.evaluation.metrics import DetectionCounts, detection_metrics, measure_detection
from ctpn.imaging.tiling import fit
from ctpn.nn.detector import load_detector
from ctpn.nn.maps import normalise
from ctpn.training.config import DetectorStage, Recipe
from ctpn.training.datasets import PageCrops, PageSource
from ctpn.training.loop import Machine, train_stage
from ctpn.training.losses import WEIGHTS, detector_loss
from ctpn.training.recipe import load_recipe
from export.parity import torch_maps

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "sroie"
RUNS, OUT = ROOT / ".cache" / "findings", ROOT / "benchmarks" / "results" / "findings.json"
RECIPE = ROOT / "recipes" / "findings.yaml"
SEEDS = (0, 1, 2)
PAGES, CROPS = 24, 32  # of the validation split


VARIANTS: dict[str, tuple[str, ...]] = {  # changes of RECIPE
    "base": (),
    "no recurrence": ("net.recurrence=none",),
    "BiLSTM": ("net.recurrence=lstm",),
    "Keras 2's BiGRU": ("net.recurrence=gru-keras2",),
    "Adam 5e-4": ("stages.run.rate=5e-4",),
    "Adam 1e-4": ("stages.run.rate=1e-4",),
    "SGD 1e-3": ("stages.run.optimizer=sgd", "stages.run.rate=1e-3", "stages.run.decay=0.0"),
    "SGD 1e-2": ("stages.run.optimizer=sgd", "stages.run.rate=1e-2", "stages.run.decay=0.0"),
    "PyTorch's initial weights": ("net.initial_weights=torch",),
    "two sigmoids": ("stages.run.score_loss=bce",),
}


class FindingsResult(Result):
    """The result: length of the runs, crops of a step and their side in pixels, the variants, and whether each finding holds."""

    steps: int
    batch: int
    side: int
    variants: dict[str, Variant]
    summary: list[dict[str, str]]


def recipe(name: str, seed: int, folder: Path) -> Recipe:
    """The recipe of one variant with one seed, whose only stage trains in `folder`/run."""
    return load_recipe(RECIPE, [f"folder={folder}", f"stages.run.seed={seed}", f"real_pages.sroie={DATA}", *VARIANTS[name]])


def run(name: str, seed: int, folder: Path) -> None:
    """Train one variant with one seed and write its metrics to `folder`/metrics.json.

    Raises:
        CtpnError: the training failed.
    """
    trained = recipe(name, seed, folder)
    (stage,) = trained.runs
    train_stage(trained, stage, Machine(save_minutes=0.5))
    net = load_detector(trained.stage_folder(stage) / "weights.safetensors")
    write(folder / "metrics.json", {"loss": validation_loss(net), **hmeans(net), "curve": curve(trained.stage_folder(stage))})


def _settings() -> DetectorStage:
    (stage,) = recipe("base", 0, RUNS).runs
    assert isinstance(stage, DetectorStage)
    return stage


def _pages() -> list[tuple[Path, Path]]:
    return [p for p in read_set(DATA) if is_validation(p[0].stem)]


@torch.no_grad()
def validation_loss(net: nn.Module) -> dict[str, float]:
    """Parts of the loss on fixed crops of the validation split, with the sparse softmax for all variants."""
    crops = PageCrops([PageSource(DATA)], MOBILE, side=_settings().crop_side, seed=1)
    crops.pages = [_pages()]
    samples = [crops[i] for i in range(CROPS)]
    batch = {name: torch.from_numpy(np.stack([s[name] for s in samples])) for name in samples[0]}
    parts = detector_loss(net.eval()(normalise(batch["image"], MOBILE)), batch)
    return {name: round(float(WEIGHTS[name] * part), 4) for name, part in parts.items()}


def hmeans(net: nn.Module) -> dict[str, float]:
    """IoU hmean over validation pages with lines by links, and with the paper's connector."""
    counts = {"links": DetectionCounts(), "paper": DetectionCounts()}
    for image, gt in _pages()[:PAGES]:
        rgb = read_picture(image)
        fitted = fit(rgb, MOBILE)
        maps = torch_maps(net, fitted.pixels)
        for line_grouping in counts:
            min_overlap = 0.7 if line_grouping == "paper" else MOBILE.lines.min_overlap
            spec = revise(MOBILE, {"lines": {"line_grouping": line_grouping, "min_overlap": min_overlap}})
            quads, _ = postprocess(maps, spec)
            scale = np.array([fitted.scale_x, fitted.scale_y], np.float32)
            counts[line_grouping] += measure_detection(read_icdar(gt), list(quads / scale))
    return {line_grouping: round(detection_metrics(c)["iou_h"], 4) for line_grouping, c in counts.items()}


def curve(folder: Path) -> list[float]:
    """The training loss, all parts, by twentieths of the run."""
    rows = np.genfromtxt(folder / "log.csv", delimiter=",", names=True)
    total = np.sum([rows[name] for name in (rows.dtype.names or ())[3:]], axis=0)
    return [round(float(part.mean()), 4) for part in np.array_split(total, 20)]


def _folder(name: str, seed: int) -> str:
    return f"{name.replace(' ', '-').replace(',', '')}-{seed}".replace("'", "")


def all_runs(jobs: int) -> None:
    """All missing runs, `jobs` at a time, each in a process with one thread."""
    todo = [(n, s) for s in SEEDS for n in VARIANTS if not (RUNS / _folder(n, s) / "metrics.json").exists()]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}

    def one(job: tuple[str, int]) -> None:
        name, seed = job
        log = RUNS / f"{_folder(name, seed)}.log"
        with log.open("w") as f:
            command = [sys.executable, "-m", "benchmarks.findings", "--run", name, "--seed", str(seed)]
            done = subprocess.run(command, cwd=ROOT, env=environment, stdout=f, stderr=f)
        if done.returncode:
            raise CtpnError(f"{name}, seed {seed}: the run failed; its log is {log}")
        save(OUT, _result())

    RUNS.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(jobs) as pool:
        for _ in tqdm(pool.map(one, todo), total=len(todo), desc="runs", file=sys.stderr):
            pass


def _found() -> dict[str, Variant]:
    return collect({name: [RUNS / _folder(name, seed) / "metrics.json" for seed in SEEDS] for name in VARIANTS})


def _result() -> FindingsResult:
    found = _found()
    settings = _settings()
    return {"steps": settings.steps, "batch": settings.batch, "side": settings.crop_side, "variants": found, "summary": summarize(found)}


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 done, 1 failed; usage errors exit 2."""
    parser = command.parser("benchmarks.findings", __doc__)
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time (default: %(default)s)")
    parser.add_argument("--list", action="store_true", help="print the results so far and stop")
    parser.add_argument("--run", choices=sorted(VARIANTS), help="only this run")
    parser.add_argument("--seed", type=int, choices=SEEDS, default=0, help="seed of --run")
    args = parser.parse_args(argv)

    def measured() -> str:
        if args.run:
            folder = RUNS / _folder(args.run, args.seed)
            run(args.run, args.seed, folder)
            return str(folder)
        if not args.list:
            all_runs(args.jobs)
        return table()

    return command.run("benchmarks.findings", measured, resumes=True)


def table() -> str:
    """The runs so far, and what follows from them."""
    found = _found()
    rows = [
        f"{name:36} {row['seeds']} seeds  loss {row['loss'][0]:.3f}  links {row['links'][0]:.3f}  paper {row['paper'][0]:.3f}"
        for name, row in found.items()
    ]
    findings = summarize(found)
    return "\n".join([*rows, *(f"{f['outcome']}: {f['finding']} ({f.get('loss') or f['hmean']})" for f in findings)])


if __name__ == "__main__":
    sys.exit(main())
