"""Lines to text: strips cut out of a photo, read in batches, tried in other directions where that may help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ctpn.contract.spec import RecognizerSpec
from ctpn.recognition.ctc import Decoded, greedy
from ctpn.recognition.line_crop import batches, is_space, padded, pieces, rectify, sides, stacked, turned

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]


class Recognizer(Protocol):
    """What is asked of a recogniser; `backend.OnnxRecognizer` is one."""

    spec: RecognizerSpec

    def logits(self, strips: U8) -> F32:
        """Logits float32 [N, T, classes] of strips uint8 [N, height, W, 3]."""


def read_strips(strips: Sequence[U8], recognizer: Recognizer) -> list[Decoded]:
    """The text of each strip, in the order given; strips above `spec.max_width` are read in pieces."""
    spec = recognizer.spec
    cuts = [pieces(s, spec) for s in strips]
    parts = [strip[:, a:b] for strip, places in zip(strips, cuts, strict=True) for a, b in places]
    found: dict[int, Decoded] = {}
    for group in batches([p.shape[1] for p in parts], spec):
        logits = recognizer.logits(padded([parts[i] for i in group], spec))
        for i, row in zip(group, logits, strict=True):
            found[i] = greedy(row[: -(-parts[i].shape[1] // spec.stride)], spec.charset)
    ends = np.cumsum([len(places) for places in cuts]).tolist()
    return [
        join(strip, places, [found[i] for i in range(end - len(places), end)], spec)
        for strip, places, end in zip(strips, cuts, ends, strict=True)
    ]


def join(strip: U8, places: list[tuple[int, int]], parts: list[Decoded], spec: RecognizerSpec) -> Decoded:
    """The pieces (begin, end) of one strip as one text, a space between two where the gap is as wide as one."""
    if len(parts) == 1:
        return parts[0]
    text, scores, steps = "", np.zeros(0, np.float32), np.zeros(0, np.int64)
    for part, (begin, _) in zip(parts, places, strict=True):
        moved = part.steps + begin // spec.stride
        if text and part.text and " " not in (text[-1], part.text[0]) and is_space(strip, begin, spec):
            text, scores, steps = text + " ", np.append(scores, part.scores[:1]), np.append(steps, begin // spec.stride)
        text, scores, steps = text + part.text, np.append(scores, part.scores), np.append(steps, moved)
    score = float(np.exp(np.log(np.maximum(scores, 1e-12)).mean())) if len(scores) else 0.0
    return Decoded(text, score, scores, steps)


def read_lines(rgb: U8, quads: Sequence[F32], recognizer: Recognizer) -> tuple[list[F32], list[Decoded]]:
    """Texts of the lines inside quads [4, 2] of uint8 RGB [H, W, 3].

    A line is read as it lies. A tall one is also read turned to the left, to the right, and as a column of characters;
    one that reads poorly, also standing on its head, and if the page's longest lines read better so, then all are. The
    surest reading wins.

    Returns:
        For each line its quad, clockwise from the top left of the text as it was read, and the text.
    """
    spec, policy = recognizer.spec, recognizer.spec.reading
    chosen = list(quads)
    texts = read_strips([rectify(rgb, q, spec) for q in quads], recognizer)
    tall = [i for i, q in enumerate(quads) if sides(q)[1] > policy.vertical_aspect * sides(q)[0]]
    flat = [i for i in range(len(quads)) if i not in tall]
    longest = sorted(flat, key=lambda i: -sides(quads[i])[0] / sides(quads[i])[1])[: policy.page_flip_votes]
    before = _mean_score(texts, longest)
    asked = longest if before < policy.page_flip_score else []
    _try(asked, _over, rgb, quads, recognizer, chosen, texts)
    all_of_them = _mean_score(texts, longest) > before + policy.min_gain
    others = [i for i in flat if i not in asked and (all_of_them or texts[i].score < policy.flip_retry_score)]
    _try(others, _over, rgb, quads, recognizer, chosen, texts)
    for way in (lambda q: [turned(q, 1)], lambda q: [turned(q, 3)], stacked):
        _try(tall, way, rgb, quads, recognizer, chosen, texts)
    return chosen, texts


def _mean_score(texts: Sequence[Decoded], which: Sequence[int]) -> float:
    return sum(texts[i].score for i in which) / max(1, len(which))


def _over(quad: F32) -> list[F32]:
    return [turned(quad, 2)]


def _try(
    those: list[int],
    way: Callable[[F32], list[F32]],
    rgb: U8,
    quads: Sequence[F32],
    recognizer: Recognizer,
    chosen: list[F32],
    texts: list[Decoded],
) -> None:
    """Read some lines another way, and keep what is surer: `way` gives the quads of a line's parts."""
    parts = [way(quads[i]) for i in those]
    strips = [np.concatenate([rectify(rgb, q, recognizer.spec) for q in p], 1) for p in parts]
    for i, part, text in zip(those, parts, read_strips(strips, recognizer), strict=True):
        if text.text and text.score > texts[i].score + recognizer.spec.reading.min_gain:
            texts[i] = text
            chosen[i] = part[0] if len(part) == 1 else quads[i]
