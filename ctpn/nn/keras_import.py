"""Convert the weights of a Keras CTPN exactly: python -m ctpn.nn.keras_import weights.hdf5 out.safetensors

  python -m ctpn.nn.keras_import model.h5 out.safetensors              a whole model has all that is needed
  python -m ctpn.nn.keras_import weights.hdf5 out.safetensors --recurrent-activation hard_sigmoid
  python -m ctpn.nn.keras_import model.keras out.safetensors --channels RGB --mean 0,0,0

Reads HDF5 and .keras files of Keras 2 and 3, GRU and LSTM, and computes what Keras computes: the reset gate before or after
the product, and the sigmoid of the file's own version (Keras 3 changed hard_sigmoid). Every tensor of the file is used and
every parameter of the net is set, or nothing is written and the command says which are not. The layers are the original's:
block1_conv1 … block5_conv3, rpn_conv1, blstm, lstm_fc, rpn_class, rpn_regress.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ctpn import command
from ctpn.contract.spec import CLASSIC, DetectorSpec
from ctpn.errors import ModelError
from ctpn.files import refuse_overwrite
from ctpn.nn.checkpoint import save_weights
from ctpn.nn.detector import assemble
from ctpn.nn.keras_file import F32, KerasFile, read_keras
from ctpn.nn.recurrent import Recurrence
from ctpn.nn.vgg16 import BLOCKS, PLACES
from ctpn.terminal import say

NAME = "ctpn.nn.keras_import"
VGG = tuple(f"block{b}_conv{n}" for b, count in enumerate(BLOCKS, 1) for n in range(1, count + 1))
CONVOLUTIONS = dict(zip(VGG, (f"base_layers.{n}" for n in PLACES), strict=True)) | {
    "rpn_conv1": "rpn.conv", "lstm_fc": "lstm_fc.conv", "rpn_class": "rpn_class.conv", "rpn_regress": "rpn_regress.conv",
}  # fmt: skip
KNOWN = (*VGG, "rpn_conv1", "blstm", "lstm_fc", "rpn_class", "rpn_regress")
CELLS = {3: "gru", 4: "lstm"}  # gates
KERAS_TO_TORCH = {"gru": (1, 0, 2), "lstm": (0, 1, 2, 3)}  # Keras has z, r, h and i, f, c, o; PyTorch r, z, n and i, f, g, o


def convert(file: KerasFile, activation: str | None = None, version: str | None = None) -> tuple[dict[str, Tensor], Recurrence]:
    """The tensors of `Vgg16Ctpn` and the variant of its recurrence.

    Args:
        activation: "sigmoid" or "hard_sigmoid", for a file that does not say.
        version: "2" or "3", of Keras, likewise.

    Raises:
        ModelError: layers that are missing or unknown, tensors of a wrong shape, a configuration that we cannot compute.
    """
    if file.version.startswith("1"):
        raise ModelError("from Keras 1, whose layout is another; load and save it with Keras 2 first")
    lost, unknown = ([n for n in KNOWN if n not in file.layers], [t for n in file.layers if n not in KNOWN for t in file.layers[n]])
    if lost or unknown:
        problems = [f"missing: {', '.join(lost)}"] * bool(lost) + [f"not used: {', '.join(p for p, _ in unknown[:20])}"] * bool(unknown)
        raise ModelError(f"expected the layers of the original CTPN; {'; '.join(problems)}")
    state: dict[str, Tensor] = {}
    for name, ours in CONVOLUTIONS.items():
        _check(name, file, {"activation": "relu" if ours.startswith(("base", "rpn.", "lstm")) else "linear", **CONVOLUTION})
        kernel, bias = _shaped(name, file, (4, 1))
        flipped = kernel[::-1, ::-1] if file.backend == "theano" else kernel  # Theano's convolution turns its kernel
        state |= {f"{ours}.weight": _tensor(flipped.transpose(3, 2, 0, 1)), f"{ours}.bias": _tensor(bias)}
    cell, reset_after, tensors = _recurrence(file)
    return state | tensors, Recurrence(cell, reset_after, _gates(file, activation, version))


# What a configuration must say, where it says anything, for the net to be the one that we compute.
CONVOLUTION = {"padding": "same", "strides": [1, 1], "dilation_rate": [1, 1], "groups": 1, "class_name": "Conv2D"}
RECURRENT = {"activation": "tanh", "go_backwards": False, "return_sequences": True, "use_bias": True}


def _check(name: str, file: KerasFile, expected: dict[str, Any], config: dict[str, Any] | None = None) -> None:
    config = (file.config or {}).get(name, {}) if config is None else config
    for key, value in expected.items():
        got = config.get(key, value)
        if (list(got) if isinstance(got, tuple) else got) != value:
            raise ModelError(f"{name}: expected {key} {value!r}, got {got!r}; this is not the original's net")


def _shaped(name: str, file: KerasFile, dimensions: tuple[int, ...]) -> list[F32]:
    tensors = [t for _, t in file.layers[name]]
    if tuple(t.ndim for t in tensors) != dimensions:
        got = ", ".join(f"{p} {list(t.shape)}" for p, t in file.layers[name])
        raise ModelError(f"{name}: expected {len(dimensions)} tensors of {dimensions} dimensions, got {got}")
    return tensors


def _tensor(array: F32) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array))


def _recurrence(file: KerasFile) -> tuple[str, bool, dict[str, Tensor]]:
    """Cell, whether the reset gate comes after, and the tensors of both directions."""
    tensors = [t for _, t in file.layers["blstm"]]
    bias = tensors[2].ndim if len(tensors) == 6 else 1
    kernels = _shaped("blstm", file, (2, 2, bias) * 2)
    hidden, columns = kernels[1].shape
    cell = CELLS.get(columns // max(hidden, 1))
    if cell is None or columns % hidden or (cell == "lstm" and bias == 2):
        raise ModelError(f"blstm: expected a GRU or LSTM, got a recurrent kernel {list(kernels[1].shape)}; other cells cannot be converted")
    reset_after = cell == "lstm" or bias == 2
    _check_recurrence(file, cell, reset_after)
    state: dict[str, Tensor] = {}
    for way, (kernel, recurrent, b) in {"": kernels[:3], "_reverse": kernels[3:]}.items():
        inner, outer = (b[0], b[1]) if b.ndim == 2 else (b, np.zeros_like(b))
        parts = {"weight_ih": kernel.T, "weight_hh": recurrent.T, "bias_ih": inner, "bias_hh": outer}
        if any(len(p) != columns for p in parts.values()):
            raise ModelError(f"blstm: expected {columns} columns in every tensor, got {[list(t.shape) for t in kernels]}")
        state |= {f"brnn.rnn.{n}_l0{way}": _tensor(_ordered(p, cell)) for n, p in parts.items()}
    return cell, reset_after, state


def _ordered(rows: F32, cell: str) -> F32:
    """Gates in PyTorch's order."""
    gates = np.split(rows, len(KERAS_TO_TORCH[cell]))
    return np.concatenate([gates[i] for i in KERAS_TO_TORCH[cell]])


def _layer(file: KerasFile, key: str = "layer") -> dict[str, Any]:
    """The configuration of the layer inside the Bidirectional; empty for weights alone."""
    config: dict[str, Any] = (file.config or {}).get("blstm", {})
    inner = config.get(key) or {}
    return {**inner.get("config", {}), "class_name": inner["class_name"]} if inner else {}


def _check_recurrence(file: KerasFile, cell: str, reset_after: bool) -> None:
    _check("blstm", file, {"merge_mode": "concat", "class_name": "Bidirectional"})
    expected = {**RECURRENT, "class_name": cell.upper()} | ({"reset_after": reset_after} if cell == "gru" else {})
    _check("blstm", file, expected, _layer(file))
    backward = _layer(file, "backward_layer") or _layer(file)
    same = {k: v for k, v in _layer(file).items() if k in ("recurrent_activation", "units")}
    _check("blstm, backward", file, {**expected, **same}, backward | {"go_backwards": False})


def _gates(file: KerasFile, activation: str | None, version: str | None) -> str:
    """A key of GATES: by the configuration, else by what the user says, and by the version of Keras."""
    stated = _layer(file).get("recurrent_activation")
    if stated and activation and stated != activation:
        raise ModelError(f"blstm: the file says recurrent_activation {stated!r}; omit --recurrent-activation")
    if file.version and version and not file.version.startswith(version):
        raise ModelError(f"the file is of Keras {file.version}; omit --keras-version {version}")
    kind, version = stated or activation, (file.version or version or "")[:1]
    if kind is None:
        raise ModelError(
            "holds weights alone, which do not say the recurrent activation; give --recurrent-activation hard_sigmoid "
            f"(the default before Keras 2.3) or sigmoid (since then); the file is of Keras {file.version or '2 or 3'}"
        )
    if kind == "hard_sigmoid" and not version:
        raise ModelError("does not say its Keras, and Keras 3 changed hard_sigmoid; give --keras-version 2 or 3, that which wrote it")
    names = {"sigmoid": "logistic", "hard_sigmoid": f"hard_sigmoid_keras{version}"}
    if kind not in names:
        raise ModelError(f"blstm: expected recurrent_activation {sorted(names)}, got {kind!r}; others cannot be converted")
    return names[kind]


def import_keras(
    source: Path, target: Path, spec: DetectorSpec = CLASSIC, *, activation: str | None = None, version: str | None = None
) -> KerasFile:
    """Write `source`'s weights as `target`; returns what was read. `activation` and `version` are as for `convert`.

    Raises:
        ModelError: the file is damaged, is not a CTPN, or does not say enough; `target` is then as it was. CtpnError: it is `source`.
    """
    refuse_overwrite(target, [source])
    file = read_keras(source, KNOWN)
    try:
        state, recurrence = convert(file, activation, version)
    except ModelError as e:
        raise ModelError(f"{source}: {e}") from None
    assemble(state, spec, recurrence, source)
    metadata = {"spec": spec.to_json(), "recurrence": recurrence.to_json(), "source": f"Keras {file.version or version or '2 or 3'}"}
    save_weights(target, state, metadata)
    return file


def _mean(text: str) -> tuple[float, float, float]:
    try:
        a, b, c = (float(v) for v in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected three numbers such as 123.68,116.779,103.939, got {text!r}") from None
    if not all(map(math.isfinite, (a, b, c))):
        raise argparse.ArgumentTypeError(f"expected finite numbers, got {text!r}")
    return a, b, c


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = command.parser(NAME, __doc__)
    parser.add_argument("source", type=Path, metavar="FILE", help="weights or a whole model: .hdf5, .h5, .weights.h5 or .keras")
    parser.add_argument("target", type=Path, metavar="OUT.safetensors")
    parser.add_argument(
        "--recurrent-activation", choices=["sigmoid", "hard_sigmoid"], help="for files of weights alone, which do not have it"
    )
    parser.add_argument("--keras-version", choices=["2", "3"], help="likewise: what wrote a .weights.h5 that does not say")
    parser.add_argument("--channels", choices=["BGR", "RGB"], default=CLASSIC.channels, help="of the net's input (default: %(default)s)")
    parser.add_argument("--mean", type=_mean, default=CLASSIC.mean, metavar="A,B,C", help="what is taken off each channel, in that order "
                        f"(default, as the original had it: {','.join(map(str, CLASSIC.mean))})")  # fmt: skip
    args = parser.parse_args(argv)
    if args.target.suffix != ".safetensors":
        parser.error(f"OUT: expected a name that ends in .safetensors, got {args.target}")
    return args


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 written, 1 failed; usage errors exit 2."""
    args = parse(argv)

    def converted() -> str:
        spec = replace(CLASSIC, channels=args.channels, mean=args.mean)
        file = import_keras(args.source, args.target, spec, activation=args.recurrent_activation, version=args.keras_version)
        for note in file.notes:
            say(NAME, note)
        count = sum(t.size for tensors in file.layers.values() for _, t in tensors)
        return f"{args.target}: {count} parameters from Keras {file.version or args.keras_version or '2 or 3'}"

    return command.run(NAME, converted)


if __name__ == "__main__":
    sys.exit(main())
