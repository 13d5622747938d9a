"""One Core ML package: made, and run, by Core ML on a Mac and by our evaluator of its program elsewhere."""

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
from export.forms import Form, Pixels, Run
from export.graph import INPUT, LOGITS, DetectorGraph, RecognizerGraph
from export.mil.package import MISSING, read_model
from export.mil.program import Program
from export.parity import Maps

ON_A_MAC = sys.platform == "darwin"
HEIGHTS = (32, 2048)  # of a picture, where its height is free
MEANINGS = {
    "score": "probability of text, a cell and anchor",
    "vertical": "centre and log height of the text, by the anchor's height",
    "side": "where the text's left and right ends are, by the cell's width",
    "link": "probability that the cell to the right belongs to the same line",
    LOGITS: "a time step and class; class 0 is the blank of CTC",
}
LEAST = 2048  # numbers in the smallest tensor that is compressed: smaller ones save nothing
# Of the recogniser only the last matrix is compressed, half of the file: with all weights in int8 one in a hundred of the
# texts that it is sure of changes. A palette is shared by 8 characters, which takes iOS 18: with one for all, as iOS 16 has
# it, one in twenty of these texts changes. 8 divides the 5,128 classes; where the group does not divide them coremltools
# leaves the matrix whole, and with `enable_per_channel_scale` it then leaves it divided by the scales.
LEAST_RECOGNISER = 1 << 17
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
    """coremltools, without its remarks on versions and on what is no Mac, and with nothing of its own on stdout.

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


def convert(form: Form, *, free_height: bool, half: bool, target: str) -> Any:
    """The ML program of a form of one width, in memory.

    Args:
        free_height: of the picture, within HEIGHTS; otherwise that of the form.
        half: compute in float16, not float32.
        target: the oldest system that it shall run on, such as "iOS16".
    """
    height, width = form.size
    with coremltools() as ct:
        traced = torch.jit.trace(Planes(form.graph).eval(), torch.zeros(1, 3, height, width), check_trace=False)
        shape = (1, 3, ct.RangeDim(*HEIGHTS, height) if free_height else height, width)
        # No scale and no bias: the graph takes pixels as they are, and the division is in its first convolution.
        model = ct.convert(
            traced, convert_to="mlprogram", skip_model_load=not ON_A_MAC, minimum_deployment_target=getattr(ct.target, target),
            inputs=[ct.ImageType(name=INPUT, shape=ct.Shape(shape), color_layout=ct.colorlayout.RGB)],
            outputs=[ct.TensorType(name=name, dtype=np.float32) for name in form.graph.outputs],
            compute_precision=ct.precision.FLOAT16 if half else ct.precision.FLOAT32,
        )  # fmt: skip
        _describe(model, form, "height a multiple of 32" if free_height else f"{height} pixels high")
    return model


def _describe(model: Any, form: Form, height: str) -> None:
    """What Xcode shows, and the spec for the app."""
    spec = form.graph.spec
    reads = isinstance(spec, RecognizerSpec)
    model.author, model.license, model.version = "The CTPN authors", "MIT", __version__
    model.short_description = "Reads a strip of one line of text" if reads else "Finds the lines of text on a photo"
    model.input_description[INPUT] = f"RGB, {height}, {form.size[1]} wide; what is missing is grey {spec.pad}"
    for name in form.graph.outputs:
        model.output_description[name] = MEANINGS[name]
    model.user_defined_metadata.update({"spec": spec.to_json(), "class_of_use": "text recognition" if reads else "text detection"})


def squeeze(model: Any, kind: str, *, reads: bool) -> Any:
    """The model with its large tensors in fewer bits.

    Args:
        kind: "int8", or "6bit" for palettes of 64 numbers.
        reads: a recogniser; its palettes need a model for iOS 18.
    """
    least = LEAST_RECOGNISER if reads else LEAST
    with coremltools() as ct:
        optimize = ct.optimize.coreml
        if kind == "int8":
            config = optimize.OpLinearQuantizerConfig(mode="linear_symmetric", dtype="int8", weight_threshold=least)
            return optimize.linear_quantize_weights(model, optimize.OptimizationConfig(global_config=config))
        config = optimize.OpPalettizerConfig(mode="kmeans", nbits=6, weight_threshold=least, **(PALETTES if reads else {}))
        return optimize.palettize_weights(model, optimize.OptimizationConfig(global_config=config))


def save(models: dict[str, Any], out: Path) -> None:
    """Write a package of one model, or of several as functions that share their weights; the same models, the same bytes.

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
            ct.utils.save_multifunction(together, str(out))
    _settle(out, first.get_spec().description.metadata)


def _settle(package: Path, metadata: Any) -> None:
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
        from PIL import Image  # the form in which coremltools takes images

        rows = [self.model.predict({INPUT: Image.fromarray(picture)}) for picture in pixels]
        return {name: np.concatenate([row[name] for row in rows]).astype(np.float32) for name in self.names}
