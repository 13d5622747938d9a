"""Does an exported model say what PyTorch says? Names, shapes, values, then the text lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ctpn.contract.spec import DetectorSpec
from ctpn.detection.postprocess import postprocess
from ctpn.errors import ParityError
from ctpn.layout.geometry import greedy_matching, ious

Maps = dict[str, NDArray[np.float32]]
Run = Callable[[NDArray[np.uint8]], Maps]


@dataclass
class Agreement:
    """How far a file is from PyTorch: the largest difference of any value, and the hmean of its lines."""

    difference: float = 0.0
    lines: float = 1.0
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, float]:
        """The two figures, as they are stored."""
        return {"difference": float(f"{self.difference:.1e}"), "lines": round(self.lines, 4)}


def torch_maps(net: nn.Module, page: NDArray[np.uint8]) -> Maps:
    """What PyTorch makes of uint8 RGB [H, W, 3]: maps without a batch axis.

    Written out without `graph.py`, whose foldings and forms are among the things that are compared.
    """
    spec = net.spec
    assert isinstance(spec, DetectorSpec)
    pixels = page[:, :, ::-1] if spec.channels == "BGR" else page
    x = (pixels - np.array(spec.mean, np.float32)) / np.array(spec.std, np.float32)
    with torch.no_grad():
        raw: dict[str, Tensor] = net.eval()(torch.from_numpy(x).permute(2, 0, 1)[None])
    maps = {"score": raw["score"].unflatten(-1, (-1, 2)).softmax(-1)[..., 1]}
    maps |= {n: m.sigmoid() if n == "link" else m for n, m in raw.items() if n != "score"}
    return {name: maps[name][0].numpy() for name in spec.outputs}


def compare(
    run: Run,
    net: nn.Module,
    pages: Iterable[NDArray[np.uint8]],
    *,
    value_tolerance: float | None = 1e-4,
    line_tolerance: float = 0.1,
    least_hmean: float = 1.0,
) -> Agreement:
    """Hold a file's maps and lines against PyTorch's, over all pages.

    Args:
        run: the file, as a function of uint8 RGB [H, W, 3].
        net: the detector, with `.spec`; is put into evaluation mode.
        value_tolerance: largest difference of a map; 1e-4 lets float32 sum in another order. None for int8, whose
            values differ by nature and which is judged by its lines.
        line_tolerance: pixels by which a line's corner may differ when `least_hmean` is 1.
        least_hmean: hmean (IoU >= 0.5) of the lines against PyTorch's.

    Raises:
        ParityError: all that is wrong, in one message.
    """
    spec = net.spec
    assert isinstance(spec, DetectorSpec)
    found = Agreement()
    matched = total = 0
    for number, page in enumerate(pages):
        ours, theirs = run(page), torch_maps(net, page)
        problems = form_problems(ours, theirs)
        if not problems:
            found.difference = max(found.difference, *(float(np.abs(ours[n] - theirs[n]).max()) for n in theirs))
            mine, wanted = (postprocess(maps, spec)[0] for maps in (ours, theirs))
            matched, total = matched + 2 * match(mine, wanted), total + len(mine) + len(wanted)
            if least_hmean == 1.0 and not same(mine, wanted, line_tolerance):
                problems = [f"lines differ by more than {line_tolerance} px"]
        found.problems += [f"page {number}: {p}" for p in problems]
    found.lines = matched / total if total else 1.0
    _judge(found, value_tolerance, least_hmean, total)
    return found


def _judge(found: Agreement, value_tolerance: float | None, least_hmean: float, lines: int) -> None:
    if value_tolerance is not None and found.difference > value_tolerance:
        found.problems.append(f"values: expected within {value_tolerance}, got {found.difference:.2g}")
    if found.lines < least_hmean:
        found.problems.append(f"lines: expected an hmean of {least_hmean}, got {found.lines:.4f}")
    if not lines and not found.problems:
        found.problems.append("lines: none on any sample page, so nothing was compared; the weights find no text")
    if found.problems:
        raise ParityError("; ".join(found.problems))


def form_problems(ours: Maps, theirs: Maps) -> list[str]:
    """What hinders a comparison of values: names, shapes, types, and NaN, which no `>` would notice."""
    if list(ours) != list(theirs):
        return [f"outputs: expected {list(theirs)}, got {list(ours)}"]
    problems = []
    for name, wanted in theirs.items():
        got = ours[name]
        if (got.shape, got.dtype) != (wanted.shape, wanted.dtype):
            problems.append(f"{name}: expected {wanted.dtype} {wanted.shape}, got {got.dtype} {got.shape}")
        elif not (np.isfinite(got).all() and np.isfinite(wanted).all()):
            problems.append(f"{name}: expected finite values, got NaN or infinity")
    return problems


def same(a: NDArray[np.float32], b: NDArray[np.float32], tolerance: float) -> bool:
    """Whether two lists of quads [M, 4, 2] are the same lines, one to one, in any order, to `tolerance` pixels."""
    if len(a) != len(b):
        return False
    rest = list(b)
    for quad in a:
        distances = [float(np.abs(other - quad).max()) for other in rest]
        if min(distances) > tolerance:
            return False
        rest.pop(int(np.argmin(distances)))
    return True


def match(a: NDArray[np.float32], b: NDArray[np.float32]) -> int:
    """How many quads of a and b belong together, one to one, at IoU >= 0.5."""
    return len(pairs(a, b))


def pairs(a: NDArray[np.float32], b: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Which quads of a and b belong together: (index in a, index in b), one to one, at IoU >= 0.5, the closest first."""
    return greedy_matching(ious(list(a), list(b)))
