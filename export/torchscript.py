"""Write the nets as TorchScript: python -m export.torchscript

The nets are traced and frozen. NAME.pt loads with torch.jit.load in Python and in LibTorch, NAME.ptl in PyTorch Mobile's lite interpreter.
mobile.pt and crnn.pt take any size (torch's own GRU), mobile-960.pt and crnn-160.pt, -320, -640 one width (the recurrence
unrolled). uint8 RGB [N, H, W, 3] goes in; the outputs come as a tuple in the order of `outputs` in the spec (the recogniser's
logits alone), and the spec travels in the file (extra file "spec"). Each file is compared with PyTorch, down to the lines and
texts of sample pages, before it gets its name.
"""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch.jit.mobile import _load_for_lite_interpreter

from export import exporter
from export.exporter import ExportedFile, Function
from export.parity import Maps, Pixels, Run
from export.variants import ExportVariant, say


def write_files(variants: Iterator[ExportVariant], folder: Path) -> Iterator[ExportedFile]:
    """The files of a net."""
    for variant in variants:
        full, lite = folder / f"{variant.name}.pt", folder / f"{variant.name}.ptl"
        say(f"{full.name}: tracing")
        _write(variant, full, lite)
        for file, load in ((full, torch.jit.load), (lite, _load_for_lite_interpreter)):
            run = runner(load(str(file)), variant.graph.outputs)  # type: ignore[no-untyped-call]
            yield ExportedFile(file, [Function(variant, run)], timed=variant.timed)


def _write(variant: ExportVariant, full: Path, lite: Path) -> None:
    """By way of memory, because torch's own writer has no message for a full disk."""
    extra, buffer = {"spec": variant.graph.spec.to_json()}, io.BytesIO()
    with warnings.catch_warnings():
        # The tracer warns of every shape that it might bake in (files are verified at other sizes), and of its own age.
        warnings.simplefilter("ignore")
        frozen = torch.jit.freeze(torch.jit.trace(variant.graph, variant.graph.example(variant.size), check_trace=False))
        torch.jit.save(frozen, buffer, _extra_files=extra)
        full.write_bytes(buffer.getvalue())
        lite.write_bytes(frozen._save_to_buffer_for_lite_interpreter(_extra_files=extra))


def runner(module: Any, names: tuple[str, ...]) -> Run:
    """A loaded file as a function, on one thread."""

    def run(pixels: Pixels) -> Maps:
        torch.set_num_threads(1)
        with torch.no_grad():
            found = module(torch.from_numpy(pixels))
        return {name: m.numpy() for name, m in zip(names, found if isinstance(found, tuple) else (found,), strict=True)}

    return run


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 written, 1 a file differs or something failed; usage errors exit 2."""
    return exporter.main(exporter.parser("export.torchscript", __doc__), argv, lambda args: write_files)


if __name__ == "__main__":
    sys.exit(main())
