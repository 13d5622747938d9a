"""A Core ML package, run: by Core ML on a Mac, elsewhere by our evaluator of its program."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from export.coreml.conversion import ON_A_MAC, coremltools
from export.graph import INPUT
from export.mil.program import Program
from export.parity import Maps, Pixels, Run


def load(package: Path, function: str | None = None) -> Run:
    """A package as a function of uint8 RGB [N, H, W, 3], whose pictures go in one by one.

    Args:
        function: of a package of several; by default the one that the package itself takes by default.

    Raises:
        CtpnError: no package, a damaged one, or no such function.
    """
    program = Program(package, function)
    return CoreMl(package, program) if ON_A_MAC else program


class CoreMl:
    """A package run by Core ML itself.

    Args:
        program: the same package read by us, which knows the order of the outputs.
    """

    def __init__(self, package: Path, program: Program) -> None:
        several = bool(program.package.model.description.functions)
        self.names = program.outputs
        with coremltools() as ct:
            self.model = ct.models.MLModel(str(package), function_name=program.function if several else None)

    def __call__(self, pixels: Pixels) -> Maps:
        """Outputs by name, float32 with the batch axis."""
        from PIL import Image  # coremltools takes images as Pillow's

        rows = [self.model.predict({INPUT: Image.fromarray(picture)}) for picture in pixels]
        return {name: np.concatenate([row[name] for row in rows]).astype(np.float32) for name in self.names}
