"""Core ML packages: converted from a variant, compressed, and saved."""

from __future__ import annotations

import json
import logging
import sys
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ctpn.contract.spec import RecognizerSpec
from ctpn.errors import CtpnError
from ctpn.version import __version__
from export.graph import INPUT, LOGITS, DetectorGraph, RecognizerGraph
from export.mil.package import MISSING, read_model
from export.variants import ExportVariant

ON_A_MAC = sys.platform == "darwin"
HEIGHTS = (32, 2048)  # of a picture, where its height is free
MEANINGS = {
    "score": "probability of text, per cell and anchor",
    "vertical": "centre and log height of the text, by the anchor's height",
    "side": "where the text's left and right ends are, by the cell's width",
    "link": "probability that the cell to the right belongs to the same line",
    "direction": "logit of text of any direction, cos 2a and sin 2a of its reading axis' angle a, per cell of 16 x 16 pixels",
    LOGITS: "logit per time step and class; class 0 is the blank of CTC",
}
MIN_SIZE = 2048  # numbers in the smallest tensor that is compressed: smaller ones save nothing
# Of the recogniser only the last matrix is compressed, half of the file: with all weights in int8 one in a hundred of the
# texts that it is confident of changes. A palette is shared by 8 characters, which takes iOS 18: with one for all, as iOS 16 has
# it, one in twenty of these texts changes. 8 divides the 5,128 classes; where the group does not divide them coremltools
# leaves the matrix whole, and with `enable_per_channel_scale` it then leaves it divided by the scales.
MIN_SIZE_RECOGNIZER = 1 << 17
PALETTES = {"granularity": "per_grouped_channel", "group_size": 8}


class Planes(torch.nn.Module):
    """A graph fed as Core ML feeds images: RGB planes float32 [1, 3, H, W] of 0 to 255."""

    def __init__(self, graph: DetectorGraph | RecognizerGraph) -> None:
        super().__init__()
        self.wrapped = graph  # "graph" is a name of TorchScript's own

    def forward(self, image: Tensor) -> tuple[Tensor, ...] | Tensor:
        return self.wrapped.planes(image)


@contextmanager
def coremltools() -> Iterator[Any]:
    """coremltools, without its warnings about versions and other systems than macOS, and with nothing of its own on stdout.

    Raises:
        CtpnError: it is missing. OSError: it could not write its weights, for which it has an error of its own.
    """
    logging.getLogger("coremltools").setLevel(logging.CRITICAL)
    with warnings.catch_warnings(), redirect_stdout(sys.stderr):
        warnings.simplefilter("ignore")
        try:
            import coremltools as found
        except ImportError:
            raise CtpnError(MISSING) from None
        try:
            yield found
        except RuntimeError as e:
            if "FileWriter" not in str(e):
                raise
            raise OSError(f"the weights cannot be written; is the disk full? ({e})") from None


def convert(variant: ExportVariant, *, free_height: bool, float16: bool, target: str) -> Any:
    """The ML program of a variant of one width, in memory.

    Args:
        free_height: of the picture, within HEIGHTS; otherwise that of the variant.
        float16: compute in float16, not float32.
        target: the oldest system that it runs on, such as "iOS16".
    """
    height, width = variant.size
    with coremltools() as ct:
        traced = torch.jit.trace(Planes(variant.graph).eval(), torch.zeros(1, 3, height, width), check_trace=False)
        shape = (1, 3, ct.RangeDim(*HEIGHTS, height) if free_height else height, width)
        # No scale and no bias: the graph takes pixels as they are, and the division is in its first convolution.
        inputs = [ct.ImageType(name=INPUT, shape=ct.Shape(shape), color_layout=ct.colorlayout.RGB)]
        outputs = [ct.TensorType(name=name, dtype=np.float32) for name in variant.graph.outputs]
        with _unvalidated_passes():
            model = ct.convert(
                traced, convert_to="mlprogram", skip_model_load=not ON_A_MAC, minimum_deployment_target=getattr(ct.target, target),
                inputs=inputs, outputs=outputs, compute_precision=ct.precision.FLOAT16 if float16 else ct.precision.FLOAT32,
            )  # fmt: skip
        _describe(model, variant, "height a multiple of 32" if free_height else f"{height} pixels high")
    return model


@contextmanager
def _unvalidated_passes() -> Iterator[None]:
    """coremltools checks the whole program after each of its hundred passes, which takes half the time of a conversion of an
    unrolled recurrence. What comes out is executed and compared with PyTorch anyway."""
    from coremltools.converters.mil.mil import Program

    validate = Program.validate
    Program.validate = lambda self, check_essential_scope=False: None
    try:
        yield
    finally:
        Program.validate = validate


def _describe(model: Any, variant: ExportVariant, height: str) -> None:
    """What Xcode shows, and the spec for the app."""
    spec = variant.graph.spec
    reads = isinstance(spec, RecognizerSpec)
    model.author, model.license, model.version = "The CTPN authors", "MIT", __version__
    model.short_description = "Reads a line crop, the picture of one line of text" if reads else "Finds the lines of text on a photo"
    model.input_description[INPUT] = f"RGB, {height}, {variant.size[1]} wide; what is missing is grey {spec.pad}"
    for name in variant.graph.outputs:
        model.output_description[name] = MEANINGS[name]
    model.user_defined_metadata.update({"spec": spec.to_json(), "class_of_use": "text recognition" if reads else "text detection"})


def compress_weights(model: Any, kind: str, *, recognizer: bool) -> Any:
    """The model with its large tensors in fewer bits.

    Args:
        kind: "int8", or "6bit" for palettes of 64 numbers.
        recognizer: its palettes need a model for iOS 18.
    """
    min_size = MIN_SIZE_RECOGNIZER if recognizer else MIN_SIZE
    with coremltools() as ct:
        optimize = ct.optimize.coreml
        if kind == "int8":
            config = optimize.OpLinearQuantizerConfig(mode="linear_symmetric", dtype="int8", weight_threshold=min_size)
            return optimize.linear_quantize_weights(model, optimize.OptimizationConfig(global_config=config))
        config = optimize.OpPalettizerConfig(mode="kmeans", nbits=6, weight_threshold=min_size, **(PALETTES if recognizer else {}))
        return optimize.palettize_weights(model, optimize.OptimizationConfig(global_config=config))


def save(models: dict[str, Any], out: Path) -> None:
    """Write a package of one model, or of several as functions that share their weights; the same models, the same bytes.

    A package of several is for iOS 18, also if its models were converted for iOS 16: coremltools raises them, and where no operator
    differs between the two, as in our nets, the package is byte for byte that of models converted for iOS 18.

    Args:
        models: by name of the function; the first is the default.
    """
    first = next(iter(models.values()))
    with coremltools() as ct, TemporaryDirectory(prefix=".coreml-", dir=out.parent) as name:
        if len(models) == 1:
            first.save(str(out))
        else:
            together = ct.utils.MultiFunctionDescriptor()
            for function, model in models.items():
                model.save(str(Path(name, f"{function}.mlpackage")))
                together.add_function(str(Path(name, f"{function}.mlpackage")), "main", function)
            together.default_function_name = next(iter(models))
            with _unvalidated_passes():
                ct.utils.save_multifunction(together, str(out))
    _make_reproducible(out, first.get_spec().description.metadata)


def _make_reproducible(package: Path, metadata: Any) -> None:
    """Replace what differs from run to run: the date, the order of maps, the random names in the manifest.

    Args:
        metadata: that of the model, which coremltools leaves out of packages of several functions.
    """
    file, manifest = package / "Data" / "com.apple.CoreML" / "model.mlmodel", package / "Manifest.json"
    model = read_model(file)
    model.description.metadata.CopyFrom(metadata)
    model.description.metadata.userDefined.pop("com.github.apple.coremltools.conversion_date", None)
    file.write_bytes(model.SerializeToString(deterministic=True))
    file.chmod(0o644)
    text = manifest.read_text(encoding="utf-8")
    for name, item in json.loads(text)["itemInfoEntries"].items():
        text = text.replace(name, str(uuid.uuid5(uuid.NAMESPACE_URL, item["path"])))
    manifest.write_text(json.dumps(json.loads(text), indent=4, sort_keys=True) + "\n", encoding="utf-8")
