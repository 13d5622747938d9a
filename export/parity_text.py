"""Does an exported recogniser read what PyTorch reads? Names, shapes, values, then the texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from ctpn.errors import ParityError
from ctpn.nn.recognizer import Crnn
from export.graph import LOGITS
from export.parity import Agreement, Maps, form_problems

Strips = NDArray[np.uint8]


def torch_logits(net: Crnn, strips: Strips) -> NDArray[np.float32]:
    """What PyTorch makes of uint8 RGB strips [N, height, W, 3]: float32 [N, T, classes].

    Written out without `graph.py`, whose foldings and forms are among the things that are compared.
    """
    pixels = strips[..., ::-1] if net.spec.channels == "BGR" else strips
    x = (pixels - np.array(net.spec.mean, np.float32)) / np.array(net.spec.std, np.float32)
    with torch.no_grad():
        logits: NDArray[np.float32] = net.eval()(torch.from_numpy(x).permute(0, 3, 1, 2)).numpy()
    return logits


def read(logits: NDArray[np.float32]) -> list[tuple[int, ...]]:
    """The classes of each strip's best path, repeats and blanks removed: its text."""
    best = logits.argmax(2)
    fresh = np.concatenate([np.ones((len(best), 1), bool), best[:, 1:] != best[:, :-1]], 1)
    return [tuple(int(c) for c in row[keep & (row > 0)]) for row, keep in zip(best, fresh, strict=True)]


def compare_text(
    run: Callable[[Strips], Maps],
    net: Crnn,
    batches: Sequence[Strips],
    *,
    value_tolerance: float | None = 1e-3,
    least_same: float = 1.0,
) -> Agreement:
    """Hold a file's logits and texts against PyTorch's, over batches of strips uint8 [N, height, W, 3].

    Args:
        value_tolerance: largest difference of a logit. Logits are of the order of 20, so 1e-3 lets float32 sum in
            another order. None for int8, which is judged by its texts.
        least_same: share of strips that must have the same text.

    Raises:
        ParityError: all that is wrong, in one message.
    """
    found = Agreement()
    same = total = 0
    for number, strips in enumerate(batches):
        ours, theirs = run(strips), {LOGITS: torch_logits(net, strips)}
        problems = form_problems(ours, theirs)
        if not problems:
            found.difference = max(found.difference, float(np.abs(ours[LOGITS] - theirs[LOGITS]).max()))
            pairs = list(zip(read(ours[LOGITS]), read(theirs[LOGITS]), strict=True))
            kept = [p for p in pairs if p[0] or p[1]]  # two empty texts agree about nothing
            same, total = same + sum(a == b for a, b in kept), total + len(kept)
        found.problems += [f"batch {number}: {p}" for p in problems]
    found.lines = same / total if total else 1.0
    _judge(found, value_tolerance, least_same, total)
    return found


def _judge(found: Agreement, value_tolerance: float | None, least_same: float, total: int) -> None:
    if value_tolerance is not None and found.difference > value_tolerance:
        found.problems.append(f"values: expected within {value_tolerance}, got {found.difference:.2g}")
    if found.lines < least_same:
        found.problems.append(f"texts: expected {least_same} the same, got {found.lines:.4f} of {total}")
    if not total and not found.problems:
        found.problems.append("texts: none on any sample strip, so nothing was compared; the weights read nothing")
    if found.problems:
        raise ParityError("; ".join(found.problems))
