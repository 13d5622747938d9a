"""How far one file's answers are from another's: the largest difference and its place, then lines, then texts.

The gate of the exporters (export.parity) says yes or no; this says how much and where, for tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.samples import Sample
from ctpn.ctc import greedy
from ctpn.detect import postprocess
from ctpn.errors import ParityError
from ctpn.recognize import Recognizer
from ctpn.spec import DetectorSpec, RecognizerSpec
from ctpn.strips import padded, rectify
from export.graph import LOGITS
from export.parity import Maps, Run, form_problems, match

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Reading = Callable[[U8, F32], list[str]]  # a page [H, W, 3] and quads [M, 4, 2] to M texts
EQUAL = 0.1  # pixels of the net's input by which a corner of an equal line may differ, as in the exporters' gate


class Texts:
    """The texts of lines, each read alone and once only: formats that agree cut the same strips.

    A strip's padding, and so its text, does not depend on what else is read.
    """

    def __init__(self, recognizer: Recognizer) -> None:
        self.recognizer = recognizer
        self.known: dict[bytes, str] = {}

    def __call__(self, page: U8, quads: F32) -> list[str]:
        """Texts of quads [M, 4, 2] in the pixels of a page uint8 RGB [H, W, 3]; strips beyond `max_width` are cut off."""
        spec = self.recognizer.spec
        return [self._text(rectify(page, quad, spec)[:, : spec.max_width]) for quad in quads]

    def _text(self, strip: U8) -> str:
        key = strip.tobytes()
        if key not in self.known:
            spec = self.recognizer.spec
            self.known[key] = greedy(self.recognizer.logits(padded([strip], spec))[0], spec.charset).text
        return self.known[key]


def compare_pages(run: Run, wanted: Sequence[Maps], samples: Sequence[Sample], spec: DetectorSpec, texts: Reading) -> dict[str, Any]:
    """Hold a detector file against the reference's outputs of the same samples.

    Returns:
        largest_difference and where; lines: `of` the reference, `found` by the file, `equal` (corners within 0.1 pixel),
        `matched` (IoU of 0.5 or more, one to one); texts: `of` the reference's lines, `equal` ones read in the file's
        lines by the same recogniser.

    Raises:
        ParityError: names, shapes or types differ, or a value is not finite.
    """
    where, lines, read = _Largest(), Counter[str](), Counter[str]()
    for sample, theirs in zip(samples, wanted, strict=True):
        ours = _checked(run(sample.pixels), theirs, sample)
        where.look(ours, theirs, sample)
        (mine, _), (ref, _) = (postprocess({n: m[0] for n, m in maps.items()}, spec) for maps in (ours, theirs))
        lines.update({"of": len(ref), "found": len(mine), "equal": equal_lines(mine, ref), "matched": match(mine, ref)})
        read.update(_same_texts(texts(sample.pixels[0], mine), texts(sample.pixels[0], ref)))
    return {**where.row(), "lines": dict(lines), "texts": dict(read)}


def compare_strips(run: Run, wanted: Sequence[Maps], samples: Sequence[Sample], spec: RecognizerSpec) -> dict[str, Any]:
    """Hold a recogniser file against the reference's logits of the same samples; as `compare_pages`, but no lines.

    `texts` has an `example` as well, where one differs: the line's name, the reference's text, the file's text.
    """
    where, read, example = _Largest(), Counter[str](), None
    for sample, theirs in zip(samples, wanted, strict=True):
        ours = _checked(run(sample.pixels), theirs, sample)
        where.look(ours, theirs, sample)
        for name, a, b in zip(sample.names, ours[LOGITS], theirs[LOGITS], strict=True):
            mine, ref = greedy(a, spec.charset).text, greedy(b, spec.charset).text
            read.update(_same_texts([mine], [ref]))
            if mine != ref and example is None:
                example = [name, ref, mine]
    return {**where.row(), "lines": None, "texts": dict(read) | ({"example": example} if example else {})}


def equal_lines(a: F32, b: F32) -> int:
    """How many quads [M, 4, 2] of a and b lie on each other to 0.1 pixel, one to one."""
    rest, count = list(b), 0
    for quad in a:
        distances = [float(np.abs(other - quad).max()) for other in rest]
        if distances and min(distances) <= EQUAL:
            rest.pop(int(np.argmin(distances)))
            count += 1
    return count


def _same_texts(ours: list[str], theirs: list[str]) -> dict[str, int]:
    """Two empty texts agree about nothing."""
    a, b = (Counter(t for t in side if t) for side in (ours, theirs))
    return {"of": b.total(), "equal": (a & b).total()}


def _checked(ours: Maps, theirs: Maps, sample: Sample) -> Maps:
    if problems := form_problems(ours, theirs):
        raise ParityError(f"{sample.names[0]}: {'; '.join(problems)}")
    return ours


class _Largest:
    """The largest difference met so far."""

    def __init__(self) -> None:
        self.difference = -1.0
        self.where: dict[str, Any] | None = None

    def look(self, ours: Maps, theirs: Maps, sample: Sample) -> None:
        for name in theirs:
            apart = np.abs(ours[name].astype(np.float64) - theirs[name])
            if apart.size and apart.max() > self.difference:
                self.difference = float(apart.max())
                place = tuple(int(i) for i in np.unravel_index(apart.argmax(), apart.shape))
                self.where = {
                    "page": sample.names[place[0]], "map": name, "place": list(place[1:]),
                    "reference": float(theirs[name][place]), "file": float(ours[name][place]),
                }  # fmt: skip

    def row(self) -> dict[str, Any]:
        return {"largest_difference": max(self.difference, 0.0), "where": self.where}
