"""The reader: runs the stages in their order, from a photo to its text lines."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctpn.contract.bundle import open_bundle
from ctpn.contract.signature import Trust
from ctpn.contract.spec import DetectorSpec, DirectionSpec, RecognizerSpec
from ctpn.detection.direction import Part, best_of_looks, cell_angles, parts_to_rotate, turned_part
from ctpn.detection.postprocess import Limit, huge_lines, postprocess, reached_limits
from ctpn.errors import CtpnError, ImageError, ModelError, ModelWarning
from ctpn.imaging.decode import Box, Focus, Photo, open_photo
from ctpn.imaging.header import check_page
from ctpn.imaging.limits import MAX_PIXELS, Limits
from ctpn.imaging.resample import resize
from ctpn.imaging.rotate import rotate
from ctpn.imaging.source import Source, source_name
from ctpn.imaging.tiling import FAR, Fitted, closer_scale, far_view, fit, needed_bytes, stitch, tiles
from ctpn.layout.geometry import overlap_fraction, rotate_quad
from ctpn.layout.reading_order import reading_order
from ctpn.layout.regions import Region, outline, scale, window
from ctpn.page import PageResult, PageWarning, TextLine
from ctpn.recognition.calibration import text_probability
from ctpn.recognition.ctc import Decoded
from ctpn.recognition.policy import ReadLine, is_upside_down, read_lines, read_unless_upside_down
from ctpn.runtime.onnx_runtime import CPU, OnnxDetector, OnnxRecognizer, RuntimeOptions
from ctpn.runtime.protocols import Detector, Recognizer
from ctpn.runtime.sums import missing_sum
from ctpn.stage_timer import OnStage, StageTimer

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Image = Source | U8

WEIGHTS = Path(__file__).parent / "weights"
SHIPPED_DETECTOR, SHIPPED_RECOGNIZER = WEIGHTS / "mobile-int8.onnx", WEIGHTS / "crnn-int8.onnx"


class TextReader:
    """Finds and reads text lines in photos.

    Both models are loaded at once. A reader may be shared between threads: any number of `detect` and `read` may run at the same
    time, and each gives what it would give alone.

    Args:
        bundle: a folder written by `python -m export.bundle`, which is verified; None takes the models that are shipped.
        detector: a detector's .onnx file, written by `python -m export.onnx`, in place of the shipped one. It is compared with the
            sum in FILE.sha256 beside it; without one there is a ModelWarning (`ctpn.errors`).
        trust: whose signature the bundle must carry (`ctpn.Trust`); None: it may have none.
        threads: for one photo; 0 lets the runtime choose.
        providers: ONNX Runtime's execution providers in the order of preference, by name or as (name, options).
        session_options: an `onnxruntime.SessionOptions` in place of ours; `threads` must be 0 then.
        on_stage: called with the name and the seconds of each stage that has ended (`ctpn.stage_timer`), in the thread that reads.
        max_pixels: the limit for a picture's width times height, checked before it is decoded; the limit for the memory that decoding
            may take rises with it (docs/inputs.md).

    Raises:
        ModelError: a file is missing, damaged, not one of ours or of another version.
        CtpnError: ONNX Runtime or an execution provider is missing; arguments that exclude each other.
    """

    def __init__(
        self,
        bundle: str | os.PathLike[str] | None = None,
        *,
        detector: str | os.PathLike[str] | None = None,
        trust: Trust | None = None,
        threads: int = 0,
        providers: Sequence[str | tuple[str, dict[str, Any]]] = CPU,
        session_options: Any = None,
        on_stage: OnStage | None = None,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        options = RuntimeOptions(threads, providers, session_options)
        if trust is not None and bundle is None:
            raise CtpnError("trust is given without a bundle; only bundles are signed")
        if bundle is None:
            file = SHIPPED_DETECTOR if detector is None else Path(detector)
            self._models: tuple[Detector, Recognizer] | None = _from_files(file, options)
        elif detector is None:
            self._models = _from_bundle(Path(bundle), trust, options)
        else:
            raise CtpnError("bundle and detector are both given; give one: a bundle has its own detector")
        self._on_stage, self._limits = on_stage, Limits(max_pixels)

    @classmethod
    def of(cls, detector: Detector, recognizer: Recognizer, *, on_stage: OnStage | None = None, max_pixels: int = MAX_PIXELS) -> TextReader:
        """A reader with a detector and a recogniser of your own; as safe to share between threads as they are."""
        reader = object.__new__(cls)
        reader._models, reader._on_stage, reader._limits = (detector, recognizer), on_stage, Limits(max_pixels)
        return reader

    @property
    def detector(self) -> Detector:
        """What finds the lines."""
        return self._loaded()[0]

    @property
    def recognizer(self) -> Recognizer:
        """What reads them."""
        return self._loaded()[1]

    def _loaded(self) -> tuple[Detector, Recognizer]:
        if self._models is None:
            raise CtpnError("this TextReader is closed; make a new one")
        return self._models

    def close(self) -> None:
        """Release the models. Readings that have begun are finished; later ones raise a CtpnError."""
        self._models = None

    def __enter__(self) -> TextReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def detect(
        self, image: Image, regions: Sequence[Region] | None = None, *, page: int | None = None, on_stage: OnStage | None = None
    ) -> PageResult:
        """The text lines of a photo in reading order.

        Args:
            image: a path, the bytes of a file, a file object, or RGB uint8 [H, W, 3]. A very large JPEG is decoded at the reduced
                size that is needed (docs/inputs.md has the rule).
            regions: what a user marked: rectangles (x, y, width, height) or quads of four corners, in pixels of the upright photo;
                the lines that lie mostly in one are returned, in the order of the regions. A line may be found in two regions that
                overlap. None: the whole photo.
            page: of a TIFF, PDF or animation of several pages or frames, from 1; the result's `pages` says how many there are. None:
                the first, with a warning if there are others.
            on_stage: as for the class, for this photo alone.

        Returns:
            The lines, which have no texts; quads are in pixels of the upright photo.

        Raises:
            ImageError: the image is no picture, or cannot be read.
            CtpnError: a region has another form or does not touch the photo; the reader is closed.
        """
        detector, _ = self._loaded()
        timer = StageTimer(on_stage or self._on_stage)
        photo = _open(image, regions, page, detector.spec, self._limits, timer)
        search = _Search(detector, detector.spec, timer)
        lines = [line for group in search.lines(photo, regions) for line in _ordered(group)]
        return _result(photo, lines, regions, timer, search.warnings)

    def read(
        self, image: Image, regions: Sequence[Region] | None = None, *, page: int | None = None, on_stage: OnStage | None = None
    ) -> PageResult:
        """The text lines of a photo with their texts; arguments, order and errors as for `detect`.

        Beside the lines of `detect` there may be some for which the detector's score alone is too low, and which their texts confirm.
        A line in which nothing can be read has the text "" and the text_score 0. A quad begins at the top left of the text as it is
        read, also where the text is sideways or upside down.
        """
        detector, recognizer = self._loaded()
        timer = StageTimer(on_stage or self._on_stage)
        photo = _open(image, regions, page, detector.spec, self._limits, timer)
        search = _Search(detector, detector.spec.with_score_slack, timer, recognizer)
        lines = [line for group in search.lines(photo, regions) for line in _ordered(group)]
        read = read_lines if detector.spec.direction is None else read_unless_upside_down
        texts = read(photo.pixels, [line.quad for line in lines], recognizer, timer)
        if texts is None:
            lines = [line for group in search.lines_upside_down(photo, regions) for line in group]
            texts = read_lines(photo.pixels, [line.quad for line in lines], recognizer, timer)
        confirmed = [
            (_with_text(lines[text.index], text, recognizer.spec), text.is_column)
            for text in texts
            if _is_confirmed(lines[text.index], text.text, detector.spec, recognizer.spec)
        ]
        return _result(photo, _ordered_by_region(confirmed), regions, timer, search.warnings)


def tiled_maps(detector: Detector, pixels_net: U8) -> dict[str, F32]:
    """The maps of a fitted picture of any length; long images are detected in overlapping tiles, which are stitched."""
    spec = detector.spec
    across = pixels_net.shape[1] >= pixels_net.shape[0]
    places = tiles(pixels_net.shape[1] if across else pixels_net.shape[0], spec)
    if len(places) == 1:
        return detector.maps(pixels_net)
    found = [detector.maps(pixels_net[:, a:b] if across else pixels_net[a:b]) for a, b in places]
    cell, axis = (spec.stride_x, 1) if across else (spec.stride_y, 0)
    strides = {name: spec.direction.stride if spec.direction and name == "direction" else cell for name in found[0]}
    # Each tile's map goes when it is stitched, so that there are never two of all.
    return {name: stitch([maps.pop(name) for maps in found], places, stride, axis) for name, stride in strides.items()}


def _from_files(detector: Path, options: RuntimeOptions) -> tuple[Detector, Recognizer]:
    """The detector of a lone file, compared with its sum, and the shipped recogniser."""
    unverified = [message for file in (detector, SHIPPED_RECOGNIZER) if (message := missing_sum(file))]
    models = OnnxDetector(detector, options), OnnxRecognizer(SHIPPED_RECOGNIZER, options)
    for message in unverified:
        warnings.warn(message, ModelWarning, stacklevel=3)
    return models


def _from_bundle(folder: Path, trust: Trust | None, options: RuntimeOptions) -> tuple[Detector, Recognizer]:
    if folder.is_file():
        raise ModelError(f"{folder}: expected the folder of a bundle, got a file; give a detector's file by name: detector=FILE")
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such model file or bundle; write one with python -m export.onnx or export.bundle")
    bundle = open_bundle(folder, trust)
    detector = OnnxDetector(bundle.model("detector"), options)
    recognizer = OnnxRecognizer(bundle.model("recognizer"), options)
    bundle.check("detector", detector.spec)
    bundle.check("recognizer", recognizer.spec)
    return detector, recognizer


def _open(image: Image, regions: Sequence[Region] | None, page: int | None, spec: DetectorSpec, limits: Limits, timer: StageTimer) -> Photo:
    """The pixels of a photo, of a very large JPEG those that its regions need."""
    with timer("decode"):
        if not isinstance(image, np.ndarray):
            focus = _focus(regions, spec) if regions is not None and len(regions) else None
            photo = open_photo(image, focus, page=page, max_pixels=limits.max_pixels)
            _check_memory(photo.pixels, source_name(image), spec, limits)
            return photo
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
            raise ImageError(f"expected uint8 RGB [H, W, 3], got {image.dtype} {list(image.shape)}; convert it first")
        check_page(page, 1)
        return Photo(image, image.shape[1], image.shape[0])


def _check_memory(rgb: U8, name: str, spec: DetectorSpec, limits: Limits) -> None:
    """Check that there is room for the maps of a long image, which is read at its full size."""
    height, width = rgb.shape[:2]
    try:
        limits.check_bytes(rgb.nbytes + needed_bytes(width, height, spec), f"to find the lines in its {width} x {height} pixels")
    except ImageError as e:
        raise ImageError(f"{name}: {e}") from None


def _focus(regions: Sequence[Region], spec: DetectorSpec) -> Focus:
    """The part of a photo to decode: the box around all regions, with the most padding that they can have at any reduced size."""
    padding = 8 * spec.regions.max_padding

    def box(width: int, height: int) -> Box:
        corners = np.concatenate([outline(region, width, height) for region in regions])
        x0, y0 = np.maximum(np.floor(corners.min(0) - padding), 0).astype(int).tolist()
        x1, y1 = np.minimum(np.ceil(corners.max(0) + padding), [width, height]).astype(int).tolist()
        return x0, y0, x1, y1

    return box


class _Search:
    """The search for the lines of one photo.

    Args:
        spec: the detector's, with the thresholds that are asked for.
        recognizer: tells which way up rotated text is; None where no text is read.
    """

    def __init__(self, detector: Detector, spec: DetectorSpec, timer: StageTimer, recognizer: Recognizer | None = None) -> None:
        self.detector, self.spec, self.timer, self.recognizer = detector, spec, timer, recognizer
        self.reached: set[Limit] = set()

    def lines(self, photo: Photo, regions: Sequence[Region] | None) -> list[list[TextLine]]:
        """The lines of each region, in no order, with quads in the photo's pixels; of the whole photo without regions."""
        if regions is None:
            return [self._detect(photo.pixels, whole=True)]
        outlines = [photo.to_pixels(outline(region, photo.width, photo.height)) for region in regions]
        return [self._detect_in_region(photo.pixels, marked, i) for i, marked in enumerate(outlines)]

    def lines_upside_down(self, photo: Photo, regions: Sequence[Region] | None) -> list[list[TextLine]]:
        """The same, found in the photo rotated by a half turn."""
        rgb = photo.pixels[::-1, ::-1]  # not copied: it may be large
        size = np.array([rgb.shape[1], rgb.shape[0]], np.float32)
        if regions is None:
            groups = [self._detect(rgb, whole=True)]
        else:
            outlines = [size - photo.to_pixels(outline(region, photo.width, photo.height)) for region in regions]
            groups = [self._detect_in_region(rgb, marked, i) for i, marked in enumerate(outlines)]
        return [[replace(line, quad=size - line.quad) for line in group] for group in groups]

    def _detect_in_region(self, rgb: U8, marked: F32, index: int) -> list[TextLine]:
        """The lines that are mostly in a region. It is detected in alone, and enlarged if it is small."""
        with self.timer("fit"):
            x0, y0, x1, y1 = window(marked, rgb.shape[1], rgb.shape[0], self.spec.regions)
            part, by = np.ascontiguousarray(rgb[y0:y1, x0:x1]), scale(marked, self.spec.regions)
            large = resize(part, *(int(np.floor(side * by + 0.5)) for side in part.shape[:2])) if by > 1 else part
            exact = np.array([large.shape[1] / part.shape[1], large.shape[0] / part.shape[0]], np.float32)
        found = self._detect(large)
        lines = [replace(line, quad=line.quad / exact + np.array([x0, y0], np.float32), region=index) for line in found]
        return [line for line in lines if overlap_fraction(line.quad, marked) > 0.5]

    def _detect(self, rgb: U8, *, whole: bool = False) -> list[TextLine]:
        """The lines of a picture, in its pixels. Parts of it whose text is not level are looked at again, rotated.

        Args:
            whole: a whole photo, not a region of it: lines are found that fill it, and a small one without is enlarged for another look.
        """
        fitted, directions, quads_net, scores = self._look_at_scale(rgb, None)
        if whole:
            quads_net, scores = self._with_huge_lines(fitted.pixels, quads_net, scores)
            by = closer_scale(rgb.shape[1], rgb.shape[0], quads_net, self.spec)  # 1 where a line is huge
            if by > 1:
                fitted, directions, quads_net, scores = self._look_at_scale(rgb, by)
        scale_net = np.array([fitted.scale_x, fitted.scale_y], np.float32)
        del fitted  # as large as the photo, if that is long
        lines, rules = _lines(quads_net / scale_net, scores, rgb), self.spec.direction
        if rules is None or directions is None:
            return lines
        with self.timer("postprocess"):
            angles = cell_angles(directions, rules)
            parts, angles = parts_to_rotate(angles, quads_net, rules)
        if not parts:
            return lines
        looks = [(0, lines), *((part.angle, self._detect_rotated(rgb, part, scale_net, rules)) for part in parts)]
        with self.timer("postprocess"):
            looks = [look for look in looks if look[1]]  # where a look finds nothing, the level one counts
            found = [line for _, look in looks for line in look]
            quads_net = np.array([line.quad for line in found], np.float32).reshape(-1, 4, 2) * scale_net
            of_look = np.array([i for i, (_, look) in enumerate(looks) for _ in look], np.int64)
            scores = np.array([line.score for line in found], np.float32)
            kept = best_of_looks(angles, quads_net, scores, of_look, [angle for angle, _ in looks], rules)
            return [found[i] for i in kept]

    def _detect_rotated(self, rgb: U8, part: Part, scale_net: F32, rules: DirectionSpec) -> list[TextLine]:
        """The lines of a rotated part; of one whose lines are not level, or upside down, they are found again, the latter if there is a
        recogniser."""
        quad = part.quad_net / scale_net
        lines, quads_net = self._look_rotated(rgb, quad)
        with self.timer("postprocess"):
            again = turned_part(part, quads_net, rules)
        if again:
            quad = again.quad_net / scale_net
            lines, _ = self._look_rotated(rgb, quad)
        if self.recognizer and is_upside_down(rgb, [line.quad for line in lines], self.recognizer, self.timer):
            lines, _ = self._look_rotated(rgb, np.roll(quad, -2, 0))
        return lines

    def _look_rotated(self, rgb: U8, quad: F64) -> tuple[list[TextLine], F32]:
        """The lines of a rotated rectangle of a picture, and their quads in its own pixels."""
        with self.timer("fit"):
            rotated = rotate(rgb, quad, self.spec)
        _, quads_net, scores = self._look(rotated.pixels)
        return _lines(rotated.to_picture(quads_net), scores, rgb), quads_net

    def _look_at_scale(self, rgb: U8, scale: float | None) -> tuple[Fitted, F32 | None, F32, F32]:
        """A picture at a scale, by default the reduced one, and the answers of `_look` for it."""
        with self.timer("fit"):
            fitted = fit(rgb, self.spec, scale)
        return fitted, *self._look(fitted.pixels)

    def _with_huge_lines(self, pixels_net: U8, quads_net: F32, scores: F32) -> tuple[F32, F32]:
        """The lines of a fitted picture and, after them, those that are too high for its scale."""
        with self.timer("fit"):
            far = far_view(pixels_net, self.spec)
        _, quads_far, scores_far = self._look(far)
        with self.timer("postprocess"):
            added = huge_lines(quads_far * FAR, quads_net, self.spec)
            return np.concatenate([quads_net, quads_far[added] * FAR]), np.concatenate([scores, scores_far[added]])

    def _look(self, pixels_net: U8) -> tuple[F32 | None, F32, F32]:
        """The map of directions of a fitted picture, the quads of its lines in its pixels, and their scores."""
        with self.timer("detect"):
            maps = tiled_maps(self.detector, pixels_net)
        with self.timer("postprocess"):
            quads_net, scores = postprocess(maps, self.spec)
            self.reached |= set(reached_limits(maps, len(scores), self.spec))
        return maps.get("direction"), quads_net, scores

    @property
    def warnings(self) -> tuple[PageWarning, ...]:
        """That there may be more text than was found."""
        limits = self.spec.limits
        most = {"max_proposals": f"{limits.max_proposals} proposals", "max_lines": f"{limits.max_lines} lines"}
        names = " and ".join(most[name] for name in sorted(self.reached, reverse=True))
        message = f"reached the detector's limit of {names}, the best are kept; there may be more text: read it in several regions"
        return (PageWarning("limit_reached", message),) if self.reached else ()


def _lines(quads: F32, scores: F32, rgb: U8) -> list[TextLine]:
    """Lines of quads in pixels of a picture, inside it."""
    inside = quads.clip(0, [rgb.shape[1], rgb.shape[0]]).astype(np.float32)
    return [TextLine(quad, float(score)) for quad, score in zip(inside, scores, strict=True)]


def _with_text(line: TextLine, read: ReadLine, spec: RecognizerSpec) -> TextLine:
    return replace(line, quad=read.quad, text=read.text.text, text_score=text_probability(read.text.scores, spec.calibration))


def _is_confirmed(line: TextLine, text: Decoded, detector: DetectorSpec, recognizer: RecognizerSpec) -> bool:
    """Whether the detector's score is enough, or the text confirms the line."""
    return line.score >= detector.lines.line_score or line.score + text.score >= recognizer.reading.min_combined_score


def _ordered_by_region(lines: list[tuple[TextLine, bool]]) -> list[TextLine]:
    """Lines region by region, each in reading order; with each line whether it is a column of characters, which run down."""
    groups = [list(group) for _, group in groupby(lines, lambda line: line[0].region)]
    orders = [reading_order([rotate_quad(line.quad, 1) if column else line.quad for line, column in group]) for group in groups]
    return [group[i][0] for group, order in zip(groups, orders, strict=True) for i in order]


def _ordered(lines: list[TextLine]) -> list[TextLine]:
    return [lines[i] for i in reading_order([line.quad for line in lines])]


def _result(
    photo: Photo, lines: list[TextLine], regions: Sequence[Region] | None, timer: StageTimer, warnings: tuple[PageWarning, ...]
) -> PageResult:
    moved, known = tuple(replace(line, quad=photo.to_photo(line.quad)) for line in lines), (*photo.warnings, *warnings)
    count = None if regions is None else len(regions)
    return PageResult(moved, photo.width, photo.height, known, timer.times, count, photo.page, photo.pages)
