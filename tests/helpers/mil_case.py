"""Core ML packages of hand-made programs of one image, for tests of their evaluator."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

ct = pytest.importorskip("coremltools", reason="coremltools is not installed: pip install -e '.[export]'")
from coremltools.converters.mil import Builder as mb  # noqa: E402

logging.getLogger("coremltools").setLevel(logging.CRITICAL)
SIZE = (8, 6)


def package(out: Path, body: Callable[[Any], Any], *, half: bool = False, target: str = "iOS16", layout: str = "RGB") -> Any:
    """A package on disk of a hand-made program of one image; the model itself comes back for compression."""
    precision, version = (ct.precision.FLOAT16 if half else ct.precision.FLOAT32), getattr(ct.target, target)
    program = mb.program(input_specs=[mb.TensorSpec(shape=(1, 3, *SIZE))], opset_version=version)(body)
    model = ct.convert(
        program, convert_to="mlprogram", inputs=[ct.ImageType(name="x", shape=(1, 3, *SIZE), color_layout=layout)],
        compute_precision=precision, minimum_deployment_target=version, skip_model_load=True, pass_pipeline=_passes(half),
    )  # fmt: skip
    model.save(str(out))
    return model


def _passes(half: bool) -> Any:
    """As few as possible: nothing shall be fused or folded, and passes take time."""
    passes = ct.PassPipeline.EMPTY
    if half:
        passes.append_pass("common::add_fp16_cast")
    return passes


def picture(seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (1, *SIZE, 3), dtype=np.uint8)


def planes(pixels: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float()


def weights(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(7).normal(size=shape).astype(np.float32)


def conv(w: tuple[int, ...], **options: Any) -> Callable[[Any], Any]:
    return lambda x: mb.conv(x=x, weight=weights(*w), **options)
