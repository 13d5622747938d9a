"""Static int8: activations U8, weights S8 a channel, calibrated on pages that we draw ourselves."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from export.graph import INPUT

# Parts that stay float, by the module path in a node's name. The stem sees three channels and the recurrence many
# small steps: quantised they cost more time than they save. The heads' last layers are where coordinates are made.
FLOAT_PARTS = ("/net/stem/", "/net/rows/", "/net/brnn/", "/net/base_layers/base_layers.0/")


class _Pages(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, pages: Iterable[NDArray[np.uint8]]) -> None:
        self.pages = iter(pages)

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        page = next(self.pages, None)
        return None if page is None else {INPUT: page[None]}


def quantize(source: Path, target: Path, pages: Iterable[NDArray[np.uint8]]) -> None:
    """Write the int8 form of an ONNX file.

    Args:
        source, target: float and int8 file.
        pages: uint8 RGB [H, W, 3] each, of a size that the graph takes.
    """
    ready = target.with_suffix(".ready.onnx")
    quant_pre_process(source, ready, skip_symbolic_shape=True)
    names = [n.name for n in onnx.load(ready).graph.node if n.op_type == "Conv" and not n.name.startswith(FLOAT_PARTS)]
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.ERROR)  # it advises pre-processing, which has just been done
    quantize_static(
        ready, target, _Pages(pages), quant_format=QuantFormat.QDQ, per_channel=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, nodes_to_quantize=names,
        calibrate_method=CalibrationMethod.MinMax,
    )  # fmt: skip
    logging.getLogger().setLevel(level)
    ready.unlink()
    _keep_metadata(source, target)


def _keep_metadata(source: Path, target: Path) -> None:
    model = onnx.load(target)
    kept = {p.key: p.value for p in onnx.load(source).metadata_props}
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, kept)
    onnx.save(model, target)
