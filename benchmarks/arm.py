"""Exported files on ARM processors, without a phone: python -m benchmarks.arm

Each file runs in the aarch64 build of ONNX Runtime under QEMU's user-mode emulation, on processors with and without
dot-product instructions. Its outputs are compared with this machine's, down to lines and texts, and the instructions of one
inference are counted. The results go into benchmarks/results/arm.json; the README there describes its fields. Instructions are not
milliseconds, but they do not depend on the machine. The ratio of int8 to float indicates where int8 is faster.

  python -m export.onnx --quantize && python -m benchmarks.arm    the shipped models, from out/
  python -m benchmarks.arm out/vgg16*.onnx --cpu cortex-a76 --out vgg16.json

Needs Linux and Debian's qemu-user; the first run fetches Debian's Python for arm64 and the aarch64 wheels (200 MB, into
.cache/arm). One inference takes some 100 times as long as on this machine.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.agreement import Agreement, Texts, compare_line_crops, compare_pages
from benchmarks.environment import Result, save
from benchmarks.samples import U8, Sample, examples, line_crop_inputs, line_crops, page_inputs
from ctpn import command
from ctpn.contract.spec import DetectorSpec, RecognizerSpec
from ctpn.errors import ModelError
from ctpn.files import sha256
from ctpn.reader import SHIPPED_RECOGNIZER
from ctpn.runtime.onnx_runtime import OnnxRecognizer, RuntimeOptions
from export.arm.root import emulator, make
from export.arm.session import PROCESSORS, ArmSession
from export.onnx.session import Session
from export.parity import Maps

ROOT = Path(__file__).parents[1]
OUT = ROOT / "benchmarks" / "results" / "arm.json"
FILES = ("mobile.onnx", "mobile-int8.onnx", "crnn.onnx", "crnn-int8.onnx")
CPUS = ("cortex-a53", "cortex-a76", "neoverse-n1", "max")
LINE_CROPS = 12  # of each page: their batch takes as long as a page


class ArmRow(Agreement):
    """One file on one processor.

    Attributes:
        model, file, sha256, cpu, features: what ran where; `features` are the processor's extensions.
        samples: number of images.
        counted_on: shape of the input whose instructions are counted.
        instructions: of one inference; None where they cannot be counted.
        to_float: ratio of the instructions to the float file's; None for a float file.
    """

    model: str
    file: str
    sha256: str
    cpu: str
    features: list[str]
    samples: int
    counted_on: list[int]
    instructions: int | None
    to_float: float | None


class ArmResult(Result):
    """The result: the emulator's version, and a row for each file and processor."""

    emulator: str
    rows: list[ArmRow]


@dataclass
class Case:
    """A file with its inputs and this machine's outputs for them; the instructions of the input `counted` are counted."""

    file: Path
    spec: DetectorSpec | RecognizerSpec
    samples: list[Sample]
    expected: list[Maps]
    counted: U8


def case(file: Path, count: int) -> Case:
    """A file with the first `count` of the examples as inputs.

    Raises:
        ModelError: it is missing, damaged or not one of our models.
    """
    if not file.is_file():
        raise ModelError(f"{file}: no such file; write it with python -m export.onnx --quantize")
    here = Session(file)
    text = here.session.get_modelmeta().custom_metadata_map.get("spec")
    if not text:
        raise ModelError(f"{file}: no model of ours (no spec in its metadata); write one with python -m export.onnx")
    height, width = (v if isinstance(v, int) else None for v in here.session.get_inputs()[0].shape[1:3])
    photos = examples()[:count]
    spec: DetectorSpec | RecognizerSpec
    if json.loads(text)["kind"] == "detector":
        spec = detector = DetectorSpec.from_json(text)
        samples = page_inputs(photos, detector, (height, width))
        counted = samples[0].pixels
    else:
        spec = recognizer = RecognizerSpec.from_json(text)
        samples = line_crop_inputs(line_crops(photos, recognizer, LINE_CROPS), recognizer, width)
        counted = np.full((1, recognizer.height, width or 320, 3), recognizer.pad, np.uint8)
    return Case(file, spec, samples, [here(s.pixels) for s in samples], counted)


def row(one: Case, cpu: str) -> ArmRow:
    """Run a file on one processor."""
    print(f"{one.file.name} on {cpu}", file=sys.stderr)
    with ArmSession(one.file, cpu) as arm:
        if isinstance(one.spec, DetectorSpec):
            found = compare_pages(
                arm, one.expected, one.samples, one.spec, Texts(OnnxRecognizer(SHIPPED_RECOGNIZER, RuntimeOptions(threads=1)))
            )
        else:
            found = compare_line_crops(arm, one.expected, one.samples, one.spec)
        for _ in range(2):  # the first run of a size plans the memory
            arm(one.counted)
        instructions = arm.counts[-1] if arm.counts else None
        return {
            "model": one.spec.name, "file": one.file.name, "sha256": sha256(one.file), "cpu": cpu, "features": arm.features, **found,
            "samples": sum(len(s.names) for s in one.samples), "counted_on": list(one.counted.shape), "instructions": instructions,
            "to_float": None,
        }  # fmt: skip


def run(files: Sequence[Path], cpus: Sequence[str], count: int) -> list[ArmRow]:
    """Rows of all files on all processors; those of int8 files have `to_float`, the ratio of their instructions to the float file's.

    Raises:
        CtpnError: a file is not one of our models, or emulation is not possible here.
    """
    make()
    cases = [case(f, count) for f in files]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # each waits for a process of its own
        rows = list(pool.map(row, *zip(*[(c, cpu) for c in cases for cpu in cpus], strict=True)))
    counts = {(r["file"], r["cpu"]): r["instructions"] for r in rows}
    for r in rows:
        base = counts.get((r["file"].replace("-int8", ""), r["cpu"])) if "-int8" in r["file"] else None
        r["to_float"] = round(r["instructions"] / base, 4) if base and r["instructions"] else None
    return rows


def table(rows: Sequence[ArmRow]) -> str:
    """Markdown: one row per file and processor."""
    lines = [
        "| file | processor | dot products | lines equal / matched | texts equal | largest difference | million instructions | of float |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for r in rows:
        dot_products = "i8mm" if "i8mm" in r["features"] else "yes" if "asimddp" in r["features"] else "no"
        found = f"{r['lines']['equal']} / {r['lines']['matched']} of {r['lines']['of']}" if r["lines"] else ""
        counted = f"{r['instructions'] / 1e6:.1f}" if r["instructions"] else "not counted: no C compiler"
        ratio = f"{r['to_float']:.2f}" if r["to_float"] else ""
        texts = f"{r['texts']['equal']} of {r['texts']['of']}"
        lines.append(
            f"| {r['file']} | {r['cpu']} | {dot_products} | {found} | {texts} | {r['largest_difference']:.1e} | {counted} | {ratio} |"
        )
    return "\n".join(lines)


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = command.parser("benchmarks.arm", __doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help=f"ONNX files (default: {', '.join(FILES)} of out)")
    parser.add_argument(
        "--cpu", action="append", choices=PROCESSORS, help=f"emulated processor; may be repeated (default: {', '.join(CPUS)})"
    )
    parser.add_argument(
        "--pages", type=int, default=2, choices=range(1, 5), metavar="N", help="number of example pages (default: %(default)s)"
    )
    parser.add_argument("--out", type=Path, default=OUT, help="file of the results (default: benchmarks/results/arm.json)")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 measured, 1 failed, or emulation is not possible here; usage errors exit 2."""
    args = parse(argv)

    def measure() -> str:
        rows = run(args.files or [ROOT / "out" / name for name in FILES], args.cpu or CPUS, args.pages)
        result: ArmResult = {"emulator": f"qemu {emulator()}", "rows": rows}
        save(args.out, result)
        return table(rows)

    return command.run("benchmarks.arm", measure)


if __name__ == "__main__":
    sys.exit(main())
