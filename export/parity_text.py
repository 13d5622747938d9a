"""Does an exported recogniser read what PyTorch reads? Names, shapes, values, then the texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from ctpn.errors import ParityError
from ctpn.nn.recognizer import Crnn
from ctpn.recognition.ctc import Decoded, greedy
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


def compare_text(
    run: Callable[[Strips], Maps],
    net: Crnn,
    batches: Iterable[Strips],
    *,
    value_tolerance: float | None = 1e-3,
    least_same: float = 1.0,
    sure: float = 0.0,
) -> Agreement:
    """Hold a file's logits and texts against PyTorch's, over batches of strips uint8 [N, height, W, 3].

    Args:
        value_tolerance: largest difference of a logit. Logits are of the order of 20, so 1e-3 lets float32 sum in
            another order. None for int8, which is judged by its texts.
        least_same: share of strips that must have the same text ...
        sure: ... of those whose every character PyTorch gives at least this probability. Where the net itself wavers between
            two readings rounding may choose the other, and no file could pass.

    Returns:
        The largest difference, and the share of all strips, the unsure ones too, that have the same text.

    Raises:
        ParityError: all that is wrong, in one message.
    """
    found = Agreement()
    pairs: list[tuple[Decoded, Decoded]] = []
    for number, strips in enumerate(batches):
        ours, theirs = run(strips), {LOGITS: torch_logits(net, strips)}
        problems = form_problems(ours, theirs)
        if not problems:
            found.difference = max(found.difference, float(np.abs(ours[LOGITS] - theirs[LOGITS]).max()))
            pairs += [(greedy(a, net.spec.charset), greedy(b, net.spec.charset)) for a, b in zip(ours[LOGITS], theirs[LOGITS], strict=True)]
        found.problems += [f"batch {number}: {p}" for p in problems]
    pairs = [(a, b) for a, b in pairs if a.text or b.text]  # two empty texts agree about nothing
    found.lines = _same(pairs)
    if value_tolerance is not None and found.difference > value_tolerance:
        found.problems.append(f"values: expected within {value_tolerance}, got {found.difference:.2g}")
    _judge(found, [(a, b) for a, b in pairs if b.scores.min(initial=1.0) >= sure], least_same)
    return found


def _same(pairs: Sequence[tuple[Decoded, Decoded]]) -> float:
    return sum(a.text == b.text for a, b in pairs) / len(pairs) if pairs else 1.0


def _judge(found: Agreement, pairs: Sequence[tuple[Decoded, Decoded]], least_same: float) -> None:
    if _same(pairs) < least_same:
        found.problems.append(f"texts: expected {least_same} the same, got {_same(pairs):.4f} of {len(pairs)}")
    if not pairs and not found.problems:
        found.problems.append("texts: none on any sample strip, so nothing was compared; the weights read nothing")
    if found.problems:
        raise ParityError("; ".join(found.problems))
