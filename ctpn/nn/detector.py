"""Build a detector from its spec, and load one from its weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from ctpn.contract.spec import CLASSIC, DETECTORS, MOBILE, DetectorSpec, read_spec
from ctpn.errors import ModelError
from ctpn.nn.checkpoint import is_checkpoint, load_checkpoint, load_weights
from ctpn.nn.maps import Detector
from ctpn.nn.mobile import MobileCtpn
from ctpn.nn.recurrent import TORCH, Recurrence
from ctpn.nn.vgg16 import Vgg16Ctpn, Widths


def build(spec: DetectorSpec, recurrence: Recurrence = TORCH, *, plain: bool = False) -> Detector:
    """A detector with fresh weights: xavier-normal, biases zero, which the original found decisive; or `plain`, PyTorch's own."""
    nets: dict[str, type[MobileCtpn] | type[Vgg16Ctpn]] = {"mobile": MobileCtpn, "vgg16": Vgg16Ctpn}
    if spec.name not in nets:
        raise ModelError(f"detector {spec.name!r}: expected one of {sorted(nets)}; the weights are of another version")
    net = nets[spec.name](spec, recurrence=recurrence)
    return net if plain else net.apply(initialise)


def load_detector(file: str | Path) -> Detector:
    """The detector of a file, in evaluation mode; spec and recurrence come from the file.

    Args:
        file: a .safetensors file of ctpn.train or ctpn.nn.keras_import, or a checkpoint of the original (.pth.tar with
            `model_state_dict`), whose spec is `CLASSIC`. Only tensors are read; a pickle with code in it is refused.

    Raises:
        ModelError: missing or damaged file, no spec in it, or tensors that do not fit.
    """
    file = Path(file)
    if is_checkpoint(file):
        return assemble(load_checkpoint(file), CLASSIC, TORCH, file)
    tensors, metadata = load_weights(file)
    if "spec" not in metadata:
        raise ModelError(f"{file}: no spec in the file's metadata; expected weights of ctpn.train")
    recurrence = Recurrence.from_json(metadata["recurrence"]) if "recurrence" in metadata else TORCH
    return assemble(tensors, read_spec(DetectorSpec, metadata["spec"], file), recurrence, file)


def assemble(tensors: dict[str, Tensor], spec: DetectorSpec, recurrence: Recurrence, file: Path) -> Detector:
    """A detector of these tensors, all of them and no others, in evaluation mode; `file` is for the message.

    Raises:
        ModelError: a tensor is missing, left over or of another shape.
    """
    try:
        with torch.device("meta"):  # shapes only, so that no memory is allocated twice
            vgg16 = spec.name == "vgg16"
            net = Vgg16Ctpn(spec, recurrence=recurrence, widths=Widths.of(tensors)) if vgg16 else build(spec, recurrence)
        net.load_state_dict({name: t.float() if t.is_floating_point() else t for name, t in tensors.items()}, assign=True)
    except (RuntimeError, ValueError, ModelError) as e:
        reason = " ".join(str(e).split())[:400]
        raise ModelError(f"{file}: weights do not fit the net ({reason}); use the version that wrote them") from None
    return net.eval()


def with_direction(net: Detector) -> Detector:
    """The net with a head for the map `direction`: its own, or a new one with fresh weights.

    Raises:
        ModelError: nets of its kind have no such map.
    """
    known = DETECTORS[net.spec.name]
    if "direction" in net.spec.outputs:
        return net
    if known.direction is None:
        raise ModelError(f"detector {net.spec.name!r}: has no map of directions; name a net that has one, such as {MOBILE.name}")
    spec = replace(net.spec, outputs=(*net.spec.outputs, "direction"), direction=known.direction)
    return _rebuilt(net, spec)


def without_direction(net: Detector) -> Detector:
    """The net without that head, which fits no other weights of the scales below it."""
    outputs = tuple(name for name in net.spec.outputs if name != "direction")
    return net if outputs == net.spec.outputs else _rebuilt(net, replace(net.spec, outputs=outputs, direction=None))


def _rebuilt(net: Detector, spec: DetectorSpec) -> Detector:
    """A net of another spec with the weights that both have."""
    new = build(spec, net.recurrence)
    new.load_state_dict({name: t for name, t in net.state_dict().items() if name in new.state_dict()}, strict=False)
    return new


def freeze(net: nn.Module, names: Sequence[str]) -> None:
    """Keep parts of a net as they are while it is trained, the statistics of their batch norms too.

    Args:
        names: of modules, such as stem or base_layers.0; of the original's net also block1 to block5.

    Raises:
        ModelError: no such part, or nothing is left to learn.
    """
    modules = dict(net.named_modules())
    for name in names:
        parts = net.block(name) if isinstance(net, Vgg16Ctpn) and name.startswith("block") else (name,)
        if not name or not parts or any(p not in modules for p in parts):
            known = ", ".join(["block1"] * isinstance(net, Vgg16Ctpn) + [n for n, _ in net.named_children()])
            raise ModelError(f"freeze {name!r}: no such part; expected modules of the net, such as {known}")
        for part in parts:
            modules[part].requires_grad_(False).eval()
    if not any(p.requires_grad for p in net.parameters()):
        raise ModelError(f"freeze {','.join(names)}: nothing is left to learn; freeze less")


def initialise(module: nn.Module) -> None:
    """Xavier-normal convolutions with zero biases: for `net.apply`."""
    if isinstance(module, nn.Conv2d):
        nn.init.xavier_normal_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
