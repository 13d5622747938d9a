"""Build a detector from its spec, and load one from its weights."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from ctpn.errors import ModelError
from ctpn.nn.checkpoint import load_weights
from ctpn.nn.mobile import MobileCtpn
from ctpn.nn.vgg16 import Vgg16Ctpn
from ctpn.spec import DetectorSpec


def build(spec: DetectorSpec) -> nn.Module:
    """A detector with fresh weights: xavier-normal, biases zero, as the original found decisive."""
    nets = {"mobile": MobileCtpn, "vgg16": Vgg16Ctpn}
    if spec.name not in nets:
        raise ModelError(f"detector {spec.name!r}: expected one of {sorted(nets)}; the weights are of another version")
    net = nets[spec.name](spec)
    net.apply(initialise)
    return net


def load_detector(file: str | Path) -> nn.Module:
    """The detector of a .safetensors file, in evaluation mode; its spec comes from the file.

    Raises:
        ModelError: missing or damaged file, no spec in it, or tensors that do not fit.
    """
    tensors, metadata = load_weights(Path(file))
    if "spec" not in metadata:
        raise ModelError(f"{file}: no spec in the file's metadata; expected weights written by ctpn.train")
    net = build(DetectorSpec.from_json(metadata["spec"]))
    try:
        net.load_state_dict(tensors)
    except RuntimeError as e:
        reason = " ".join(str(e).split())[:300]
        raise ModelError(f"{file}: weights do not fit the net ({reason}); use the version that wrote them") from None
    return net.eval()


def initialise(module: nn.Module) -> None:
    """Xavier-normal convolutions with zero biases: for `net.apply`."""
    if isinstance(module, nn.Conv2d):
        nn.init.xavier_normal_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
