"""One Core ML package: run, by Core ML on a Mac and by our evaluator of its program elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from export.forms import Pixels, Run
from export.graph import INPUT
from export.mil.program import Program
from export.parity import Maps

ON_A_MAC = sys.platform == "darwin"


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
        program: the same package read by us: Core ML's outputs come in no order.
    """

    def __init__(self, package: Path, program: Program) -> None:
        import coremltools  # type: ignore[import-untyped]

        several = bool(program.package.model.description.functions)
        self.names = program.outputs
        self.model = coremltools.models.MLModel(str(package), function_name=program.function if several else None)

    def __call__(self, pixels: Pixels) -> Maps:
        """Outputs by name, float32 with the batch axis."""
        from PIL import Image  # the form in which coremltools takes images

        rows = [self.model.predict({INPUT: Image.fromarray(picture)}) for picture in pixels]
        return {name: np.concatenate([row[name] for row in rows]).astype(np.float32) for name in self.names}
