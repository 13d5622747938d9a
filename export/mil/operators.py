"""The operators of MIL that our packages use, as coremltools documents them (coremltools.converters.mil.mil.ops.defs).

Each is a function of its inputs by name: tensors (fractions as float32; whoever calls rounds the result), texts, or lists of
tensors. What none of our packages needs is refused by name, so that nothing is computed that was never tested.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from export.mil.package import unpacked

Inputs = dict[str, Any]


class Unknown(ValueError):
    """An option that our packages do not use."""


def _padding(i: Inputs) -> tuple[int, ...]:
    """Top, bottom, left and right."""
    if i["pad_type"] not in ("custom", "valid"):
        raise Unknown(f"expected pad_type custom or valid, got {i['pad_type']!r}")
    return tuple(i["pad"].tolist()) if i["pad_type"] == "custom" else (0, 0, 0, 0)


def _conv(i: Inputs) -> Tensor:
    top, bottom, left, right = _padding(i)
    even = top == bottom and left == right
    x = i["x"] if even else F.pad(i["x"], (left, right, top, bottom))
    pad = (top, left) if even else 0
    strides, dilations = i["strides"].tolist(), i["dilations"].tolist()
    return F.conv2d(x, i["weight"], i.get("bias"), strides, pad, dilations, int(i["groups"]))


def _max_pool(i: Inputs) -> Tensor:
    if bool(i.get("ceil_mode", False)):
        raise Unknown("expected ceil_mode false")
    top, bottom, left, right = _padding(i)
    x = F.pad(i["x"], (left, right, top, bottom), value=-torch.inf)
    return F.max_pool2d(x, i["kernel_sizes"].tolist(), i["strides"].tolist())


def _split(i: Inputs) -> list[Tensor]:
    x, axis = i["x"], int(i["axis"])
    if "split_sizes" in i:
        return list(x.split(i["split_sizes"].tolist(), axis))
    return list(x.tensor_split(int(i["num_splits"]), axis))


def _concat(i: Inputs) -> Tensor:
    if bool(i["interleave"]):
        raise Unknown("expected interleave false")
    values = i["values"] if isinstance(i["values"], list) else [i["values"]]
    return torch.cat(values, int(i["axis"]))


def _slice_by_index(i: Inputs) -> Tensor:
    x = i["x"]
    none = torch.zeros(x.ndim, dtype=torch.bool)
    from_start, to_end, squeezed = (i.get(k, none).tolist() for k in ("begin_mask", "end_mask", "squeeze_mask"))
    begin, end = i["begin"].tolist(), i["end"].tolist()
    stride = i["stride"].tolist() if "stride" in i else [1] * x.ndim
    if min(stride) < 1:
        raise Unknown(f"expected strides above 0, got {stride}")
    index: list[Any] = []
    for axis in range(x.ndim):
        first, last = None if from_start[axis] else begin[axis], None if to_end[axis] else end[axis]
        index.append(begin[axis] if squeezed[axis] else slice(first, last, stride[axis]))
    result: Tensor = x[tuple(index)]
    return result


def _reshape(i: Inputs) -> Tensor:
    x = i["x"]
    result: Tensor = x.reshape([x.shape[axis] if size == 0 else size for axis, size in enumerate(i["shape"].tolist())])
    return result


def _enlarge(i: Inputs) -> Tensor:
    """upsample_nearest_neighbor: each number repeated."""
    down, across = (float(i[f"scale_factor_{side}"]) for side in ("height", "width"))
    if not (down.is_integer() and across.is_integer()):
        raise Unknown(f"expected integer scale factors, got {down}, {across}")
    result: Tensor = i["x"].repeat_interleave(int(down), 2).repeat_interleave(int(across), 3)
    return result


def _cast(i: Inputs) -> Tensor:
    kinds = {"fp16": torch.float32, "fp32": torch.float32, "int32": torch.int32, "bool": torch.bool}
    if i["dtype"] not in kinds:
        raise Unknown(f"expected dtype of {list(kinds)}, got {i['dtype']!r}")
    result: Tensor = i["x"].to(kinds[i["dtype"]])
    return result


def _from_scales(i: Inputs) -> Tensor:
    """constexpr_affine_dequantize: integers, a scale and a zero point for each slice along `axis`."""
    data = i["quantized_data"].float()
    along = [-1 if axis == int(i["axis"]) % data.ndim else 1 for axis in range(data.ndim)]
    scale, zero = (i[k].float().reshape(along) if i[k].ndim else i[k].float() for k in ("scale", "zero_point"))
    result: Tensor = (data - zero) * scale
    return result


def _from_blocks(i: Inputs) -> Tensor:
    """constexpr_blockwise_shift_scale: the same of iOS 18, by blocks."""
    data = i["data"].float()
    shift = _spread(i["offset"].float(), data) if "offset" in i else 0
    result: Tensor = (data - shift) * _spread(i["scale"].float(), data)
    return result


def _spread(x: Tensor, like: Tensor) -> Tensor:
    """Each number of x repeated over its block of a larger tensor."""
    for axis, size in enumerate(like.shape):
        x = x.repeat_interleave(size // x.shape[axis], axis)
    return x


def _from_palette(i: Inputs) -> Tensor:
    """constexpr_lut_to_dense: weights as numbers in a palette."""
    lut = i["lut"].float()
    if "shape" in i:  # iOS 16: bytes in which the numbers are packed
        shape, bits = i["shape"].tolist(), int(np.log2(len(lut)))
        result: Tensor = lut[torch.from_numpy(unpacked(i["indices"].numpy(), bits, int(np.prod(shape))))].reshape(shape)
        return result
    if lut.shape[-1] != 1:
        raise Unknown("expected palettes of numbers, got palettes of vectors")
    numbers, groups = i["indices"].long(), lut.shape[:-2]  # iOS 18: a palette for each block, [blocks ..., entries, 1]
    block = _spread(torch.arange(int(np.prod(groups))).reshape(groups), numbers)
    result = lut.reshape(-1, lut.shape[-2])[block, numbers]
    return result


def _batch_norm(i: Inputs) -> Tensor:
    """A batch norm that no convolution before it could take in, say behind an enlarged map."""
    return F.batch_norm(i["x"], i["mean"], i["variance"], i.get("gamma"), i.get("beta"), eps=float(i["epsilon"]))


OPERATORS: dict[str, Callable[[Inputs], Any]] = {
    "add": lambda i: i["x"] + i["y"],
    "batch_norm": _batch_norm,
    "cast": _cast,
    "clip": lambda i: i["x"].clamp(float(i["alpha"]), float(i["beta"])),
    "concat": _concat,
    "constexpr_affine_dequantize": _from_scales,
    "constexpr_blockwise_shift_scale": _from_blocks,
    "constexpr_lut_to_dense": _from_palette,
    "conv": _conv,
    "linear": lambda i: F.linear(i["x"], i["weight"], i.get("bias")),
    "max_pool": _max_pool,
    "mul": lambda i: i["x"] * i["y"],
    "relu": lambda i: i["x"].relu(),
    "reshape": _reshape,
    "reverse": lambda i: i["x"].flip(i["axes"].tolist()),
    "sigmoid": lambda i: i["x"].sigmoid(),
    "slice_by_index": _slice_by_index,
    "split": _split,
    "sub": lambda i: i["x"] - i["y"],
    "tanh": lambda i: i["x"].tanh(),
    "tile": lambda i: i["x"].repeat(*i["reps"].tolist()),
    "transpose": lambda i: i["x"].permute(*i["perm"].tolist()),
    "upsample_nearest_neighbor": _enlarge,
}
