"""What all commands of export have in common: options, a folder that fills whole or not at all, the closing table."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from ctpn.errors import CtpnError
from ctpn.nn.detector import load_detector
from ctpn.nn.recognizer import load_recognizer
from ctpn.spec import CRNN, DETECTORS, DetectorSpec, RecognizerSpec
from export.files import aside, files, sha256
from export.forms import Form, Pixels, Run, forms
from export.parity import Agreement

WEIGHTS = Path(__file__).parents[1] / "ctpn" / "weights"
SHIPPED = ("mobile", CRNN.name)


@dataclass
class Made:
    """A file (or a folder, for formats that are one), proven, with the function that it is and the input to time it with."""

    file: Path
    agreement: Agreement
    run: Run
    timed: Pixels


@dataclass
class Row:
    """A line of the closing table."""

    file: str
    megabytes: float
    agreement: Agreement
    milliseconds: float


Writer = Callable[[Form, Path], Iterator[Made]]  # the files of one form, into a folder


def parser(command: str, doc: str | None) -> argparse.ArgumentParser:
    """The options that mean the same in every command."""
    shared = argparse.ArgumentParser(f"python -m {command}", description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared.add_argument("--model", choices=[*sorted(DETECTORS), CRNN.name], help="one net (default: the shipped detector and recogniser)")
    shared.add_argument("--weights", type=Path, help="file (default: ctpn/weights/MODEL.safetensors)")
    shared.add_argument("--size", type=_size, default=(960, 960), help="HxW of the unrolled form (default: 960x960)")
    shared.add_argument("--out", type=Path, default=Path("out"), help="folder (default: %(default)s)")
    return shared


def _size(text: str) -> tuple[int, int]:
    try:
        height, width = (int(v) for v in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected HxW, such as 960x960, got {text!r}") from None
    if height % 32 or width % 32 or not 0 < height <= 4096 or not 0 < width <= 4096:
        raise argparse.ArgumentTypeError(f"expected multiples of 32 up to 4096, got {text!r}")
    return height, width


def main(options: argparse.ArgumentParser, argv: list[str] | None, writer: Callable[[argparse.Namespace], Writer]) -> int:
    """Parse, write the files of each net asked for, print the table.

    Args:
        writer: from the parsed options to the function that writes one form.

    Returns:
        The exit code: 0 written, 1 a file differs or something failed; usage errors exit 2.
    """
    args = options.parse_args(argv)
    if args.weights and not args.model:
        options.error("--weights FILE needs --model, whose weights they are")
    try:
        nets = (_net(name, args.weights) for name in ([args.model] if args.model else SHIPPED))
        rows = [row for net in nets for row in export(net, args.out, args.size, writer(args))]
    except (CtpnError, OSError) as e:
        print(f"{options.prog.removeprefix('python -m ')}: {e}", file=sys.stderr)
        return 1
    print(table(rows))
    return 0


def _net(name: str, weights: Path | None) -> torch.nn.Module:
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
        made = [m for form in forms(net, size) for m in write(form, folder)]
        (folder / f"{spec.name}.spec.json").write_text(spec.to_json() + "\n", encoding="utf-8")
        sums = "".join(f"{sha256(f)}  {f.relative_to(folder)}\n" for m in made for f in files(m.file))
        (folder / f"{spec.name}{made[0].file.suffix}.sha256").write_text(sums, encoding="utf-8")  # a list for each format
        times = milliseconds([(m.run, m.timed) for m in made])
        return [
            Row(m.file.name, sum(f.stat().st_size for f in files(m.file)) / 1e6, m.agreement, ms) for m, ms in zip(made, times, strict=True)
        ]


def milliseconds(runs: list[tuple[Run, Pixels]], *, rounds: int = 15) -> list[float]:
    """Median time of each function on its input, taken in turns so that all meet the same machine."""
    times: list[list[float]] = [[] for _ in runs]
    for _ in tqdm(range(rounds), desc="timing"):
        for (run, pixels), taken in zip(runs, times, strict=True):
            begin = time.perf_counter()
            run(pixels)
            taken.append(1000 * (time.perf_counter() - begin))
    return [float(np.median(t[2:])) for t in times]


def table(rows: list[Row]) -> str:
    """The closing table."""
    lines = [f"{'file':26s} {'MB':>6s} {'largest difference':>19s} {'lines agree':>12s} {'ms, 1 thread':>13s}"]
    for r in rows:
        a = r.agreement
        lines.append(f"{r.file:26s} {r.megabytes:6.2f} {a.difference:19.1e} {a.lines:12.4f} {r.milliseconds:13.1f}")
    return "\n".join(lines)
