"""The forms of a net that are written: any width, or one; each with the samples on which a file must agree with PyTorch."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from ctpn.contract.spec import DetectorSpec
from ctpn.errors import ParityError
from ctpn.nn.recognizer import Crnn
from ctpn.nn.recurrent import RowRecurrence
from export.graph import DetectorGraph, RecognizerGraph
from export.parity import Agreement, Maps, compare
from export.parity_text import compare_text
from export.samples import parity_pages, parity_strips, place

Pixels = NDArray[np.uint8]
Run = Callable[[Pixels], Maps]  # uint8 RGB [N, H, W, 3] to outputs by name, with the batch axis

# Fewer bits move values by nature, so the lines alone judge: one in fifty may appear, go or break, and one in two
# hundred of the texts that PyTorch is sure of, to the last character, may change.
ROUNDED_LINES: dict[str, float | None] = {"value_tolerance": None, "least_hmean": 0.98}
ROUNDED_TEXTS: dict[str, float | None] = {"value_tolerance": None, "least_same": 0.995, "sure": 0.7}


@dataclass(frozen=True)
class Form:
    """One form of one net.

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

    def prove(self, file: str, run: Run, *, rounded: bool = False) -> Agreement:
        """Hold a file against PyTorch.

        Args:
            file: its name, for messages.
            rounded: it computes with fewer bits than float32, so its lines and texts are judged, not its values.

        Raises:
            ParityError: it differs.
        """
        shown = f"{file}: comparing with PyTorch"
        try:
            if isinstance(self.net, Crnn):
                return compare_text(run, self.net, tqdm(self.samples, desc=shown), **(ROUNDED_TEXTS if rounded else {}))  # type: ignore[arg-type]
            pages = tqdm([page for batch in self.samples for page in batch], desc=shown)
            return compare(by_page(run), self.net, pages, **(ROUNDED_LINES if rounded else {}))  # type: ignore[arg-type]
        except ParityError as e:
            raise ParityError(f"{file}: {e}; nothing was written") from None

    def of_one_size(self) -> Form:
        """The same with those samples alone that have its size, one picture each: for formats that take no other."""
        pages = [page[None] for batch in self.samples for page in batch if page.shape[:2] == self.size]
        return replace(self, samples=pages, timed=self.timed[:1])


def forms(net: torch.nn.Module, size: tuple[int, int]) -> Iterator[Form]:
    """All forms of a net, any width first.

    Args:
        net: a detector or a recogniser, with `.spec`.
        size: (H, W) of the detector's form of one width.
    """
    return _recognizer(net) if isinstance(net, Crnn) else _detector(net, size)


def _detector(net: torch.nn.Module, size: tuple[int, int]) -> Iterator[Form]:
    spec = net.spec
    assert isinstance(spec, DetectorSpec)
    pages = parity_pages(spec, size)
    h, w, m = *size, spec.size_multiple
    sizes = [(max(m, h // 2 // m * m), max(m, w // 3 // m * m)), (h + m, w + 3 * m)]
    for fixed in (True,) if _unrolled_alone(net) else (False, True):
        name = f"{spec.name}-{w}" if fixed else spec.name
        others = [place(p, (y, w if fixed else x), spec) for p, (y, x) in zip(pages, sizes, strict=False)]
        samples = [page[None] for page in (*pages, *others)]
        yield Form(name, net, DetectorGraph(net, unrolled=fixed), size, fixed, samples, samples[0])


def _unrolled_alone(net: torch.nn.Module) -> bool:
    """Whether no operator computes the net's recurrence (Keras 2's), so that there is no form of any width."""
    return any(m.unrolled for m in net.modules() if isinstance(m, RowRecurrence))


def _recognizer(net: Crnn) -> Iterator[Form]:
    spec = net.spec
    samples = parity_strips(spec)
    for width in (None, *spec.widths):
        name, size = f"{spec.name}-{width}" if width else spec.name, (spec.height, width or 64)
        batches = [_fitted(b, width, spec.pad) for b in samples if width is None or b.shape[2] <= width]
        timed = np.zeros((4, spec.height, width or 320, 3), np.uint8)
        yield Form(name, net, RecognizerGraph(net, unrolled=width is not None), size, width is not None, batches, timed)


def _fitted(strips: Pixels, width: int | None, pad: int) -> Pixels:
    """Strips padded on the right to a fixed width."""
    missing = 0 if width is None else width - strips.shape[2]
    return np.pad(strips, ((0, 0), (0, 0), (0, missing), (0, 0)), constant_values=pad)


def by_page(run: Run) -> Callable[[Pixels], Maps]:
    """A function of a batch as one of a page uint8 RGB [H, W, 3], whose maps have no batch axis."""
    return lambda page: {name: m[0] for name, m in run(page[None]).items()}


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr)
