"""The whole story: a photo in, text lines out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ctpn.backend import OnnxDetector
from ctpn.detect import postprocess
from ctpn.errors import CtpnError, ImageError
from ctpn.image import fit, open_image, stitch, windows

SHIPPED = Path(__file__).parent / "weights" / "mobile-int8.onnx"
CONTEXT = 32  # pixels of the photo around a region that the detector may see

Region = tuple[float, float, float, float]


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
    """Finds text lines in photos.

    Args:
        bundle: a detector's .onnx file; None takes the shipped one.
        threads: for one picture; 0 lets the runtime choose.

    Raises:
        ModelError: the file is missing, damaged or not one of ours.
    """

    def __init__(self, bundle: str | os.PathLike[str] | None = None, *, threads: int = 0) -> None:
        self.detector = OnnxDetector(SHIPPED if bundle is None else Path(bundle), threads)

    def detect(self, image: str | os.PathLike[str] | NDArray[np.uint8], regions: Sequence[Region] | None = None) -> list[TextLine]:
        """The text lines of a photo, top to bottom.

        Args:
            image: a file, or uint8 RGB [H, W, 3].
            regions: rectangles (x, y, width, height) in pixels of the upright photo; lines that lie mostly in one
                are given, in the order of the regions. None: the whole photo.

        Raises:
            ImageError: no picture. CtpnError: a region that does not touch the photo.
        """
        rgb = _pixels(image)
        if regions is None:
            return self._lines(rgb)
        return [line for i, region in enumerate(regions) for line in self._region(rgb, region, i)]

    def _lines(self, rgb: NDArray[np.uint8]) -> list[TextLine]:
        fitted = fit(rgb, self.detector.spec)
        quads_net, scores = postprocess(self.maps(fitted.pixels), self.detector.spec)
        quads_img = quads_net / np.array([fitted.scale_x, fitted.scale_y], np.float32)
        quads_img = quads_img.clip(0, [rgb.shape[1], rgb.shape[0]]).astype(np.float32)
        order = np.lexsort((quads_img[:, :, 0].min(1), quads_img[:, :, 1].mean(1)))
        return [TextLine(quads_img[i], float(scores[i])) for i in order]

    def maps(self, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Maps of the whole input; long strips are read in overlapping pieces and stitched."""
        spec = self.detector.spec
        across = pixels.shape[1] >= pixels.shape[0]
        cuts = windows(pixels.shape[1] if across else pixels.shape[0], spec)
        if len(cuts) == 1:
            return self.detector.maps(pixels)
        found = [self.detector.maps(pixels[:, a:b] if across else pixels[a:b]) for a, b in cuts]
        stride, axis = (spec.stride_x, 1) if across else (spec.stride_y, 0)
        return {name: stitch([maps[name] for maps in found], cuts, stride, axis) for name in found[0]}

    def _region(self, rgb: NDArray[np.uint8], region: Region, index: int) -> list[TextLine]:
        x0, y0, x1, y1 = _inside(region, rgb.shape[1], rgb.shape[0])
        left, top = max(0, int(x0) - CONTEXT), max(0, int(y0) - CONTEXT)
        lines = self._lines(np.ascontiguousarray(rgb[top : int(y1) + CONTEXT, left : int(x1) + CONTEXT]))
        moved = [TextLine(line.quad + np.array([left, top], np.float32), line.score, region=index) for line in lines]
        return [line for line in moved if _share(line.quad, (x0, y0, x1, y1)) > 0.5]


def _pixels(image: str | os.PathLike[str] | NDArray[np.uint8]) -> NDArray[np.uint8]:
    if not isinstance(image, np.ndarray):
        return open_image(image)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ImageError(f"expected uint8 RGB [H, W, 3], got {image.dtype} {list(image.shape)}; convert it first")
    return image


def _inside(region: Region, width: int, height: int) -> Region:
    """The part of (x, y, w, h) that lies in the photo, as (x0, y0, x1, y1)."""
    x, y, w, h = region
    x0, y0, x1, y1 = max(0.0, x), max(0.0, y), min(float(width), x + w), min(float(height), y + h)
    if not (x0 + 1 <= x1 and y0 + 1 <= y1):
        shown = ",".join(f"{v:g}" for v in region)
        raise CtpnError(f"region {shown}: expected x,y,w,h inside a photo of {width} x {height}; mark it again")
    return x0, y0, x1, y1


def _share(quad: NDArray[np.float32], box: Region) -> float:
    """Share of a line's middle that lies in a box, by points along it."""
    t = (np.arange(21) + 0.5) / 21
    start, end = (quad[0] + quad[3]) / 2, (quad[1] + quad[2]) / 2
    x, y = (start[None] + t[:, None] * (end - start)[None]).T
    return float(((x >= box[0]) & (x <= box[2]) & (y >= box[1]) & (y <= box[3])).mean())
