"""Does an exported file compute what PyTorch computes? Names, shapes, values, then the text lines or the texts.

PyTorch's outputs of a sample are an `Expected`, computed once however many files are compared with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ctpn.contract.spec import DetectorSpec, RecognizerSpec
from ctpn.detection.postprocess import postprocess
from ctpn.errors import ParityError
from ctpn.layout.geometry import greedy_matching, ious
from ctpn.nn.recognizer import Crnn
from ctpn.recognition.ctc import Decoded, greedy
from export.graph import LOGITS

Pixels = NDArray[np.uint8]
Maps = dict[str, NDArray[np.float32]]
Run = Callable[[Pixels], Maps]
SAME_ANGLE = 10.0  # degrees


@dataclass
class Agreement:
    """How far a file is from PyTorch: the largest difference of any value, and the hmean of its lines or the share of equal texts."""

    difference: float = 0.0
    lines: float = 1.0
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, float]:
        """The two figures, as they are stored."""
        return {"difference": float(f"{self.difference:.1e}"), "lines": round(self.lines, 4)}


@dataclass(frozen=True)
class LineTolerance:
    """How much a detector's file may differ.

    Attributes:
        value: largest difference of a map; 1e-4 lets float32 sum in another order. None for fewer bits, whose values differ
            by nature and which are judged by their lines.
        corner: pixels by which a line's corner may differ when `min_hmean` is 1.
        min_hmean: hmean (IoU >= 0.5) of the lines against PyTorch's, in [0, 1].
        min_directions: share of the cells of whose direction PyTorch is confident that must have the same one, in [0, 1].
    """

    value: float | None = 1e-4
    corner: float = 0.1
    min_hmean: float = 1.0
    min_directions: float = 0.0


@dataclass(frozen=True)
class TextTolerance:
    """How much a recogniser's file may differ.

    Attributes:
        value: largest difference of a logit. Logits are of the order of 20, so 1e-3 lets float32 sum in another order.
            None for fewer bits, which are judged by their texts.
        min_same: share of line crops that must have the same text, in [0, 1] ...
        min_confidence: ... of those whose every character PyTorch gives at least this probability. Where the net itself
            wavers between two readings rounding may choose the other, and no file could pass.
    """

    value: float | None = 1e-3
    min_same: float = 1.0
    min_confidence: float = 0.0


@dataclass(frozen=True)
class Expected:
    """PyTorch's outputs of one sample, by name: a page's maps without the batch axis, or the logits of a batch of line crops."""

    outputs: Maps
    spec: DetectorSpec | RecognizerSpec

    @cached_property
    def lines(self) -> NDArray[np.float32]:
        """Quads [M, 4, 2] of the lines on the page."""
        assert isinstance(self.spec, DetectorSpec)
        return postprocess(self.outputs, self.spec)[0]

    @cached_property
    def texts(self) -> list[Decoded]:
        """The text of each line crop."""
        assert isinstance(self.spec, RecognizerSpec)
        return [greedy(logits, self.spec.charset) for logits in self.outputs[LOGITS]]


def expected_lines(net: nn.Module, page: Pixels) -> Expected:
    """PyTorch's maps of a page uint8 RGB [H, W, 3]."""
    spec = net.spec
    assert isinstance(spec, DetectorSpec)
    return Expected(torch_maps(net, page), spec)


def expected_texts(net: Crnn, crops: Pixels) -> Expected:
    """PyTorch's logits of line crops uint8 RGB [N, height, W, 3]."""
    return Expected({LOGITS: torch_logits(net, crops)}, net.spec)


def torch_maps(net: nn.Module, page: Pixels) -> Maps:
    """What PyTorch makes of uint8 RGB [H, W, 3]: maps without a batch axis.

    Written out without `graph.py`, whose foldings and variants are among the things that are compared.
    """
    spec = net.spec
    assert isinstance(spec, DetectorSpec)
    with torch.inference_mode():
        raw: dict[str, Tensor] = net.eval()(_normalised(page[None], spec))
    maps = {"score": raw["score"].unflatten(-1, (-1, 2)).softmax(-1)[..., 1]}
    maps |= {n: m.sigmoid() if n == "link" else m for n, m in raw.items() if n != "score"}
    return {name: maps[name][0].numpy() for name in spec.outputs}


def torch_logits(net: Crnn, crops: Pixels) -> NDArray[np.float32]:
    """What PyTorch makes of line crops uint8 RGB [N, height, W, 3]: float32 [N, T, classes]; written out as `torch_maps` is."""
    with torch.inference_mode():
        logits: NDArray[np.float32] = net.eval()(_normalised(crops, net.spec)).numpy()
    return logits


def _normalised(pixels: Pixels, spec: DetectorSpec | RecognizerSpec) -> Tensor:
    """uint8 RGB [N, H, W, 3] as a net takes it: float32 [N, 3, H, W] in its order of channels."""
    ordered = pixels[..., ::-1] if spec.channels == "BGR" else pixels
    x = (ordered - np.array(spec.mean, np.float32)) / np.array(spec.std, np.float32)
    return torch.from_numpy(x).permute(0, 3, 1, 2)


class LineComparison:
    """A detector's file against PyTorch, page by page."""

    def __init__(self, tolerance: LineTolerance) -> None:
        self.tolerance, self.found = tolerance, Agreement()
        self.pages = self.matched = self.total = 0
        self.directions: list[NDArray[np.bool_]] = []

    def add(self, ours: Maps, expected: Expected) -> None:
        """Compare the maps of one more page, which have no batch axis."""
        theirs = expected.outputs
        problems = output_problems(ours, theirs)
        if not problems:
            self.found.difference = max(self.found.difference, *(_largest_difference(ours[n], theirs[n]) for n in theirs))
            lines = Expected(ours, expected.spec).lines
            self.matched += 2 * match(lines, expected.lines)
            self.total += len(lines) + len(expected.lines)
            if "direction" in theirs:
                self.directions.append(same_directions(ours["direction"], theirs["direction"]))
            if self.tolerance.min_hmean == 1.0 and not same(lines, expected.lines, self.tolerance.corner):
                problems = [f"lines differ by more than {self.tolerance.corner} px"]
        self.found.problems += [f"page {self.pages}: {p}" for p in problems]
        self.pages += 1

    def result(self) -> Agreement:
        """The largest difference, and the hmean of the lines of all pages.

        Raises:
            ParityError: all that is wrong, in one message.
        """
        found, minimum = self.found, self.tolerance.min_hmean
        found.lines = self.matched / self.total if self.total else 1.0
        _judge_values(found, self.tolerance.value)
        if found.lines < minimum:
            found.problems.append(f"lines: expected an hmean of {minimum}, got {found.lines:.4f}")
        same = np.concatenate(self.directions or [np.zeros(0, np.bool_)])
        if len(same) and same.mean() < self.tolerance.min_directions:
            found.problems.append(f"direction: expected {self.tolerance.min_directions} of the cells the same, got {same.mean():.4f}")
        if not self.total and not found.problems:
            found.problems.append("lines: none on any sample page, so nothing was compared; the weights find no text")
        return _passed(found)


class TextComparison:
    """A recogniser's file against PyTorch, batch by batch."""

    def __init__(self, tolerance: TextTolerance) -> None:
        self.tolerance, self.found = tolerance, Agreement()
        self.batches = 0
        self.pairs: list[tuple[Decoded, Decoded]] = []

    def add(self, ours: Maps, expected: Expected) -> None:
        """Compare the logits [N, T, classes] of one more batch."""
        theirs = expected.outputs
        problems = output_problems(ours, theirs)
        if not problems:
            self.found.difference = max(self.found.difference, _largest_difference(ours[LOGITS], theirs[LOGITS]))
            read = zip(Expected(ours, expected.spec).texts, expected.texts, strict=True)
            self.pairs += [(a, b) for a, b in read if a.text or b.text]  # two empty texts agree about nothing
        self.found.problems += [f"batch {self.batches}: {p}" for p in problems]
        self.batches += 1

    def result(self) -> Agreement:
        """The largest difference, and the share of all line crops, also those that PyTorch is not confident of, that have the same text.

        Raises:
            ParityError: all that is wrong, in one message.
        """
        found, minimum = self.found, self.tolerance.min_same
        found.lines = _equal_texts(self.pairs)
        confident = [(a, b) for a, b in self.pairs if b.scores.min(initial=1.0) >= self.tolerance.min_confidence]
        _judge_values(found, self.tolerance.value)
        if _equal_texts(confident) < minimum:
            found.problems.append(f"texts: expected {minimum} the same, got {_equal_texts(confident):.4f} of {len(confident)}")
        if not confident and not found.problems:
            found.problems.append("texts: none on any sample line crop, so nothing was compared; the weights read nothing")
        return _passed(found)


def _largest_difference(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """NaN or infinity if a value of either is; item by item, which stays in the processor's cache."""
    with np.errstate(invalid="ignore", over="ignore"):
        return float(np.max([max(d.max(), -d.min()) for d in map(np.subtract, a, b) if d.size], initial=0.0))


def _equal_texts(pairs: Sequence[tuple[Decoded, Decoded]]) -> float:
    return sum(a.text == b.text for a, b in pairs) / len(pairs) if pairs else 1.0


def _judge_values(found: Agreement, tolerance: float | None) -> None:
    if tolerance is not None and found.difference > tolerance:
        found.problems.append(f"values: expected within {tolerance}, got {found.difference:.2g}")


def _passed(found: Agreement) -> Agreement:
    if found.problems:
        raise ParityError("; ".join(found.problems))
    return found


def compare_lines(run: Run, net: nn.Module, pages: Iterable[Pixels], tolerance: LineTolerance | None = None) -> Agreement:
    """Compare one file's maps and lines with PyTorch's, over all pages uint8 RGB [H, W, 3].

    Args:
        run: the file, as a function of a page whose maps have no batch axis.
        net: the detector, with `.spec`; is put into evaluation mode.

    Raises:
        ParityError: all that is wrong, in one message.
    """
    comparison = LineComparison(tolerance or LineTolerance())
    for page in pages:
        comparison.add(run(page), expected_lines(net, page))
    return comparison.result()


def compare_texts(run: Run, net: Crnn, batches: Iterable[Pixels], tolerance: TextTolerance | None = None) -> Agreement:
    """Compare one file's logits and texts with PyTorch's, over batches of line crops uint8 [N, height, W, 3].

    Raises:
        ParityError: all that is wrong, in one message.
    """
    comparison = TextComparison(tolerance or TextTolerance())
    for crops in batches:
        comparison.add(run(crops), expected_texts(net, crops))
    return comparison.result()


def by_page(run: Run) -> Run:
    """A function of a batch as one of a page uint8 RGB [H, W, 3], whose maps have no batch axis."""
    return lambda page: {name: m[0] for name, m in run(page[None]).items()}


def output_problems(ours: Maps, theirs: Maps) -> list[str]:
    """What hinders a comparison of values: names, shapes, types, and NaN, which no `>` would notice."""
    if list(ours) != list(theirs):
        return [f"outputs: expected {list(theirs)}, got {list(ours)}"]
    problems = []
    for name, expected in theirs.items():
        got = ours[name]
        if (got.shape, got.dtype) != (expected.shape, expected.dtype):
            problems.append(f"{name}: expected {expected.dtype} {expected.shape}, got {got.dtype} {got.shape}")
        elif not np.isfinite(_largest_difference(got, expected)):
            problems.append(f"{name}: expected finite values, got NaN or infinity")
    return problems


def same_directions(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether our map [h, w, 3] has PyTorch's direction to `SAME_ANGLE` degrees: bool [n], the cells of text of which it is confident."""
    vectors = theirs[..., 1] + 1j * theirs[..., 2]
    confident = (theirs[..., 0] > 0) & (np.abs(vectors) > 0.7)
    turned = (ours[..., 1] + 1j * ours[..., 2])[confident] * vectors[confident].conj()
    return np.asarray(np.abs(np.degrees(np.angle(turned))) <= 2 * SAME_ANGLE)


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
