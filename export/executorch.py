"""Write the nets for ExecuTorch: python -m export.executorch

NAME.pte, for PyTorch Mobile's successor, with its heavy parts on XNNPACK. Sizes are fixed: mobile-960.pte takes one picture
of --size, crnn-160.pte, -320 and -640 one line crop. uint8 RGB [1, H, W, 3] goes in; the outputs come in the order of `outputs`
in the spec, which the file's method "spec" returns. Each file runs in ExecuTorch's own runtime and is compared with PyTorch,
down to the lines and texts of sample pages, before it gets its name. Lowering an unrolled recurrence takes minutes a file.

Needs the optional package: pip install -c constraints.txt -e '.[executorch]'
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ctpn.errors import CtpnError
from export import exporter
from export.exporter import ExportedFile, Function
from export.parity import Maps, Pixels, Run
from export.variants import ExportVariant, say

HINT = "install it with: pip install -c constraints.txt -e '.[executorch]'"


def write_files(variants: Iterator[ExportVariant], folder: Path) -> Iterator[ExportedFile]:
    """The files of a net: one for each variant of one width."""
    _package()  # before anything that takes long
    for variant in (v.of_one_size() for v in variants if v.fixed_width):
        file = folder / f"{variant.name}.pte"
        say(f"{file.name}: lowering {variant.size[0]} x {variant.size[1]}, which takes minutes")
        file.write_bytes(_lowered(variant))
        yield ExportedFile(file, [Function(variant, runner(file, variant.graph.outputs))], timed=variant.timed[:1])


def _lowered(variant: ExportVariant) -> bytes:
    to_edge, partitioner, _ = _package()
    from executorch.exir import EdgeCompileConfig

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exported = torch.export.export(variant.graph, (variant.graph.example(variant.size)[:1],))
        # Unchecked: to check every operator after each pass takes a seventh of the time, and the file is executed and compared anyway.
        config = EdgeCompileConfig(_check_ir_validity=False)
        spec = {"spec": variant.graph.spec.to_json()}
        edge = to_edge(exported, partitioner=[partitioner()], constant_methods=spec, compile_config=config)
        return bytes(edge.to_executorch().buffer)


def _package() -> tuple[Any, Any, Any]:
    logging.getLogger("torch.utils._pytree").setLevel(logging.ERROR)  # the package registers an enum that torch knows by now
    try:
        from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
        from executorch.exir import to_edge_transform_and_lower
        from executorch.runtime import Runtime
    except ImportError as e:
        raise CtpnError(f"executorch is missing ({e}); {HINT}") from None
    return to_edge_transform_and_lower, XnnpackPartitioner, Runtime


def runner(file: Path, names: tuple[str, ...]) -> Run:
    """A file under ExecuTorch's runtime, as a function of uint8 RGB [N, H, W, 3], whose pictures go in one by one.

    Raises:
        CtpnError: executorch is not installed.
    """
    method = _package()[2].get().load_program(file).load_method("forward")

    def run(pixels: Pixels) -> Maps:
        # The method takes one picture, and the runtime gives views of its own memory, which the next call overwrites.
        rows = [[m.numpy().copy() for m in method.execute([torch.from_numpy(picture[None])])] for picture in pixels]
        return {name: np.concatenate(maps) for name, maps in zip(names, zip(*rows, strict=True), strict=True)}

    return run


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 written, 1 a file differs or something failed; usage errors exit 2."""
    return exporter.main(exporter.parser("export.executorch", __doc__), argv, lambda args: write_files)


if __name__ == "__main__":
    sys.exit(main())
