"""Does an exported model say what PyTorch says? Names, shapes, values, then the text lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from ctpn.detect import postprocess
from ctpn.errors import ParityError
from export.graph import DetectorGraph

Maps = dict[str, NDArray[np.float32]]
Run = Callable[[NDArray[np.uint8]], Maps]


@dataclass
class Agreement:
    """How far a file is from PyTorch: the largest difference of any value, and the hmean of its lines."""

    difference: float = 0.0
    lines: float = 1.0
    problems: list[str] = field(default_factory=list)


def torch_maps(graph: DetectorGraph, page: NDArray[np.uint8]) -> Maps:
    """What PyTorch makes of uint8 RGB [H, W, 3]: maps without a batch axis."""
    with torch.no_grad():
        maps = graph(torch.from_numpy(page[None]))
    return {name: m[0].numpy() for name, m in zip(graph.spec.outputs, maps, strict=True)}


def compare(
    run: Run,
    graph: DetectorGraph,
    pages: Sequence[NDArray[np.uint8]],
    *,
    value_tolerance: float | None = 1e-4,
    line_tolerance: float = 0.1,
    least_hmean: float = 1.0,
) -> Agreement:
    """Hold a file's maps and lines against PyTorch's, over all pages.

    Args:
        run: the file, as a function of uint8 RGB [H, W, 3].
        value_tolerance: largest difference of a map; 1e-4 lets float32 sum in another order. None for int8, whose
            values differ by nature and which is judged by its lines.
        line_tolerance: pixels by which a line's corner may differ when `least_hmean` is 1.
        least_hmean: hmean (IoU >= 0.5) of the lines against PyTorch's.

    Raises:
        ParityError: all that is wrong, in one message.
    """
    found = Agreement()
    matched = total = 0
    for number, page in enumerate(pages):
        ours, theirs = run(page), torch_maps(graph, page)
        problems = _shapes(ours, theirs)
        if problems:
            raise ParityError(f"page {number}: " + "; ".join(problems))
        found.difference = max([found.difference, *(float(np.abs(ours[n] - theirs[n]).max()) for n in theirs)])
        lines = [postprocess(maps, graph.spec)[0] for maps in (ours, theirs)]
        matched += 2 * match(*lines)
        total += len(lines[0]) + len(lines[1])
        if least_hmean == 1.0 and not same(*lines, line_tolerance):
            found.problems.append(f"page {number}: lines differ by more than {line_tolerance} px")
    found.lines = matched / total if total else 1.0
    if value_tolerance is not None and found.difference > value_tolerance:
        found.problems.append(f"values: expected within {value_tolerance}, got {found.difference:.2g}")
    if found.lines < least_hmean:
        found.problems.append(f"lines: expected an hmean of {least_hmean}, got {found.lines:.4f}")
    if not total:
        found.problems.append("lines: none on any sample page, so nothing was compared; the weights find no text")
    if found.problems:
        raise ParityError("; ".join(found.problems))
    return found


def _shapes(ours: Maps, theirs: Maps) -> list[str]:
    if list(ours) != list(theirs):
        return [f"outputs: expected {list(theirs)}, got {list(ours)}"]
    return [f"{n}: expected {theirs[n].shape}, got {ours[n].shape}" for n in theirs if ours[n].shape != theirs[n].shape]


def same(a: NDArray[np.float32], b: NDArray[np.float32], tolerance: float) -> bool:
    """Whether two lists of quads [M, 4, 2] are the same lines, in any order, to `tolerance` pixels."""
    if len(a) != len(b):
        return False
    return all(np.abs(b - quad).max((1, 2)).min() <= tolerance for quad in a)


def match(a: NDArray[np.float32], b: NDArray[np.float32]) -> int:
    """How many quads of a and b belong together, one to one, at IoU >= 0.5."""
    iou = np.array([[_iou(p, q) for q in b] for p in a]).reshape(len(a), len(b))
    count = 0
    while iou.size and iou.max() >= 0.5:
        i, j = np.unravel_index(iou.argmax(), iou.shape)
        iou[i], iou[:, j] = -1, -1
        count += 1
    return count


def _iou(p: NDArray[np.float32], q: NDArray[np.float32]) -> float:
    if (p.max(0) <= q.min(0)).any() or (q.max(0) <= p.min(0)).any():
        return 0.0
    inter = cv2.intersectConvexConvex(cv2.convexHull(p), cv2.convexHull(q))[0]
    union = abs(cv2.contourArea(p)) + abs(cv2.contourArea(q)) - inter
    return float(inter / max(union, 1e-6))


