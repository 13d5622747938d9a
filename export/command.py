"""What all commands of export have in common: options, a folder that fills whole or not at all, the closing table."""

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

from ctpn.command import finish
from ctpn.command import parser as explained
from ctpn.contract.spec import CRNN, DETECTORS, DetectorSpec, RecognizerSpec
from ctpn.errors import CtpnError
from ctpn.nn.detector import load_detector
from ctpn.nn.recognizer import load_recognizer
from export.files import aside, files, sha256
from export.forms import Form, Pixels, Run, forms
from export.options import size
from export.parity import Agreement

WEIGHTS = Path(__file__).parents[1] / "ctpn" / "weights"
SHIPPED = ("mobile", CRNN.name)
SIZE = (960, 960)  # (H, W) of a detector's unrolled form
WIDE = 20  # letters of a column that a format adds to the table


@dataclass
class Made:
    """A file (or a folder, for formats that are one), proven.

    Attributes:
        run, timed: the function that it is and the input to time it with; None where the time would say nothing.
        more: what the closing table says of it besides, by column.
    """

    file: Path
    agreement: Agreement
    run: Run
    timed: Pixels | None
    more: dict[str, str] = field(default_factory=dict)


@dataclass
class Row:
    """A line of the closing table."""

    file: str
    megabytes: float
    agreement: Agreement
    milliseconds: float | None
    more: dict[str, str]


Writer = Callable[[Iterator[Form], Path], Iterator[Made]]  # the files of all forms of a net, into a folder


def parser(command: str, doc: str | None) -> argparse.ArgumentParser:
    """The options that mean the same in every command."""
    shared = explained(command, doc)
    shared.add_argument("--model", choices=[*sorted(DETECTORS), CRNN.name], help="one net (default: the shipped detector and recogniser)")
    shared.add_argument("--weights", type=Path, help="file (default: ctpn/weights/MODEL.safetensors)")
    shared.add_argument("--size", type=size, help="HxW of the detector's unrolled form (default: 960x960)")
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
    if args.weights and not args.model:
        options.error("--weights FILE needs --model, whose weights they are")
    if args.size and args.model == CRNN.name:
        options.error(f"--size is the detector's; the widths of {CRNN.name} are its spec's")

    def written() -> str:
        nets = (load(name, args.weights) for name in ([args.model] if args.model else SHIPPED))
        return table([row for net in nets for row in export(net, args.out, args.size or SIZE, writer(args))])

    return finish(options.prog.removeprefix("python -m "), written)


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
    """All files of one net, proven, into `out`; rows for the table.

    Args:
        net: with `.spec`.
        size: (H, W) of a detector's form of one width.

    Raises:
        ParityError: a file differs from PyTorch; `out` is then as it was.
    """
    spec = net.spec
    assert isinstance(spec, (DetectorSpec, RecognizerSpec))
    with aside(out) as folder:
        made = list(write(forms(net, size), folder))
        _beside(folder, spec, made)
        times = milliseconds(made)
        return [
            Row(m.file.name, sum(f.stat().st_size for f in files(m.file)) / 1e6, m.agreement, ms, m.more)
            for m, ms in zip(made, times, strict=True)
        ]


def _beside(folder: Path, spec: DetectorSpec | RecognizerSpec, made: list[Made]) -> None:
    """What lies beside the files of a net: its spec, and for each format the sums and how far each file is from PyTorch."""
    name = f"{spec.name}{made[0].file.suffix}"
    sums = "".join(f"{sha256(f)}  {f.relative_to(folder)}\n" for m in made for f in files(m.file))
    parity = {m.file.name: {"sha256": sha256(m.file), **m.agreement.as_json()} for m in made if m.file.is_file()}
    for file, text in ((f"{spec.name}.spec.json", spec.to_json()), (f"{name}.json", json.dumps(parity, indent=1))):
        (folder / file).write_text(text + "\n", encoding="utf-8")
    (folder / f"{name}.sha256").write_text(sums, encoding="utf-8")


def milliseconds(made: list[Made], *, rounds: int = 15) -> list[float | None]:
    """Median time of each file on its input, taken in turns so that all meet the same machine."""
    times: list[list[float]] = [[] for _ in made]
    for _ in tqdm(range(rounds), desc="timing"):
        for m, taken in zip(made, times, strict=True):
            if m.timed is not None:
                begin = time.perf_counter()
                m.run(m.timed)
                taken.append(1000 * (time.perf_counter() - begin))
    return [float(np.median(t[2:])) if t else None for t in times]


def table(rows: list[Row]) -> str:
    """The closing table."""
    columns = list(dict.fromkeys(c for r in rows for c in r.more))
    head = [f"{'file':34s} {'MB':>6s} {'largest difference':>19s} {'lines agree':>12s} {'ms, 1 thread':>13s}"]
    lines = [" ".join(head + [f"{c:>{WIDE}s}" for c in columns])]
    for r in rows:
        a, ms = r.agreement, "-" if r.milliseconds is None else f"{r.milliseconds:.1f}"
        line = [f"{r.file:34s} {r.megabytes:6.2f} {a.difference:19.1e} {a.lines:12.4f} {ms:>13s}"]
        lines.append(" ".join(line + [f"{r.more.get(c, '-'):>{WIDE}s}" for c in columns]))
    return "\n".join(lines)
