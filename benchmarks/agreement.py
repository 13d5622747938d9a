"""How far the outputs of one file are from those of a reference: the largest difference and its place, then lines, then texts.

The exporters' check (export.parity) accepts or refuses a file; this gives the numbers for tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from benchmarks.samples import Sample
from ctpn.contract.spec import DetectorSpec, RecognizerSpec
from ctpn.detection.postprocess import postprocess
from ctpn.errors import ParityError
from ctpn.recognition.ctc import greedy
from ctpn.recognition.line_crop import padded, rectify
from ctpn.runtime.protocols import Recognizer
from export.graph import LOGITS
from export.parity import Maps, Run, output_problems, pairs

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
ReadLines = Callable[[U8, F32], list[str]]  # a photo [H, W, 3] and quads [M, 4, 2] in its pixels to M texts
EQUAL_PIXELS = 0.1  # of the input: how far a corner of an equal line may be off, as in the exporters' check


class Place(TypedDict):
    """Where the largest difference is: the page, the output, the indices in it, and both values."""

    page: str
    map: str
    place: list[int]
    reference: float
    file: float


class LineAgreement(TypedDict):
    """Lines `of` the reference and `found` by the file; of these `equal` ones (corners within 0.1 pixel) and `matched` ones (IoU of 0.5
    or more, one to one). `apart`: the median and the largest distance of a matched line's furthest corner, in pixels of the input, None
    if none matches."""

    of: int
    found: int
    equal: int
    matched: int
    apart: list[float] | None


class TextAgreement(TypedDict):
    """Texts `of` the reference that are not empty, and `equal` ones. `characters`: the fraction of their characters that are equal, None
    without any. `example`: of the first other text its place, the reference's text and the file's, or None."""

    of: int
    equal: int
    characters: float | None
    example: list[str] | None


class Agreement(TypedDict):
    """How far a file is from the reference; a recogniser has no `lines`, and equal values have no `where`."""

    largest_difference: float
    where: Place | None
    lines: LineAgreement | None
    texts: TextAgreement


class Texts:
    """Texts of lines. Each line crop is read alone, so that its padding does not depend on others, and only
    once, since formats that agree give the same crops.
    """

    def __init__(self, recognizer: Recognizer) -> None:
        self.recognizer = recognizer
        self.known: dict[bytes, str] = {}

    def __call__(self, photo: U8, quads: F32) -> list[str]:
        """Texts of quads [M, 4, 2] in the pixels of a photo uint8 RGB [H, W, 3]; crops are cut at `max_width`."""
        spec = self.recognizer.spec
        return [self._text(rectify(photo, quad, spec)[:, : spec.max_width]) for quad in quads]

    def _text(self, line_crop: U8) -> str:
        key = line_crop.tobytes()
        if key not in self.known:
            spec = self.recognizer.spec
            self.known[key] = greedy(self.recognizer.logits(padded([line_crop], spec))[0], spec.charset).text
        return self.known[key]


def compare_pages(run: Run, expected_maps: Sequence[Maps], samples: Sequence[Sample], spec: DetectorSpec, texts: ReadLines) -> Agreement:
    """Compare a detector file with the reference's outputs of the same samples.

    Returns:
        largest_difference and where; lines: `of` the reference, `found` by the file, `equal` (corners within 0.1 pixel),
        `matched` (IoU of 0.5 or more, one to one), and `apart`, the median and the largest distance of a matched line's
        furthest corner, in pixels of the input, null if none matches; texts: `of` the reference's lines, `equal` ones
        read in the file's lines on the photo by the same recogniser, and `characters`, the fraction of their characters that are equal.

    Raises:
        ParityError: names, shapes or types differ, or a value is not finite.
    """
    largest, lines, read, distances = _LargestDifference(), Counter[str](), _TextAgreement(), list[float]()
    for sample, theirs in zip(samples, expected_maps, strict=True):
        ours = _checked(run(sample.pixels), theirs, sample)
        largest.add(ours, theirs, sample)
        (mine, _), (ref, _) = (postprocess({n: m[0] for n, m in maps.items()}, spec) for maps in (ours, theirs))
        matches = {j: i for i, j in pairs(mine, ref)}
        lines.update({"of": len(ref), "found": len(mine), "equal": equal_lines(mine, ref), "matched": len(matches)})
        distances += [float(np.abs(mine[i] - ref[j]).max()) for j, i in matches.items()]
        assert sample.photo is not None
        got, expected = (texts(sample.photo, (quads / np.array(sample.scale)).astype(np.float32)) for quads in (mine, ref))
        for j, text in enumerate(expected):
            read.add(f"{sample.names[0]}, line {j + 1}", got[matches[j]] if j in matches else "", text)
    spread = [round(float(v), 3) for v in (np.median(distances), np.max(distances))] if distances else None
    counts: LineAgreement = {
        "of": lines["of"], "found": lines["found"], "equal": lines["equal"], "matched": lines["matched"], "apart": spread,
    }  # fmt: skip
    return {"largest_difference": max(largest.difference, 0.0), "where": largest.where, "lines": counts, "texts": read.row()}


def compare_line_crops(run: Run, expected_maps: Sequence[Maps], samples: Sequence[Sample], spec: RecognizerSpec) -> Agreement:
    """Compare a recogniser file with the reference's logits of the same samples; as `compare_pages`, but lines is None."""
    largest, read = _LargestDifference(), _TextAgreement()
    for sample, theirs in zip(samples, expected_maps, strict=True):
        ours = _checked(run(sample.pixels), theirs, sample)
        largest.add(ours, theirs, sample)
        for name, mine, ref in zip(sample.names, ours[LOGITS], theirs[LOGITS], strict=True):
            read.add(name, greedy(mine, spec.charset).text, greedy(ref, spec.charset).text)
    return {"largest_difference": max(largest.difference, 0.0), "where": largest.where, "lines": None, "texts": read.row()}


def equal_lines(a: F32, b: F32) -> int:
    """How many quads of a and b, float32 [M, 4, 2], are equal within 0.1 pixel, one to one."""
    rest, count = list(b), 0
    for quad in a:
        distances = [float(np.abs(other - quad).max()) for other in rest]
        if distances and min(distances) <= EQUAL_PIXELS:
            rest.pop(int(np.argmin(distances)))
            count += 1
    return count


class _TextAgreement:
    """Texts compared with the reference's; lines whose reference text is empty do not count."""

    def __init__(self) -> None:
        self.texts = self.equal = self.characters = self.wrong = 0
        self.example: list[str] | None = None

    def add(self, name: str, ours: str, theirs: str) -> None:
        if not theirs:
            return
        self.texts, self.equal = self.texts + 1, self.equal + (ours == theirs)
        self.characters += len(theirs)
        self.wrong += min(len(theirs), Levenshtein.distance(ours, theirs))
        if ours != theirs and self.example is None:
            self.example = [name, theirs, ours]

    def row(self) -> TextAgreement:
        fraction = round(1 - self.wrong / self.characters, 4) if self.characters else None
        return {"of": self.texts, "equal": self.equal, "characters": fraction, "example": self.example}


def _checked(ours: Maps, theirs: Maps, sample: Sample) -> Maps:
    if problems := output_problems(ours, theirs):
        raise ParityError(f"{sample.names[0]}: {'; '.join(problems)}")
    return ours


class _LargestDifference:
    """The largest difference so far."""

    def __init__(self) -> None:
        self.difference = -1.0  # less than any, so that equal values have a place too
        self.where: Place | None = None

    def add(self, ours: Maps, theirs: Maps, sample: Sample) -> None:
        for name in theirs:
            difference = np.abs(ours[name].astype(np.float64) - theirs[name])
            if difference.size and difference.max() > self.difference:
                self.difference = float(difference.max())
                place = tuple(int(i) for i in np.unravel_index(difference.argmax(), difference.shape))
                self.where = {
                    "page": sample.names[place[0]], "map": name, "place": list(place[1:]),
                    "reference": float(theirs[name][place]), "file": float(ours[name][place]),
                }  # fmt: skip
