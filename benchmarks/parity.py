"""Compare all formats with PyTorch: python -m benchmarks.parity

Each exported file in --models (out) is run on the project's examples, real pages and synthetic pages, and compared with PyTorch on the
same inputs: the largest difference of any value, its place and both values, then the lines, then the texts. The results go into
benchmarks/results/parity.json; the README there describes its fields. Missing files and missing runtimes are listed with what to do.

  python -m benchmarks.parity                             all formats of both shipped models
  python -m benchmarks.parity --model mobile --pages 1 --out out/parity.json

The exit code is 1 if a float32 file differs by more than its exporter allows, or if a file of lower precision gives other lines or texts.
Such a file was written from other weights, or it is wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.agreement import Agreement, Texts, compare_line_crops, compare_pages
from benchmarks.environment import Result, save
from benchmarks.model_formats import FORMATS, Format, Spec
from benchmarks.pages import ROOT
from benchmarks.reference import Reference, TorchReader
from benchmarks.samples import examples, real, synthetic
from ctpn import command
from ctpn.contract.spec import CRNN, DetectorSpec
from ctpn.errors import CtpnError, ModelError
from export.parity import Run

OUT = ROOT / "benchmarks" / "results" / "parity.json"
MODELS = ("mobile", CRNN.name)
SYNTHETIC_PAGES = 4
TOLERANCES = {"mobile": 1e-4, CRNN.name: 1e-3}  # of float32 files: as in export.parity
MIN_AGREEMENT = 0.9  # of lines or texts, for files of fewer bits; their exporters require more, on pages they know


class ParityRow(Agreement):
    """One file: what it is, how far it is from PyTorch on so many pages, and why, in a sentence."""

    model: str
    format: str
    variant: str
    precision: str
    file: str
    megabytes: float
    pages: int
    why: str


class ParityResult(Result):
    """The result: the reference's version, the names of the pages, a row for each file, and what was not run."""

    reference: str
    pages: list[str]
    rows: list[ParityRow]
    missing: list[dict[str, str]]


@dataclass(frozen=True)
class Job:
    """One file under one runtime; `precision` is "" for float32."""

    format: Format
    reference: Reference
    file: Path
    width: int | None
    precision: str


def jobs(references: Sequence[Reference], folder: Path) -> tuple[list[Job], list[dict[str, str]]]:
    """The files that can run, and those that cannot, each with the reason and what to do."""
    found, missing = [], []
    for reference in references:
        for format_ in FORMATS:
            for name, width, precision in format_.files(reference.model, reference.spec):
                job, problem = Job(format_, reference, folder / name, width, precision), format_.unavailable()
                if problem is None and job.file.exists():
                    found.append(job)
                    continue
                why, do = problem or ("not exported", format_.command)
                missing.append({"what": f"{name}, {format_.name}", "why": why, "do": do})
    return found, missing


def row(job: Job, texts: Texts) -> ParityRow:
    """Compare a file with PyTorch.

    Raises:
        ParityError: names, shapes or types differ, or a value is not finite. CtpnError: it cannot be loaded.
    """
    print(f"{job.file.name}, {job.format.name}", file=sys.stderr)
    reference, limit = job.reference, job.format.max_samples
    samples, expected = reference.samples[job.width][:limit], reference.expected[job.width][:limit]
    spec: Spec = reference.spec
    with _loaded(job) as run:
        if isinstance(spec, DetectorSpec):
            found = compare_pages(run, expected, samples, spec, texts)
        else:
            found = compare_line_crops(run, expected, samples, spec)
    return {
        "model": reference.model, "format": job.format.name, "variant": "any size" if job.width is None else f"width {job.width}",
        "precision": job.precision or "float32", "file": job.file.name, "megabytes": round(_size(job.file) / 1e6, 3), **found,
        "pages": sum(len(s.names) for s in samples), "why": why(job, found["largest_difference"]),
    }  # fmt: skip


def _loaded(job: Job) -> AbstractContextManager[Run]:
    try:
        return job.format.load(job.file, job.reference.spec, job.width)
    except CtpnError:
        raise
    except Exception as e:  # the runtimes' errors have no other common class
        reason = " ".join(str(e).replace(str(job.file), job.file.name).split())
        raise ModelError(f"cannot be loaded: {reason[:200]}") from e


def _size(path: Path) -> int:
    return sum(f.stat().st_size for f in ([path] if path.is_file() else path.rglob("*")) if f.is_file())


def why(job: Job, difference: float) -> str:
    """Why a file differs, in a sentence."""
    if not difference:
        return "equal values"
    reasons = job.format.reasons
    return reasons.get(f"{job.reference.model} {job.precision}") or reasons[job.precision]


def wrong(found: ParityRow) -> str | None:
    """What is wrong with a row; None if it differs by no more than its precision allows."""
    if found["precision"] == "float32":
        limit = TOLERANCES[found["model"]]
        return None if found["largest_difference"] <= limit else f"values within {limit}, got {found['largest_difference']:.1e}"
    lines, texts = found["lines"], found["texts"]
    agreement = 2 * lines["matched"] / max(1, lines["of"] + lines["found"]) if lines else texts["equal"] / max(1, texts["of"])
    return None if agreement >= MIN_AGREEMENT else f"{MIN_AGREEMENT} of the {'lines' if lines else 'texts'}, got {agreement:.3f}"


def run(args: argparse.Namespace) -> tuple[ParityResult, list[str]]:
    """The result, and a sentence for each file that is wrong.

    Raises:
        CtpnError: no file at all, or a page that cannot be read.
    """
    torch.set_num_threads(1)
    photos = [*examples(), *real(args.pages), *synthetic(SYNTHETIC_PAGES)]
    references = [Reference(model, photos) for model in args.model or MODELS]
    found, missing = jobs(references, args.models)
    if not found:
        raise CtpnError(f"{args.models}: no exported file in it; {missing[0]['do']}")
    texts, rows, problems = Texts(TorchReader()), [], []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for job, one in [(job, pool.submit(row, job, texts)) for job in found]:
            try:
                rows.append(one.result())
            except CtpnError as e:
                what, reason = f"{job.file.name}, {job.format.name}", str(e).replace(str(job.file), job.file.name)
                missing.append({"what": what, "why": reason, "do": job.format.command})  # without the path: results are committed
                problems.append(f"{what}: {reason}; write it again: {job.format.command}")
    for one_row in rows:
        if problem := wrong(one_row):
            name = f"{one_row['file']}, {one_row['format']}"
            problems.append(f"{name}: expected {problem}; it was written from other weights (export it again), or it is wrong")
    result: ParityResult = {
        "reference": f"PyTorch {torch.__version__}",
        "pages": [p.name for p in photos],
        "rows": rows,
        "missing": missing,
    }
    return result, problems


def table(result: ParityResult) -> str:
    """Markdown: one row per file; then what did not run."""
    lines = [
        "| file | format | MB | largest difference | where | lines equal / matched | texts equal, characters | why |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for r in result["rows"]:
        where, found = "", ""
        if r["where"]:
            at = r["where"]
            where = f"{at['map']} {at['place']} of {at['page']}: {at['reference']:.4g}, file {at['file']:.4g}"
        if r["lines"]:
            found = f"{r['lines']['equal']} / {r['lines']['matched']} of {r['lines']['of']}" + (
                f", {r['lines']['apart'][0]:.1g} px apart" if r["lines"]["apart"] else ""
            )
        texts = f"{r['texts']['equal']} of {r['texts']['of']}, {100 * (r['texts']['characters'] or 0):.1f} %"
        cells = [r["file"], r["format"], f"{r['megabytes']:.2f}", f"{r['largest_difference']:.1e}", where, found, texts, r["why"]]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", *(f"not run: {m['what']}: {m['why']}; {m['do']}" for m in result["missing"])])


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = command.parser("benchmarks.parity", __doc__)
    parser.add_argument("--model", action="append", choices=MODELS, help="one model (default: both)")
    parser.add_argument("--models", type=Path, default=Path("out"), metavar="DIR", help="folder of the exported files (default: out)")
    parser.add_argument("--pages", type=int, default=3, metavar="N", help="pages of each real set (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=OUT, help="file of the results (default: benchmarks/results/parity.json)")
    args = parser.parse_args(argv)
    if args.pages < 0:
        parser.error(f"--pages: expected 0 or more, got {args.pages}")
    return args


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 all agree, 1 one is wrong or nothing could be compared; usage errors exit 2."""
    args, problems = parse(argv), list[str]()

    def measure() -> str:
        result, wrong = run(args)
        save(args.out, result)
        problems.extend(wrong)
        return table(result)

    code = command.run("benchmarks.parity", measure)
    for problem in problems:
        print(f"benchmarks.parity: {problem}", file=sys.stderr)
    return 1 if problems else code


if __name__ == "__main__":
    sys.exit(main())
