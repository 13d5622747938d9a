"""The evaluator of Core ML packages: each operator against torch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from ctpn.errors import CtpnError
from export.mil.operators import OPERATORS
from export.mil.package import unpacked
from export.mil.program import Program
from tests.helpers.mil_case import conv, ct, mb, package, picture, planes, weights


def _sum(parts: Any) -> Any:
    """Split parts of one size, told apart by their factors."""
    return mb.add(x=mb.mul(x=parts[0], y=2.0), y=parts[1])


def t(*shape: int) -> Tensor:
    return torch.from_numpy(weights(*shape))


CASES: dict[str, tuple[Callable[[Any], Any], Callable[[Tensor], Tensor]]] = {
    "conv, valid": (conv((4, 3, 3, 2), pad_type="valid"), lambda x: F.conv2d(x, t(4, 3, 3, 2))),
    "conv, even padding and strides": (
        conv((4, 3, 3, 3), pad_type="custom", pad=[1, 1, 2, 2], strides=[2, 1]),
        lambda x: F.conv2d(x, t(4, 3, 3, 3), None, (2, 1), (1, 2)),
    ),
    "conv, uneven padding": (
        conv((4, 3, 3, 3), pad_type="custom", pad=[0, 1, 2, 3], strides=[1, 2]),
        lambda x: F.conv2d(F.pad(x, (2, 3, 0, 1)), t(4, 3, 3, 3), None, (1, 2)),
    ),
    "conv, dilated, with bias": (
        conv((4, 3, 2, 2), pad_type="valid", dilations=[3, 2], bias=weights(4)),
        lambda x: F.conv2d(x, t(4, 3, 2, 2), t(4), 1, 0, (3, 2)),
    ),
    "conv, depthwise": (conv((6, 1, 3, 3), pad_type="valid", groups=3), lambda x: F.conv2d(x, t(6, 1, 3, 3), groups=3)),
    "batch_norm": (
        lambda x: mb.batch_norm(
            x=x, mean=weights(3), variance=weights(3) ** 2, gamma=weights(3) + 2, beta=np.float32([4, 5, 6]), epsilon=np.float32(0.25)
        ),
        lambda x: F.batch_norm(x, t(3), t(3) ** 2, t(3) + 2, torch.tensor([4.0, 5.0, 6.0]), eps=0.25),
    ),
    "max_pool": (
        lambda x: mb.max_pool(x=x, kernel_sizes=[2, 3], strides=[2, 3], pad_type="valid"),
        lambda x: F.max_pool2d(x, (2, 3)),
    ),
    "max_pool, padded": (
        lambda x: mb.max_pool(x=mb.sub(x=x, y=999.0), kernel_sizes=[3, 3], strides=[2, 1], pad_type="custom", pad=[1, 1, 1, 1]),
        lambda x: F.max_pool2d(x - 999, 3, (2, 1), 1),
    ),
    "split in equal parts": (
        lambda x: _sum(mb.split(x=x, num_splits=2, axis=2)),
        lambda x: 2 * x[:, :, :4] + x[:, :, 4:],
    ),
    "split by sizes": (
        lambda x: mb.split(x=x, split_sizes=[1, 5], axis=-1)[1],
        lambda x: x[..., 1:],
    ),
    "concat": (lambda x: mb.concat(values=[x, mb.tanh(x=x), x], axis=-2), lambda x: torch.cat([x, x.tanh(), x], 2)),
    "concat of one": (lambda x: mb.relu(x=mb.concat(values=[x], axis=1)), lambda x: x),
    "slice by masks": (
        lambda x: mb.slice_by_index(x=x, begin=[0, 1, 0, 2], end=[0, 3, 5, 0], begin_mask=[True, False, True, False],
                                    end_mask=[True, False, False, True]),
        lambda x: x[:, 1:3, :5, 2:],
    ),
    "slice with negative ends and steps": (
        lambda x: mb.slice_by_index(x=x, begin=[0, 0, -7, 0], end=[1, 3, -1, 6], stride=[1, 2, 3, 2]),
        lambda x: x[:, ::2, -7:-1:3, ::2],
    ),
    "slice that drops an axis": (
        lambda x: mb.slice_by_index(x=x, begin=[0, 2, 0, 0], end=[1, 3, 8, 6], squeeze_mask=[False, True, False, False]),
        lambda x: x[:, 2],
    ),
    "transpose": (lambda x: mb.transpose(x=x, perm=[0, 2, 3, 1]), lambda x: x.permute(0, 2, 3, 1)),
    "reverse": (lambda x: mb.reverse(x=x, axes=[1, 3]), lambda x: x.flip(1, 3)),
    "reshape": (lambda x: mb.reshape(x=x, shape=[-1, 3, 16]), lambda x: x.reshape(3, 3, 16)),
    "reshape that keeps axes": (lambda x: mb.reshape(x=x, shape=[0, 6, 0, -1]), lambda x: x.reshape(1, 6, 8, 3)),
    "tile": (lambda x: mb.tile(x=x, reps=[1, 2, 1, 3]), lambda x: x.repeat(1, 2, 1, 3)),
    "upsample_nearest_neighbor": (
        lambda x: mb.upsample_nearest_neighbor(x=x, scale_factor_height=2, scale_factor_width=3),
        lambda x: F.interpolate(x, scale_factor=(2.0, 3.0), mode="nearest"),
    ),
    "linear": (lambda x: mb.linear(x=x, weight=weights(5, 6), bias=weights(5)), lambda x: F.linear(x, t(5, 6), t(5))),
    "clip": (lambda x: mb.clip(x=x, alpha=20.5, beta=99.5), lambda x: x.clamp(20.5, 99.5)),
    "sums and products, spread": (
        lambda x: mb.sub(x=mb.mul(x=mb.add(x=x, y=weights(3, 1, 1)), y=weights(1, 1, 1, 6)), y=weights(8, 1)),
        lambda x: (x + t(3, 1, 1)) * t(1, 1, 1, 6) - t(8, 1),
    ),
    "sigmoid": (lambda x: mb.sigmoid(x=mb.sub(x=mb.mul(x=x, y=0.05), y=6.0)), lambda x: (x * 0.05 - 6).sigmoid()),
    "tanh": (lambda x: mb.tanh(x=mb.sub(x=mb.mul(x=x, y=0.02), y=2.0)), lambda x: (x * 0.02 - 2).tanh()),
    "relu": (lambda x: mb.relu(x=mb.sub(x=x, y=100.0)), lambda x: (x - 100).relu()),
    "cast to whole numbers and back": (
        lambda x: mb.cast(x=mb.cast(x=mb.mul(x=x, y=0.1), dtype="int32"), dtype="fp32"),
        lambda x: (x * 0.1).int().float(),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """A program with an output for each case."""
    out = tmp_path_factory.mktemp("mil") / "cases.mlpackage"
    package(out, lambda x: tuple(mil(x) for mil, _ in CASES.values()))
    return Program(out)


@pytest.mark.parametrize("name", CASES)
def test_an_operator_is_torchs(name: str, cases: Program) -> None:
    got = list(cases(picture()).values())[list(CASES).index(name)]
    expected = CASES[name][1](planes(picture())).numpy()
    assert got.dtype == np.float32 and got.shape == expected.shape and np.ptp(expected) > 0
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-4)


def test_every_operator_is_among_the_cases(cases: Program) -> None:
    """Those of the weights have a test of their own."""
    assert {o for o in OPERATORS if not o.startswith("constexpr_")} == set(cases.operators)


def test_float16_is_rounded_at_each_step(tmp_path: Path) -> None:
    w = weights(3, 1, 1)

    def body(x: Any) -> Any:
        return mb.mul(x=mb.add(x=mb.mul(x=x, y=w), y=0.1), y=w)

    package(tmp_path / "a.mlpackage", body, half=True)
    pixels, half = picture(), torch.from_numpy(w).half()
    (got,) = Program(tmp_path / "a.mlpackage")(pixels).values()
    expected = (planes(pixels).half() * half + torch.tensor(0.1).half()) * half
    assert np.array_equal(got, expected.float().numpy())
    exact = (planes(pixels) * torch.from_numpy(w) + 0.1) * torch.from_numpy(w)
    assert not np.array_equal(got, exact.numpy())  # float32 is something else


COMPRESSED: dict[str, Callable[[Any], Any]] = {
    "iOS16, constexpr_affine_dequantize": lambda o: o.OpLinearQuantizerConfig(mode="linear_symmetric", weight_threshold=10),
    "iOS16, constexpr_affine_dequantize, with zero points": lambda o: o.OpLinearQuantizerConfig(mode="linear", weight_threshold=10),
    "iOS16, constexpr_lut_to_dense": lambda o: o.OpPalettizerConfig(mode="uniform", nbits=6, weight_threshold=10),
    "iOS18, constexpr_blockwise_shift_scale": lambda o: o.OpLinearQuantizerConfig(
        mode="linear", granularity="per_block", block_size=3, weight_threshold=10
    ),
    "iOS18, constexpr_lut_to_dense": lambda o: o.OpPalettizerConfig(
        mode="uniform", nbits=6, granularity="per_grouped_channel", group_size=4, weight_threshold=10
    ),
    "iOS18, constexpr_lut_to_dense, with scales": lambda o: o.OpPalettizerConfig(
        mode="uniform", nbits=6, granularity="per_grouped_channel", group_size=16, enable_per_channel_scale=True, weight_threshold=10
    ),
}


@pytest.mark.parametrize("name", COMPRESSED)
def test_compressed_weights_are_those_that_coremltools_decompresses(name: str, tmp_path: Path) -> None:
    target, kind = name.split(", ")[:2]
    model = package(tmp_path / "whole.mlpackage", conv((64, 3, 2, 3), pad_type="valid"), target=target)
    optimize = ct.optimize.coreml
    config = optimize.OptimizationConfig(global_config=COMPRESSED[name](optimize))
    squeeze = optimize.palettize_weights if "lut" in kind else optimize.linear_quantize_weights
    small = squeeze(model, config)
    small.save(str(tmp_path / "small.mlpackage"))
    optimize.decompress_weights(small).save(str(tmp_path / "again.mlpackage"))
    whole, small, again = (Program(tmp_path / f"{n}.mlpackage") for n in ("whole", "small", "again"))
    assert kind in small.operators and kind not in again.operators
    results = [next(iter(p(picture()).values())) for p in (whole, small, again)]
    np.testing.assert_allclose(results[1], results[2], rtol=1e-5, atol=1e-3)
    assert 0.1 < np.abs(results[0] - results[1]).max() < 0.1 * np.ptp(results[0])


@pytest.mark.parametrize("bits", [1, 2, 3, 4, 6])
def test_numbers_of_few_bits(bits: int) -> None:
    numbers = np.random.default_rng(bits).integers(0, 1 << bits, 50)
    packed = np.packbits((numbers[:, None] >> np.arange(bits) & 1).astype(np.uint8), bitorder="little")
    assert np.array_equal(unpacked(packed, bits, 50), numbers)


def test_an_unknown_operator_or_option_is_named(tmp_path: Path) -> None:
    package(tmp_path / "a.mlpackage", lambda x: mb.softmax(x=x, axis=1))
    with pytest.raises(CtpnError, match=r"operator 'softmax' of .* is unknown; add it to export/mil/operators.py"):
        Program(tmp_path / "a.mlpackage")
    package(tmp_path / "b.mlpackage", conv((4, 3, 3, 2), pad_type="same"))
    with pytest.raises(CtpnError, match=r"operator conv .*expected pad_type custom or valid, got 'same'"):
        Program(tmp_path / "b.mlpackage")(picture())


def test_the_order_of_colours_is_that_of_the_package(tmp_path: Path) -> None:
    for layout in ("RGB", "BGR"):
        package(tmp_path / f"{layout}.mlpackage", lambda x: mb.add(x=x, y=1.0), layout=layout)
    rgb, bgr = (next(iter(Program(tmp_path / f"{layout}.mlpackage")(picture()).values())) for layout in ("RGB", "BGR"))
    assert np.array_equal(rgb, planes(picture()).numpy() + 1) and np.array_equal(rgb[:, ::-1], bgr)


def test_several_pictures_of_one_size_go_in_together(tmp_path: Path) -> None:
    package(tmp_path / "a.mlpackage", lambda x: mb.add(x=x, y=1.0))
    program = Program(tmp_path / "a.mlpackage")
    several = np.concatenate([picture(0), picture(1)])
    (got,) = program(several).values()
    assert np.array_equal(got, planes(several).numpy() + 1)
    with pytest.raises(CtpnError, match=r"x: expected a height of \(8, 8\) and a width of \(6, 6\), got 8 x 7"):
        program(np.zeros((1, 8, 7, 3), np.uint8))


def test_several_pictures_are_computed_as_each_alone(cases: Program) -> None:
    several = np.concatenate([picture(i) for i in range(3)])
    alone = [cases(several[i : i + 1]) for i in range(3)]
    for name, got in cases(several).items():
        expected = np.concatenate([maps[name] for maps in alone])
        assert got.shape == expected.shape and got.dtype == expected.dtype
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-4)
