"""Write the nets as TorchScript: python -m export.torchscript

Traced and frozen. NAME.pt loads with torch.jit.load in Python and in LibTorch, NAME.ptl in PyTorch Mobile's lite interpreter.
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

from export import command
from export.command import Made
from export.forms import Form, Pixels, Run, say
from export.parity import Maps


def files(forms: Iterator[Form], folder: Path) -> Iterator[Made]:
    """The files of a net, proven."""
    for form in forms:
        whole, lite = folder / f"{form.name}.pt", folder / f"{form.name}.ptl"
        say(f"{whole.name}: tracing")
        _write(form, whole, lite)
        for file, load in ((whole, torch.jit.load), (lite, _load_for_lite_interpreter)):
            run = runner(load(str(file)), form.graph.outputs)
            yield Made(file, form.prove(file.name, run), run, form.timed)


def _write(form: Form, whole: Path, lite: Path) -> None:
    """By way of memory, because torch's own writer has no words for a full disk."""
    extra, buffer = {"spec": form.graph.spec.to_json()}, io.BytesIO()
    with warnings.catch_warnings():
        # The tracer warns of every shape that it might bake in (the proof runs at other sizes), and of its own age.
        warnings.simplefilter("ignore")
        frozen = torch.jit.freeze(torch.jit.trace(form.graph, form.graph.example(form.size), check_trace=False))
        torch.jit.save(frozen, buffer, _extra_files=extra)
        whole.write_bytes(buffer.getvalue())
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
    return command.main(command.parser("export.torchscript", __doc__), argv, lambda args: files)


if __name__ == "__main__":
    sys.exit(main())
