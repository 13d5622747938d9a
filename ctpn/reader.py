"""The whole story: a photo in, text lines out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ctpn.contract.bundle import open_bundle
from ctpn.contract.spec import DetectorSpec
from ctpn.detection.postprocess import postprocess
from ctpn.errors import ImageError
from ctpn.imaging.decode import open_image
from ctpn.imaging.resample import resize
from ctpn.imaging.tiling import fit, stitch, tiles
from ctpn.layout.geometry import overlap_fraction
from ctpn.layout.reading_order import reading_order
from ctpn.layout.regions import Region, outline, scale, window
from ctpn.recognition.policy import read_lines
from ctpn.runtime.onnx_runtime import OnnxDetector, OnnxRecognizer

WEIGHTS = Path(__file__).parent / "weights"
SHIPPED, SHIPPED_TEXT = WEIGHTS / "mobile-int8.onnx", WEIGHTS / "crnn-int8.onnx"


@dataclass(frozen=True, eq=False)
class TextLine:
    """One line of text.

    Attributes:
        quad: float32 [4, 2], clockwise from the text's top left, in pixels of the upright photo.
        score: probability that this is text, in [0, 1].
        text, text_score: what stands there and how sure that is; None where only detection was asked for.
        region: index of the region that it was found in; None without regions.
    """

    quad: NDArray[np.float32]
    score: float
    text: str | None = None
    text_score: float | None = None
    region: int | None = None


class TextReader:
    """Finds and reads text lines in photos.

    Args:
        bundle: a folder written by `python -m export.bundle`, which is verified, or a detector's .onnx file alone; None
            takes what is shipped.
        threads: for one picture; 0 lets the runtime choose.

    Raises:
        ModelError: a file is missing, damaged, not one of ours or of a newer version.
    """

    def __init__(self, bundle: str | os.PathLike[str] | None = None, *, threads: int = 0) -> None:
        self.threads = threads
        found, self.text_model = SHIPPED if bundle is None else Path(bundle), SHIPPED_TEXT
        self.bundle = open_bundle(found) if found.is_dir() else None
        if self.bundle:
            found, self.text_model = self.bundle.model("detector"), self.bundle.model("recognizer")
        self.detector = OnnxDetector(found, threads)
        if self.bundle:
            self.bundle.check("detector", self.detector.spec)
            _ = self.recognizer  # a bundle passes as a whole, or not at all

    @cached_property
    def recognizer(self) -> OnnxRecognizer:
        """Loaded when it is first needed, for detection alone does without; a bundle's at once."""
        recognizer = OnnxRecognizer(self.text_model, self.threads)
        if self.bundle:
            self.bundle.check("recognizer", recognizer.spec)
        return recognizer

    def detect(self, image: str | os.PathLike[str] | NDArray[np.uint8], regions: Sequence[Region] | None = None) -> list[TextLine]:
        """The text lines of a photo in reading order.

        Args:
            image: a file, or uint8 RGB [H, W, 3].
            regions: what a user marked: rectangles (x, y, width, height) or quads of four corners, in pixels of the upright
                photo; lines that lie mostly in one are given, in the order of the regions. A line may be found in two
                regions that overlap. None: the whole photo.

        Raises:
            ImageError: no picture. CtpnError: a region that is none, or does not touch the photo.
        """
        return self._found(_pixels(image), regions, self.detector.spec)

    def read(self, image: str | os.PathLike[str] | NDArray[np.uint8], regions: Sequence[Region] | None = None) -> list[TextLine]:
        """The text lines of a photo with their texts; arguments, order and errors as for `detect`.

        Beside the lines of `detect` there may be some that the detector doubts and whose texts are sure. A line in which
        nothing can be read has the text "" and the text_score 0. A quad begins at the top left of the text as it was read,
        also where that stands on its side or its head.
        """
        rgb, spec = _pixels(image), self.detector.spec
        lines = self._found(rgb, regions, spec.with_score_slack)
        quads, texts = read_lines(rgb, [line.quad for line in lines], self.recognizer)
        read = [replace(line, quad=q, text=t.text, text_score=t.score) for line, q, t in zip(lines, quads, texts, strict=True)]
        kept, confirmed = spec.lines.line_score, self.recognizer.spec.reading.min_combined_score
        lines = [line for line in read if line.score >= kept or line.score + (line.text_score or 0.0) >= confirmed]
        return [line for _, group in groupby(lines, lambda line: line.region) for line in _ordered(list(group))]

    def _found(self, rgb: NDArray[np.uint8], regions: Sequence[Region] | None, spec: DetectorSpec) -> list[TextLine]:
        if regions is None:
            return _ordered(self._lines(rgb, spec))
        outlines = [outline(region, rgb.shape[1], rgb.shape[0]) for region in regions]
        return [line for i, marked in enumerate(outlines) for line in _ordered(self._region(rgb, marked, i, spec))]

    def _lines(self, rgb: NDArray[np.uint8], spec: DetectorSpec) -> list[TextLine]:
        fitted = fit(rgb, spec)
        quads_net, scores = postprocess(self.maps(fitted.pixels), spec)
        quads_img = quads_net / np.array([fitted.scale_x, fitted.scale_y], np.float32)
        quads_img = quads_img.clip(0, [rgb.shape[1], rgb.shape[0]]).astype(np.float32)
        return [TextLine(quad, float(score)) for quad, score in zip(quads_img, scores, strict=True)]

    def maps(self, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Maps of the whole input; long images are read in overlapping tiles and stitched."""
        spec = self.detector.spec
        across = pixels.shape[1] >= pixels.shape[0]
        places = tiles(pixels.shape[1] if across else pixels.shape[0], spec)
        if len(places) == 1:
            return self.detector.maps(pixels)
        found = [self.detector.maps(pixels[:, a:b] if across else pixels[a:b]) for a, b in places]
        stride, axis = (spec.stride_x, 1) if across else (spec.stride_y, 0)
        return {name: stitch([maps[name] for maps in found], places, stride, axis) for name in found[0]}

    def _region(self, rgb: NDArray[np.uint8], marked: NDArray[np.float32], index: int, spec: DetectorSpec) -> list[TextLine]:
        x0, y0, x1, y1 = window(marked, rgb.shape[1], rgb.shape[0], spec.regions)
        part, by = np.ascontiguousarray(rgb[y0:y1, x0:x1]), scale(marked, spec.regions)
        large = resize(part, *(int(np.floor(side * by + 0.5)) for side in part.shape[:2])) if by > 1 else part
        exact = np.array([large.shape[1] / part.shape[1], large.shape[0] / part.shape[0]], np.float32)
        moved = [
            TextLine(line.quad / exact + np.array([x0, y0], np.float32), line.score, region=index) for line in self._lines(large, spec)
        ]
        return [line for line in moved if overlap_fraction(line.quad, marked) > 0.5]


def _ordered(lines: list[TextLine]) -> list[TextLine]:
    return [lines[i] for i in reading_order([line.quad for line in lines])]


def _pixels(image: str | os.PathLike[str] | NDArray[np.uint8]) -> NDArray[np.uint8]:
    if not isinstance(image, np.ndarray):
        return open_image(image)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ImageError(f"expected uint8 RGB [H, W, 3], got {image.dtype} {list(image.shape)}; convert it first")
    return image
