"""Do all formats say what PyTorch says? python -m benchmarks.parity

Every exported file in --models (out) is run over the project's examples, real pages and drawn pages, and held against PyTorch
on the same inputs: the largest difference of any value, where it is and both values, then the text lines, then the texts. Into
benchmarks/results/parity.json; benchmarks/results/README.md describes it. Files that are not there, and formats whose runtime is missing,
are listed with what to do about it.

  python -m benchmarks.parity                             all formats of both shipped nets
  python -m benchmarks.parity --model mobile --pages 1 --out out/parity.json

Exit code 1 if a float32 file differs by more than its exporter allows, or any other finds other lines or texts: then it was
written from other weights, or it is wrong.
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
from typing import Any

import torch

from benchmarks.agreement import Texts, compare_pages, compare_strips
from benchmarks.environment import save
from benchmarks.model_formats import FORMATS, Format, Spec
from benchmarks.pages import ROOT
from benchmarks.reference import Reference, TorchReader
from benchmarks.samples import drawn, examples, real
from ctpn import command
from ctpn.contract.spec import CRNN, DetectorSpec
from ctpn.errors import CtpnError, ModelError
from export.parity import Run

OUT = ROOT / "benchmarks" / "results" / "parity.json"
MODELS = ("mobile", CRNN.name)
DRAWN = 4  # drawn pages
TOLERANCES = {"mobile": 1e-4, CRNN.name: 1e-3}  # of float32 files: those of export.parity and export.parity
LEAST = 0.9  # of lines or texts, for files of fewer bits; their exporters ask more, of pages they know


@dataclass(frozen=True)
class Job:
    """One file under one runtime; `kind` is what is rounded."""

    format: Format
    reference: Reference
    file: Path
    width: int | None
    kind: str


def jobs(references: Sequence[Reference], folder: Path) -> tuple[list[Job], list[dict[str, str]]]:
    """All files that can run, and those that cannot, each with the reason and what to do."""
    found, missing = [], []
    for reference in references:
        for form in FORMATS:
            for name, width, kind in form.files(reference.model, reference.spec):
                job, hindrance = Job(form, reference, folder / name, width, kind), form.hindrance()
                if hindrance is None and job.file.exists():
                    found.append(job)
                    continue
                why, do = hindrance or ("not exported", form.command)
                missing.append({"what": f"{name}, {form.name}", "why": why, "do": do})
    return found, missing


def row(job: Job, texts: Texts) -> dict[str, Any]:
    """What a file says, held against PyTorch.

    Raises:
        ParityError: other names, shapes or types, or a value that is not finite. CtpnError: it cannot be loaded.
    """
    print(f"{job.file.name}, {job.format.name}", file=sys.stderr)
    reference, most = job.reference, job.format.most
    samples, wanted = reference.samples[job.width][:most], reference.wanted[job.width][:most]
    spec: Spec = reference.spec
    with _loaded(job) as run:
        if isinstance(spec, DetectorSpec):
            found = compare_pages(run, wanted, samples, spec, texts)
        else:
            found = compare_strips(run, wanted, samples, spec)
    return {
        "model": reference.model, "format": job.format.name, "variant": "any size" if job.width is None else f"width {job.width}",
        "precision": job.kind or "float32", "file": job.file.name, "megabytes": round(_size(job.file) / 1e6, 3), **found,
        "pages": sum(len(s.names) for s in samples), "why": why(job, found["largest_difference"]),
    }  # fmt: skip


def _loaded(job: Job) -> AbstractContextManager[Run]:
    try:
        return job.format.load(job.file, job.reference.spec, job.width)
    except CtpnError:
        raise
    except Exception as e:  # each runtime has errors of its own, with no root but this
        reason = " ".join(str(e).replace(str(job.file), job.file.name).split())
        raise ModelError(f"cannot be loaded: {reason[:200]}") from e


def _size(path: Path) -> int:
    return sum(f.stat().st_size for f in ([path] if path.is_file() else path.rglob("*")) if f.is_file())


def why(job: Job, difference: float) -> str:
    """Why a file differs, in a sentence."""
    if not difference:
        return "the same numbers"
    reasons = job.format.reasons
    return reasons.get(f"{job.reference.model} {job.kind}") or reasons[job.kind]


def wrong(found: dict[str, Any]) -> str | None:
    """What is wrong with a row, if it differs by more than its kind of file may."""
    if found["precision"] == "float32":
        limit = TOLERANCES[found["model"]]
        return None if found["largest_difference"] <= limit else f"values within {limit}, got {found['largest_difference']:.1e}"
    lines, texts = found["lines"], found["texts"]
    same = 2 * lines["matched"] / max(1, lines["of"] + lines["found"]) if lines else texts["equal"] / max(1, texts["of"])
    return None if same >= LEAST else f"{LEAST} of the {'lines' if lines else 'texts'}, got {same:.3f}"


def run(args: argparse.Namespace) -> tuple[dict[str, Any], list[str]]:
    """The result, and a sentence for each file that is wrong.

    Raises:
        CtpnError: no file at all, or a page that cannot be read.
    """
    torch.set_num_threads(1)
    photos = [*examples(), *real(args.pages), *drawn(DRAWN)]
    references = [Reference(model, photos) for model in args.model or MODELS]
    found, missing = jobs(references, args.models)
    if not found:
        raise CtpnError(f"{args.models}: no exported file in it; {missing[0]['do']}")
    texts, rows, problems = Texts(TorchReader()), [], []
    with ThreadPoolExecutor(os.cpu_count()) as crew:
        for job, one in [(job, crew.submit(row, job, texts)) for job in found]:
            try:
                rows.append(one.result())
            except CtpnError as e:
                what, reason = f"{job.file.name}, {job.format.name}", str(e).replace(str(job.file), job.file.name)
                missing.append({"what": what, "why": reason, "do": job.format.command})  # no path: results travel
                problems.append(f"{what}: {reason}; write it again: {job.format.command}")
    for one_row in rows:
        if problem := wrong(one_row):
            name = f"{one_row['file']}, {one_row['format']}"
            problems.append(f"{name}: expected {problem}; it is of other weights, then export it again, or wrong")
    result = {"reference": f"PyTorch {torch.__version__}", "pages": [p.name for p in photos], "rows": rows, "missing": missing}
    return result, problems


def table(result: dict[str, Any]) -> str:
    """Markdown: a row a file; then what did not run."""
    lines = [
        "| file | format | MB | largest difference | where | lines equal / matched | texts equal, characters | why |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for r in result["rows"]:
        where, found = "", ""
        if r["where"]:
            at, here = (f"{r['where'][k]:.4g}" for k in ("reference", "file"))
            where = f"{r['where']['map']} {r['where']['place']} of {r['where']['page']}: {at}, here {here}"
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
    parser.add_argument("--model", action="append", choices=MODELS, help="one net (default: both)")
    parser.add_argument("--models", type=Path, default=Path("out"), metavar="DIR", help="folder of the exported files (default: out)")
    parser.add_argument("--pages", type=int, default=3, metavar="N", help="of each real set (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=OUT, help="default: benchmarks/results/parity.json")
    args = parser.parse_args(argv)
    if args.pages < 0:
        parser.error(f"--pages: expected 0 or more, got {args.pages}")
    return args


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 all hold, 1 one is wrong or nothing could be compared; usage errors exit 2."""
    args, problems = parse(argv), list[str]()

    def measure() -> str:
        result, wrong = run(args)
        save(args.out, result)
        problems.extend(wrong)
        return table(result)

    code = command.finish("benchmarks.parity", measure)
    for problem in problems:
        print(f"benchmarks.parity: {problem}", file=sys.stderr)
    return 1 if problems else code


if __name__ == "__main__":
    sys.exit(main())
