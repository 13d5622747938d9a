"""What all commands that export a format share: options, verification, a folder that gets all files or none, the closing table."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from ctpn.command import parser as explained
from ctpn.command import run
from ctpn.contract.spec import CRNN, DETECTORS, DetectorSpec, RecognizerSpec
from ctpn.errors import CtpnError
from ctpn.files import sha256, write_sum
from ctpn.nn.detector import load_detector
from ctpn.nn.recognizer import load_recognizer
from export.options import size
from export.parity import Agreement, Pixels, Run
from export.staging import files_of, staged_directory
from export.variants import Candidate, ExportVariant, say, variants

WEIGHTS = Path(__file__).parents[1] / "ctpn" / "weights"
SHIPPED = ("mobile", CRNN.name)
SIZE = (960, 960)  # (H, W) of a detector's unrolled variant
COLUMN = 20  # characters of a column that a format adds to the table


@dataclass(frozen=True)
class Function:
    """What can be run of an exported file.

    Attributes:
        variant: what it must compute.
        run: the file as a function of the variant's samples.
        name: where a file has several.
    """

    variant: ExportVariant
    run: Run
    name: str = ""


@dataclass
class ExportedFile:
    """A file that was written (or a folder, for formats that are one).

    Attributes:
        functions: all that it computes; most files have one.
        quantized: it computes with fewer bits than float32.
        timed: the input to time the last function with; None where the time would say nothing.
        details: what the closing table says of it besides, by column.
        agreement: with PyTorch, the worst of all functions, once it is verified.
    """

    path: Path
    functions: list[Function]
    quantized: bool = False
    timed: Pixels | None = None
    details: dict[str, str] = field(default_factory=dict)
    agreement: Agreement = field(default_factory=Agreement)


@dataclass
class Row:
    """A line of the closing table."""

    file: str
    megabytes: float
    agreement: Agreement
    milliseconds: float | None
    details: dict[str, str]


Writer = Callable[[Iterator[ExportVariant], Path], Iterator[ExportedFile]]  # the files of all variants of a net, into a folder


def parser(command: str, doc: str | None) -> argparse.ArgumentParser:
    """The options that mean the same in every command."""
    shared = explained(command, doc)
    shared.add_argument("--model", choices=[*sorted(DETECTORS), CRNN.name], help="one net (default: the shipped detector and recogniser)")
    shared.add_argument("--weights", type=Path, help="file (default: ctpn/weights/MODEL.safetensors)")
    shared.add_argument("--size", type=size, help="HxW of the detector's unrolled variant (default: 960x960)")
    shared.add_argument("--out", type=Path, default=Path("out"), help="folder (default: %(default)s)")
    return shared


def main(options: argparse.ArgumentParser, argv: list[str] | None, writer: Callable[[argparse.Namespace], Writer]) -> int:
    """Parse, write the files of each net asked for, print the table.

    Args:
        writer: from the parsed options to the function that writes the files of a net.

    Returns:
        The exit code: 0 written, 1 a file differs or something failed, 130 stopped by hand; usage errors exit 2.
    """
    args = options.parse_args(argv)
    torch.set_num_threads(1)  # every comparison takes turns with runtimes on one thread; more only wait for each other
    if args.weights and not args.model:
        options.error("--weights FILE needs --model, whose weights they are")
    if args.size and args.model == CRNN.name:
        options.error(f"--size is the detector's; the widths of {CRNN.name} are its spec's")

    def written() -> str:
        nets = (load(name, args.weights) for name in ([args.model] if args.model else SHIPPED))
        return table([row for net in nets for row in export(net, args.out, args.size or SIZE, writer(args))])

    return run(options.prog.removeprefix("python -m "), written)


def load(name: str, weights: Path | None = None) -> torch.nn.Module:
    """A net by its name, with the shipped weights or those of a file.

    Raises:
        CtpnError: no weights, or those of another net.
    """
    file = weights or WEIGHTS / f"{name}.safetensors"
    if name == CRNN.name:
        return load_recognizer(file)
    net = load_detector(file)
    found = getattr(net.spec, "name", None)
    if found != name:
        raise CtpnError(f"{file}: expected weights of {name}, got {found}; give --model {found}")
    return net


def export(net: torch.nn.Module, out: Path, size: tuple[int, int], write: Writer) -> list[Row]:
    """All files of one net, verified, into `out`; rows for the table.

    Args:
        net: with `.spec`.
        size: (H, W) of a detector's variant of one width.

    Raises:
        ParityError: a file differs from PyTorch; `out` is then as it was.
    """
    spec = net.spec
    assert isinstance(spec, (DetectorSpec, RecognizerSpec))
    with staged_directory(out) as folder:
        exported = verified(write(variants(net, size), folder))
        _write_companions(folder, spec, exported)
        times = milliseconds(exported)
        return [
            Row(e.path.name, sum(f.stat().st_size for f in files_of(e.path)) / 1e6, e.agreement, ms, e.details)
            for e, ms in zip(exported, times, strict=True)
        ]


def verified(exported: Iterator[ExportedFile]) -> list[ExportedFile]:
    """Compare every function of every file with PyTorch. All files of a variant are compared together, so that PyTorch computes
    each sample of it once.

    Raises:
        ParityError: a file differs.
    """
    files = list(exported)
    by_variant: dict[int, list[tuple[ExportedFile, Function]]] = {}
    for file in files:
        for function in file.functions:
            by_variant.setdefault(id(function.variant), []).append((file, function))
    for pairs in by_variant.values():
        candidates = [Candidate(_shown(file, function), function.run, file.quantized) for file, function in pairs]
        for (file, _), found in zip(pairs, pairs[0][1].variant.verify(candidates), strict=True):
            file.agreement = Agreement(max(file.agreement.difference, found.difference), min(file.agreement.lines, found.lines))
    for file in files:
        say(f"{file.path.name}: verified; largest difference {file.agreement.difference:.1e}, lines agree {file.agreement.lines:.4f}")
    return files


def _shown(file: ExportedFile, function: Function) -> str:
    return f"{file.path.name}, {function.name}" if function.name else file.path.name


def _write_companions(folder: Path, spec: DetectorSpec | RecognizerSpec, exported: list[ExportedFile]) -> None:
    """The companions of a net's files: its spec, and for each format the sums and how far each file is from PyTorch."""
    name = f"{spec.name}{exported[0].path.suffix}"
    sums = "".join(f"{sha256(f)}  {f.relative_to(folder)}\n" for e in exported for f in files_of(e.path))
    parity = {e.path.name: {"sha256": sha256(e.path), **e.agreement.as_json()} for e in exported if e.path.is_file()}
    for file, text in ((f"{spec.name}.spec.json", spec.to_json()), (f"{name}.json", json.dumps(parity, indent=1))):
        (folder / file).write_text(text + "\n", encoding="utf-8")
    for e in exported:
        if e.path.suffix == ".onnx":
            write_sum(e.path)  # which a reader of this file alone compares
    (folder / f"{name}.sha256").write_text(sums, encoding="utf-8")


def milliseconds(exported: list[ExportedFile], *, rounds: int = 9) -> list[float | None]:
    """Median time of each file on its input, taken in turns so that all meet the same machine."""
    times: list[list[float]] = [[] for _ in exported]
    for _ in tqdm(range(rounds), desc="timing"):
        for e, taken in zip(exported, times, strict=True):
            if e.timed is not None:
                begin = time.perf_counter()
                e.functions[-1].run(e.timed)
                taken.append(1000 * (time.perf_counter() - begin))
    return [float(np.median(t[2:])) if t else None for t in times]


def table(rows: list[Row]) -> str:
    """The closing table."""
    columns = list(dict.fromkeys(c for r in rows for c in r.details))
    head = [f"{'file':34s} {'MB':>6s} {'largest difference':>19s} {'lines agree':>12s} {'ms, 1 thread':>13s}"]
    lines = [" ".join(head + [f"{c:>{COLUMN}s}" for c in columns])]
    for r in rows:
        a, ms = r.agreement, "-" if r.milliseconds is None else f"{r.milliseconds:.1f}"
        line = [f"{r.file:34s} {r.megabytes:6.2f} {a.difference:19.1e} {a.lines:12.4f} {ms:>13s}"]
        lines.append(" ".join(line + [f"{r.details.get(c, '-'):>{COLUMN}s}" for c in columns]))
    return "\n".join(lines)
