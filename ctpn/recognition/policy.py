"""The reading policy: the lines of a photo are read in batches, and read again in other directions where that may help."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ctpn.contract.spec import RecognizerSpec
from ctpn.layout.geometry import quad_size, rotate_quad, split_vertical
from ctpn.recognition.ctc import Decoded, greedy
from ctpn.recognition.line_crop import batches, ink_of, is_space, padded, rectify, split_points
from ctpn.runtime.protocols import Recognizer
from ctpn.stage_timer import StageTimer

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]


def read_line_crops(crops: Sequence[U8], recognizer: Recognizer, timer: StageTimer | None = None) -> list[Decoded]:
    """The text of each line crop, in the order given; those above `spec.max_width` are read part by part."""
    spec, timer = recognizer.spec, timer or StageTimer()
    with timer("line_crop"):
        splits = [split_points(c, spec) for c in crops]
        parts = [crop[:, a:b] for crop, split in zip(crops, splits, strict=True) for a, b in split]
        groups = batches([p.shape[1] for p in parts], spec)
    found: dict[int, Decoded] = {}
    for group in groups:
        with timer("line_crop"):
            batch = padded([parts[i] for i in group], spec)
        with timer("recognize"):
            logits = recognizer.logits(batch)
        with timer("ctc"):
            found |= {i: greedy(row[: -(-parts[i].shape[1] // spec.stride)], spec.charset) for i, row in zip(group, logits, strict=True)}
    ends = np.cumsum([len(split) for split in splits]).tolist()
    return [
        join(crop, split, [found[i] for i in range(end - len(split), end)], spec)
        for crop, split, end in zip(crops, splits, ends, strict=True)
    ]


def join(crop: U8, split: list[tuple[int, int]], parts: list[Decoded], spec: RecognizerSpec) -> Decoded:
    """The parts of one line crop, each of the columns (begin, end), as one text, with a space where the gap is as wide as one."""
    if len(parts) == 1:
        return parts[0]
    text, scores, steps, ink = "", np.zeros(0, np.float32), np.zeros(0, np.int64), ink_of(crop)
    for part, (begin, _) in zip(parts, split, strict=True):
        moved = part.steps + begin // spec.stride
        if text and part.text and " " not in (text[-1], part.text[0]) and is_space(ink, begin, spec):
            text, scores, steps = text + " ", np.append(scores, part.scores[:1]), np.append(steps, begin // spec.stride)
        text, scores, steps = text + part.text, np.append(scores, part.scores), np.append(steps, moved)
    score = float(np.exp(np.log(np.maximum(scores, 1e-12)).mean())) if len(scores) else 0.0
    return Decoded(text, score, scores, steps)


def read_lines(rgb: U8, quads: Sequence[F32], recognizer: Recognizer, timer: StageTimer | None = None) -> tuple[list[F32], list[Decoded]]:
    """Texts of the lines inside quads float32 [4, 2] of uint8 RGB [H, W, 3].

    Each line is read in its detected orientation. A vertical one is also read rotated to the left, to the right, and as a
    column of characters. One with a low score is also read upside down, and if that is better for the page's longest
    lines, so are all others. The reading with the highest score wins, if it is `min_gain` above the first.

    Returns:
        For each line its quad, clockwise from the top left of the text as it was read, and the text.
    """
    spec, policy, timer = recognizer.spec, recognizer.spec.reading, timer or StageTimer()
    sizes = [quad_size(q) for q in quads]

    def read(parts: list[list[F32]]) -> list[Decoded]:
        """The text of each line; its parts are read side by side."""
        with timer("line_crop"):
            crops = [np.concatenate([rectify(rgb, q, spec) for q in quads_of_line], 1) for quads_of_line in parts]
        return read_line_crops(crops, recognizer, timer)

    chosen, texts = list(quads), read([[q] for q in quads])

    def retry(which: list[int], rotate: Callable[[F32], list[F32]]) -> None:
        """Read lines another way and keep what is better; `rotate` gives the quads of a line's parts."""
        parts = [rotate(quads[i]) for i in which]
        for i, part, text in zip(which, parts, read(parts), strict=True):
            if text.score > texts[i].score + policy.min_gain:
                texts[i], chosen[i] = text, part[0] if len(part) == 1 else quads[i]

    vertical = [i for i, (width, height) in enumerate(sizes) if height > policy.vertical_aspect * width]
    horizontal = [i for i in range(len(quads)) if i not in vertical]
    longest = sorted(horizontal, key=lambda i: -sizes[i][0] / sizes[i][1])[: policy.page_flip_votes]
    before = _mean_score(texts, longest)
    voters = longest if before < policy.page_flip_score else []
    retry(voters, lambda q: [rotate_quad(q, 2)])
    flip_all = _mean_score(texts, longest) > before + policy.min_gain
    retry(
        [i for i in horizontal if i not in voters and (flip_all or texts[i].score < policy.flip_retry_score)],
        lambda q: [rotate_quad(q, 2)],
    )
    retry(vertical, lambda q: [rotate_quad(q, 1)])
    retry(vertical, lambda q: [rotate_quad(q, 3)])
    retry(vertical, split_vertical)
    return chosen, texts


def _mean_score(texts: Sequence[Decoded], which: Sequence[int]) -> float:
    return sum(texts[i].score for i in which) / max(1, len(which))
