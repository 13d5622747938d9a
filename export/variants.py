"""The variants of a net that are exported: any width, or one; each with the samples on which a file must agree with PyTorch."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from tqdm import tqdm

from ctpn.contract.spec import DetectorSpec
from ctpn.errors import ParityError
from ctpn.nn.recognizer import Crnn
from ctpn.nn.recurrent import RowRecurrence
from export.graph import DetectorGraph, RecognizerGraph
from export.parity import (
    Agreement,
    LineComparison,
    LineTolerance,
    Pixels,
    Run,
    TextComparison,
    TextTolerance,
    by_page,
    expected_lines,
    expected_texts,
)
from export.samples import parity_line_crops, parity_pages, place

# Fewer bits move values by nature, so results alone judge: one line in fifty may appear, go or break, one direction in ten may turn, and
# one in two hundred of the texts that PyTorch is confident of, in every character, may change.
QUANTIZED_LINES = LineTolerance(value=None, min_hmean=0.98, min_directions=0.9)
QUANTIZED_TEXTS = TextTolerance(value=None, min_same=0.995, min_confidence=0.7)


@dataclass(frozen=True)
class Candidate:
    """A file that is to be compared with PyTorch.

    Attributes:
        name: for messages.
        run: the file as a function of a sample.
        quantized: it computes with fewer bits than float32, so its lines and texts are judged, not its values.
    """

    name: str
    run: Run
    quantized: bool = False


@dataclass(frozen=True)
class ExportVariant:
    """One variant of one net.

    Attributes:
        name: of its files, without an ending: "mobile", "mobile-960", "crnn-320".
        net: the net itself, for comparison.
        graph: what is traced.
        size: (H, W) to trace at.
        fixed_width: the recurrence is unrolled, so that W is that of `size`.
        samples: uint8 RGB [N, H, W, 3] each, of several sizes, so that a shape baked in shows.
        timed: the input that its files are timed with.
    """

    name: str
    net: torch.nn.Module
    graph: DetectorGraph | RecognizerGraph
    size: tuple[int, int]
    fixed_width: bool
    samples: list[Pixels]
    timed: Pixels

    def fitting(self, batches: list[Pixels]) -> list[Pixels]:
        """Those of a recogniser's batches that it can take, padded on the right to its width if that is fixed."""
        width = self.size[1] if self.fixed_width else None
        return [_fitted(b, width, self.graph.spec.pad) for b in batches if width is None or b.shape[2] <= width]

    def verify(self, candidates: list[Candidate]) -> list[Agreement]:
        """Compare files with PyTorch, which computes each sample once for all of them; functions that are equal are run once.

        Raises:
            ParityError: a file differs.
        """
        keys = [(c.run, c.quantized) for c in candidates]
        distinct = [c for i, c in enumerate(candidates) if keys.index(keys[i]) == i]
        shown = f"{self.name}: comparing with PyTorch, files: {len(candidates)}"
        if isinstance(self.net, Crnn):
            found = _results(distinct, self._compare_texts(self.net, distinct, shown))
        else:
            found = _results(distinct, self._compare_lines(distinct, shown))
        by_key = {(c.run, c.quantized): agreement for c, agreement in zip(distinct, found, strict=True)}
        return [by_key[key] for key in keys]

    def _compare_lines(self, candidates: list[Candidate], shown: str) -> list[LineComparison]:
        comparisons = [LineComparison(QUANTIZED_LINES if c.quantized else LineTolerance()) for c in candidates]
        for page in tqdm([page for batch in self.samples for page in batch], desc=shown):
            expected = expected_lines(self.net, page)
            for candidate, comparison in zip(candidates, comparisons, strict=True):
                comparison.add(by_page(candidate.run)(page), expected)
        return comparisons

    def _compare_texts(self, net: Crnn, candidates: list[Candidate], shown: str) -> list[TextComparison]:
        comparisons = [TextComparison(QUANTIZED_TEXTS if c.quantized else TextTolerance()) for c in candidates]
        for crops in tqdm(self.samples, desc=shown):
            expected = expected_texts(net, crops)
            for candidate, comparison in zip(candidates, comparisons, strict=True):
                comparison.add(candidate.run(crops), expected)
        return comparisons

    def of_width(self, width: int) -> ExportVariant:
        """The same recogniser for another fixed width; itself if it has that width."""
        if self.size[1] == width:
            return self
        assert isinstance(self.net, Crnn)
        return _recognizer_of(self.net, parity_line_crops(self.net.spec), width)

    def of_one_size(self) -> ExportVariant:
        """The same with those samples alone that have its size, for formats that take no other; itself if all have it."""
        fitting = [batch for batch in self.samples if batch.shape[1:3] == self.size]
        return self if len(fitting) == len(self.samples) else replace(self, samples=fitting)


def _results(candidates: list[Candidate], comparisons: Sequence[LineComparison | TextComparison]) -> list[Agreement]:
    found = []
    for candidate, comparison in zip(candidates, comparisons, strict=True):
        try:
            found.append(comparison.result())
        except ParityError as e:
            raise ParityError(f"{candidate.name}: {e}; nothing was written") from None
    return found


def variants(net: torch.nn.Module, size: tuple[int, int]) -> Iterator[ExportVariant]:
    """All variants of a net, any width first.

    Args:
        net: a detector or a recogniser, with `.spec`.
        size: (H, W) of the detector's variant of one width.
    """
    return _recognizer(net) if isinstance(net, Crnn) else _detector(net, size)


def _detector(net: torch.nn.Module, size: tuple[int, int]) -> Iterator[ExportVariant]:
    spec = net.spec
    assert isinstance(spec, DetectorSpec)
    pages = parity_pages(spec, size)
    h, w, m = *size, spec.size_multiple
    sizes = [(max(m, h // 2 // m * m), max(m, w // 3 // m * m)), (h + m, w + 3 * m)]
    for fixed in (True,) if _unrolled_alone(net) else (False, True):
        name = f"{spec.name}-{w}" if fixed else spec.name
        others = [place(p, (y, w if fixed else x), spec) for p, (y, x) in zip(pages, sizes, strict=False)]
        samples = [page[None] for page in (*pages, *others)]
        yield ExportVariant(name, net, DetectorGraph(net, unrolled=fixed), size, fixed, samples, samples[0])


def _unrolled_alone(net: torch.nn.Module) -> bool:
    """Whether no operator computes the net's recurrence (Keras 2's), so that there is no variant of any width."""
    return any(m.unrolled for m in net.modules() if isinstance(m, RowRecurrence))


def _recognizer(net: Crnn) -> Iterator[ExportVariant]:
    spec = net.spec
    samples = parity_line_crops(spec)
    for width in (None, *spec.widths):
        yield _recognizer_of(net, samples, width)


def _recognizer_of(net: Crnn, samples: list[Pixels], width: int | None) -> ExportVariant:
    spec = net.spec
    name, size = f"{spec.name}-{width}" if width else spec.name, (spec.height, width or 64)
    batches = [_fitted(b, width, spec.pad) for b in samples if width is None or b.shape[2] <= width]
    timed = np.zeros((4, spec.height, width or 320, 3), np.uint8)
    return ExportVariant(name, net, RecognizerGraph(net, unrolled=width is not None), size, width is not None, batches, timed)


def _fitted(crops: Pixels, width: int | None, pad: int) -> Pixels:
    """Line crops padded on the right to a fixed width."""
    missing = 0 if width is None else width - crops.shape[2]
    return np.pad(crops, ((0, 0), (0, 0), (0, missing), (0, 0)), constant_values=pad)


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr)
