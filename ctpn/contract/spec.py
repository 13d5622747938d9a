"""The numbers of a detector and of a recogniser. They travel inside every model file, so a retuned number needs no new app.

Every field is required, here and in every other language: nothing has a default. `contract/schemas` has the same fields
as JSON Schema, and contract/README.md the invariants of all languages. The shipped values are at the end of this file.

Frames: `net` is the pixel frame of the network input (after `tiling.fit`), `img` that of the upright photo.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from ctpn.contract.json_text import parse
from ctpn.errors import ModelError

SCHEMA = 3  # raised when the fields change, because readers refuse unknown and missing ones
LIMIT = 1e9  # no number of a spec is farther from 0; most have a narrower range
MAX_ANCHORS = 64
MAX_TEXT = 1 << 20  # of a spec as JSON; a charset of all of Unicode has less
EXPORT_HINT = "export it again with python -m export.onnx, or fetch a bundle of this version"
STAMP_HINT = "give it the present spec with python -m export.stamp"  # for weights, which need no export
S = TypeVar("S", "DetectorSpec", "RecognizerSpec")


@dataclass(frozen=True)
class Range:
    """The values that a number may have, both ends included.

    A range holds what a retuned model may want. It ends before values with which a reading breaks, takes more memory than a phone
    has, or does not end.
    """

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f" in [{self.low:g}, {self.high:g}]"


Fraction = Annotated[float, Range(0, 1)]
Threshold = Annotated[float, Range(0.01, 1)]  # at 0 everything counts
Mean = Annotated[float, Range(-1000, 1000)]
Deviation = Annotated[float, Range(0.001, 1000)]
Stride = Annotated[int, Range(4, 64)]
Padding = Annotated[int, Range(0, 256)]
Grey = Annotated[int, Range(0, 255)]
Width = Annotated[int, Range(32, 8192)]
Expansion = Annotated[float, Range(0, 2)]  # fractions of a line's height
Channels = Literal["RGB", "BGR"]
MapName = Literal["score", "vertical", "side", "link", "direction"]
LineGrouping = Literal["links", "paper", "classic"]


@dataclass(frozen=True)
class LinesSpec:
    """How proposals become lines.

    Attributes:
        line_grouping: "links", as the net says; "paper" (Tian et al. 2016, section 3.2); "classic", as the paper's code had it.
        link_threshold: probability from which a link counts; "links" alone.
        max_gap: pixels between two members of a line, at least `stride_x`; not for "links".
        min_overlap: vertical IoU of neighbours. "classic": overlap by the lower one, and ratio of the heights.
        line_score: mean score below which a line is dropped ...
        score_slack: ... but one that is read may have this much less, if its text makes up for it
            (`ReadingSpec.min_combined_score`).
        min_aspect_ratio: width / height below which a line is dropped.
        min_width: pixels; a line that is not wider is dropped.
        clipped_weight: of a member that the line's end cuts short, in the fit of the line; the others weigh 1.
        min_taper_columns: members from which on a line may be higher at one end.
        expansion: fractions of a line's height that are added at each end, and above and below.
    """

    line_grouping: LineGrouping
    link_threshold: Threshold
    max_gap: Annotated[int, Range(4, 512)]
    min_overlap: Threshold
    line_score: Fraction
    score_slack: Fraction
    min_aspect_ratio: Annotated[float, Range(0, 100)]
    min_width: Annotated[float, Range(0, 1000)]
    clipped_weight: Threshold
    min_taper_columns: Annotated[int, Range(2, 1000)]
    expansion: tuple[Expansion, Expansion]


@dataclass(frozen=True)
class TilingSpec:
    """How long images are reduced, and read in overlapping tiles.

    Attributes:
        max_aspect_ratio: an image whose sides have a higher ratio is a long image.
        tile_short_side: pixels to which a long image's short side is reduced.
        overlap: pixels that two tiles share, a multiple of `size_multiple` and at most half of `long_side`.
        max_untiled: an input of up to this many times `long_side` is read at once.
    """

    max_aspect_ratio: Annotated[float, Range(1, 100)]
    tile_short_side: Annotated[int, Range(16, 4096)]
    overlap: Annotated[int, Range(0, 1024)]
    max_untiled: Annotated[float, Range(1, 4)]


@dataclass(frozen=True)
class RegionsSpec:
    """How much of a photo is looked at around a marked region, and at what scale.

    Attributes:
        region_padding: fraction of the region's short side that is looked at around it ...
        min_padding, max_padding: ... but at least and at most so many pixels.
        min_region_side: pixels to which the short side of a smaller region is enlarged ...
        max_enlargement: ... but at most so many times; a photo smaller than `long_side` too, for its second look.
    """

    region_padding: Annotated[float, Range(0, 2)]
    min_padding: Padding
    max_padding: Padding
    min_region_side: Annotated[int, Range(1, 512)]
    max_enlargement: Annotated[float, Range(1, 8)]


@dataclass(frozen=True)
class LimitsSpec:
    """How much is found at most in one picture: in the whole photo, or in one marked region of it.

    Where there is more, the best by (-score, index) are kept, and the result has a warning.

    Attributes:
        max_proposals: that are looked at, before suppression.
        max_lines: that are kept.
    """

    max_proposals: Annotated[int, Range(1, 100_000)]
    max_lines: Annotated[int, Range(1, 10_000)]


@dataclass(frozen=True)
class DirectionSpec:
    """Which parts of a picture are looked at again, rotated.

    Attributes:
        stride: pixels of a cell of the map `direction`, on both axes.
        text_score: from which a cell is text: its probability times the length of (cos 2a, sin 2a), at most 1.
        level_angle: degrees; text of a direction up to so far from level needs no other look.
        spread: degrees around a direction within which a cell has it.
        min_cells: a direction, or a part of the picture, with fewer cells is not looked at.
        max_gap: cells of one direction at most so many cells apart are in one part.
        padding: pixels around a part's cells.
        max_looks: at most, beside the level one.
    """

    stride: Annotated[int, Range(4, 64)]
    text_score: Annotated[float, Range(0.01, 1)]
    level_angle: Annotated[int, Range(0, 89)]
    spread: Annotated[int, Range(0, 44)]
    min_cells: Annotated[int, Range(1, 10_000)]
    max_gap: Annotated[int, Range(1, 1000)]
    padding: Annotated[int, Range(0, 256)]
    max_looks: Annotated[int, Range(1, 16)]


@dataclass(frozen=True)
class DetectorSpec:
    """What a detector graph expects and how its maps become text lines.

    The graph takes uint8 RGB [1, H, W, 3] and gives channels-last maps, one row per cell of
    `stride_y` x `stride_x` pixels, k = len(anchor_heights): score [1, h, w, k] and, where `outputs`
    has them, vertical and side [1, h, w, 2k], link [1, h, w, k]. `direction` has cells of its own, `direction.stride` pixels on
    both axes: [1, h', w', 3], the logit of text of any direction, cos 2a and sin 2a of the angle a of its reading axis (clockwise).

    Attributes:
        anchor_heights: pixels, ascending, 1 to 64 of them.
        stride_x, stride_y: width and height of a cell.
        outputs: the maps in the graph's order; score and vertical are always among them.
        channels: order in which the net was trained; the graph itself always takes RGB.
        mean, std: in `channels` order; the graph computes (pixel - mean) / std.
        long_side: pixels to which photos are reduced, long images apart; a multiple of `size_multiple`.
        size_multiple, pad: the input is padded to a multiple of this with this grey.
        score_threshold: proposals below are dropped.
        nms_threshold: vertical IoU within a column, above which the worse of two is dropped.
        direction: None for a net without that output, whose pictures are looked at once.
    """

    name: str
    anchor_heights: tuple[Annotated[float, Range(1, 4096)], ...]
    stride_x: Stride
    stride_y: Stride
    outputs: tuple[MapName, ...]
    channels: Channels
    mean: tuple[Mean, Mean, Mean]
    std: tuple[Deviation, Deviation, Deviation]
    long_side: Annotated[int, Range(32, 4096)]
    size_multiple: Annotated[int, Range(4, 256)]
    pad: Grey
    score_threshold: Threshold
    nms_threshold: Annotated[float, Range(0.01, 0.9)]  # above, nothing is suppressed, and every box is compared with every other
    lines: LinesSpec
    tiling: TilingSpec
    regions: RegionsSpec
    limits: LimitsSpec
    direction: DirectionSpec | None

    def __post_init__(self) -> None:
        problem = _first_problem(self) or self._conflict()
        if problem:
            raise ModelError(f"detector spec {self.name!r}: {problem}")

    def _conflict(self) -> str | None:
        """Values that are good by themselves but do not fit each other."""
        heights, m = self.anchor_heights, self.size_multiple
        if not 1 <= len(heights) <= MAX_ANCHORS or list(heights) != sorted(set(heights)):
            return f"anchor_heights: expected 1 to {MAX_ANCHORS} ascending heights, got {_shown(heights)}"
        if m % self.stride_x or m % self.stride_y:
            return f"stride_x and stride_y: expected divisors of size_multiple {m}, got {self.stride_x} and {self.stride_y}"
        if len(set(self.outputs)) < len(self.outputs) or not {"score", "vertical"} <= set(self.outputs):
            return f"outputs: expected distinct names with score and vertical among them, got {list(self.outputs)}"
        if self.lines.line_grouping == "links" and "link" not in self.outputs:
            return f"lines.line_grouping: expected the output link for 'links', got the outputs {list(self.outputs)}"
        if self.lines.max_gap < self.stride_x:
            return f"lines.max_gap: expected at least stride_x {self.stride_x}, got {self.lines.max_gap}"
        if self.long_side % m:
            return f"long_side: expected a multiple of size_multiple {m}, got {self.long_side}"
        if self.tiling.overlap % m or 2 * self.tiling.overlap > self.long_side:
            return f"tiling.overlap: expected a multiple of {m}, at most half of long_side {self.long_side}, got {self.tiling.overlap}"
        if self.regions.min_padding > self.regions.max_padding:
            return f"regions.min_padding: expected at most max_padding {self.regions.max_padding}, got {self.regions.min_padding}"
        return self._direction_conflict()

    def _direction_conflict(self) -> str | None:
        if (self.direction is None) == ("direction" in self.outputs):
            return f"direction: expected null without the output direction, numbers with it; got the outputs {list(self.outputs)}"
        if self.direction and self.size_multiple % self.direction.stride:
            return f"direction.stride: expected a divisor of size_multiple {self.size_multiple}, got {self.direction.stride}"
        return None

    @property
    def anchors(self) -> int:
        """Number of anchors per cell."""
        return len(self.anchor_heights)

    @property
    def with_score_slack(self) -> DetectorSpec:
        """The same, but lines that only their text can confirm are kept too."""
        return replace(self, lines=replace(self.lines, line_score=max(0.0, self.lines.line_score - self.lines.score_slack)))

    def to_json(self) -> str:
        """One line of JSON; `from_json` of it is equal to this spec."""
        return _to_json("detector", self)

    @classmethod
    def from_json(cls, text: str) -> DetectorSpec:
        """Read `to_json`'s text.

        Raises:
            ModelError: no JSON, another kind or schema, or a field that is missing, unknown, of another type or out of range.
        """
        return _parse(cls, "detector", text, EXPORT_HINT)


@dataclass(frozen=True)
class LineCropSpec:
    """How a line crop is made, and where a long one is split.

    Attributes:
        min_width: pixels of a line crop at least.
        cut_start: fraction of `max_width` after which a long line crop may be split.
        cut_window: odd number of columns over which ink is summed to find the emptiest place, at most `max_width`.
        cut_tolerance: grey levels above the emptiest that still count as empty.
        space_ink: a column with less than this fraction of the most ink belongs to a gap.
        space_width: a gap wider than this fraction of the height is a space.
        column_pitch: distances of a column's characters, from and to, as multiples of their size.
        column_tolerance: fraction of the mean ink that the borders between characters may have more than those with the least.
        column_cell: the part of a column that is read for a character is at most so many times as high as it.
    """

    min_width: Annotated[int, Range(1, 1024)]
    cut_start: Annotated[float, Range(0.1, 0.95)]
    cut_window: Annotated[int, Range(1, 255)]
    cut_tolerance: Annotated[float, Range(0, 255)]
    space_ink: Fraction
    space_width: Annotated[float, Range(0, 10)]
    column_pitch: tuple[Annotated[float, Range(0.1, 10)], Annotated[float, Range(0.1, 10)]]
    column_tolerance: Annotated[float, Range(0, 10)]
    column_cell: Annotated[float, Range(0.1, 10)]


@dataclass(frozen=True)
class ReadingSpec:
    """Which lines are read again in another direction, what confirms a line, and how line crops are batched.

    Attributes:
        flip_retry_score: a text below this score is also read upside down.
        page_flip_score, page_flip_votes: where so many of the longest lines are below this score on average, they are read
            upside down, and if that is better, so are all others.
        vertical_aspect: a line more than so many times as high as wide may be vertical.
        column_slope: a line that runs down or up, by more than so many times what it runs to one side, may be a column of characters.
        column_gap: two columns that continue each other, at most so many times their width apart, are one.
        min_gain: by how much the score of another reading must be higher.
        height_retry_score, retry_height: a text below this score is read again in a quad so many times as high.
        min_combined_score: what the detector's score and the text's must sum to where the detector's alone is below
            `LinesSpec.line_score`.
        batch_columns: columns of a batch at most, after padding.
        batch_spread: the widest line crop of a batch is at most so many times as wide as the narrowest, and one
            `width_multiple`.
    """

    flip_retry_score: Fraction
    page_flip_score: Fraction
    page_flip_votes: Annotated[int, Range(1, 1000)]
    vertical_aspect: Annotated[float, Range(1, 100)]
    column_slope: Annotated[float, Range(1, 100)]
    column_gap: Annotated[float, Range(0, 100)]
    min_gain: Fraction
    height_retry_score: Fraction
    retry_height: Annotated[float, Range(0.5, 2)]
    min_combined_score: Annotated[float, Range(0, 2)]
    batch_columns: Annotated[int, Range(32, 16384)]
    batch_spread: Annotated[float, Range(1, 100)]


@dataclass(frozen=True)
class CalibrationSpec:
    """How the probabilities of a text's characters become the probability that all are right.

    1 / (1 + exp(-z)), z = bias - errors · ln(floor + sum of (1 - p)) + length · ln(number of characters).

    Attributes:
        bias, errors, length: fitted on validation pages.
        floor: expected errors far below this counts as none.
    """

    bias: Annotated[float, Range(-50, 50)]
    errors: Annotated[float, Range(0, 20)]
    length: Annotated[float, Range(-20, 20)]
    floor: Annotated[float, Range(0.001, 1)]


@dataclass(frozen=True)
class RecognizerSpec:
    """What a recogniser graph expects and how its output becomes text.

    The graph takes uint8 RGB [N, height, W, 3], N line crops, W a multiple of `width_multiple`, and gives logits
    float32 [N, W / stride, len(charset) + 1]; class 0 is CTC's blank, class i the character charset[i - 1].

    Attributes:
        charset: distinct characters, the space among them.
        charset_sha256: of the UTF-8 bytes: classes must never be mixed up between versions.
        channels, mean, std: as the detector's.
        height: pixels of a line crop.
        stride: pixels of width for one time step.
        width_multiple, pad: line crops are padded to this on the right with this grey.
        max_width: longer line crops are split at gaps, read part by part and joined; at least 4 times `height`.
        margin: fractions of a line's height that are added around its quad: at each end, and above and below.
        widths: of the exported variants of fixed width.
    """

    name: str
    charset: str
    charset_sha256: str
    channels: Channels
    mean: tuple[Mean, Mean, Mean]
    std: tuple[Deviation, Deviation, Deviation]
    height: Annotated[int, Range(8, 256)]
    stride: Annotated[int, Range(2, 64)]
    width_multiple: Annotated[int, Range(4, 1024)]
    pad: Grey
    max_width: Width
    margin: tuple[Fraction, Fraction]
    widths: tuple[Width, ...]
    line_crop: LineCropSpec
    reading: ReadingSpec
    calibration: CalibrationSpec

    def __post_init__(self) -> None:
        problem = _first_problem(self) or self._conflict()
        if problem:
            raise ModelError(f"recogniser spec {self.name!r}: {problem}")

    def _conflict(self) -> str | None:
        """Values that are good by themselves but do not fit each other."""
        m = self.width_multiple
        if not self.charset or len(set(self.charset)) != len(self.charset):
            return "charset: expected distinct characters"
        try:
            digest = hashlib.sha256(self.charset.encode()).hexdigest()
        except UnicodeEncodeError:
            return "charset: expected whole characters, got half of a surrogate pair"
        if digest != self.charset_sha256:
            return f"charset: expected sha256 {self.charset_sha256[:64]}, got {digest}; the file is damaged, fetch it again"
        if m % self.stride or self.max_width % m or any(w % m for w in self.widths):
            return f"width_multiple: expected a multiple of stride {self.stride} that divides max_width and widths, got {m}"
        if self.max_width < 4 * self.height:
            return f"max_width: expected at least 4 times the height {self.height}, got {self.max_width}"
        if self.line_crop.cut_window % 2 == 0 or self.line_crop.cut_window > self.max_width:
            return f"line_crop.cut_window: expected an odd number of at most max_width {self.max_width}, got {self.line_crop.cut_window}"
        if self.line_crop.column_pitch[0] > self.line_crop.column_pitch[1]:
            return f"line_crop.column_pitch: expected two numbers, the lower first, got {list(self.line_crop.column_pitch)}"
        return None

    @property
    def classes(self) -> int:
        """Number of classes: the blank and each character."""
        return len(self.charset) + 1

    def to_json(self) -> str:
        """One line of JSON; `from_json` of it is equal to this spec."""
        return _to_json("recognizer", self)

    @classmethod
    def from_json(cls, text: str) -> RecognizerSpec:
        """Read `to_json`'s text.

        Raises:
            ModelError: no JSON, another kind or schema, a field that is missing, unknown, of another type or out of range, or a
                changed charset.
        """
        return _parse(cls, "recognizer", text, EXPORT_HINT)


def read_spec(cls: type[S], text: str, file: str | Path) -> S:
    """The spec that a file carries.

    Raises:
        ModelError: as `cls.from_json`, with the file's name.
    """
    kind, weights = "detector" if cls is DetectorSpec else "recognizer", Path(file).suffix == ".safetensors"
    try:
        return _parse(cls, kind, text, STAMP_HINT if weights else EXPORT_HINT)
    except ModelError as e:
        raise ModelError(f"{file}: {e}") from None


def revise(spec: S, changes: Mapping[str, Any]) -> S:
    """The same spec with other values; those of a group as a mapping: revise(MOBILE, {"lines": {"line_score": 0.5}}).

    Raises:
        ModelError: as `from_json`.
    """
    kind = "detector" if isinstance(spec, DetectorSpec) else "recognizer"
    merged = {
        k: {**v, **changes[k]} if isinstance(v, dict) and isinstance(changes.get(k), dict) else changes.get(k, v)
        for k, v in asdict(spec).items()
    }
    unknown = {k: v for k, v in changes.items() if k not in merged}
    revised: S = _built(type(spec), {**merged, **unknown}, f"{kind} spec {spec.name!r}", "")
    return revised


def _to_json(kind: str, spec: DetectorSpec | RecognizerSpec) -> str:
    return json.dumps({"schema": SCHEMA, "kind": kind, **asdict(spec)}, ensure_ascii=False, sort_keys=True)


def _parse(cls: type[S], kind: str, text: str, hint: str) -> S:
    if len(text) > MAX_TEXT:
        raise ModelError(f"spec: expected at most {MAX_TEXT} characters, got {len(text)}; the file is damaged: {hint}")
    try:
        data = parse(text)
    except ValueError as e:
        raise ModelError(f"spec: not JSON ({e}); the file is damaged: {hint}") from None
    if not isinstance(data, dict):
        raise ModelError(f"spec: expected a JSON object, got {type(data).__name__}; {hint}")
    found, schema = data.pop("kind", None), data.pop("schema", None)
    if found != kind:
        raise ModelError(f"spec: expected kind {kind!r}, got {found!r}; name the {kind}'s file, or {hint}")
    if schema != SCHEMA or isinstance(schema, bool):
        newer = isinstance(schema, int) and schema > SCHEMA
        todo = "the model is newer than this reader: update the program" if newer else f"the model is older than this reader: {hint}"
        raise ModelError(f"spec: expected schema {SCHEMA}, got {schema!r}; {todo}")
    try:
        spec: S = _built(cls, data, "spec", "")
    except ModelError as e:
        raise ModelError(f"{e}; {hint}") from None
    return spec


def _built(cls: type[Any], data: Any, where: str, group: str) -> Any:
    """A spec, or a group of one, of parsed JSON.

    Raises:
        ModelError: a field that is missing or unknown here, or that its class refuses.
    """
    if not isinstance(data, dict):
        raise ModelError(f"{where}: {group[:-1]}: expected an object, got {_shown(data)}")
    hints = get_type_hints(cls, include_extras=True)
    for what, names in (("missing", hints.keys() - data.keys()), ("unknown", data.keys() - hints.keys())):
        if names:
            raise ModelError(f"{where}: {what} {', '.join(group + n[:60] for n in sorted(names))}")
    values: dict[str, Any] = {}
    for name, hint in hints.items():
        group_type, optional = _group(hint)
        is_group = group_type is not None and not (optional and data[name] is None)
        values[name] = _built(group_type, data[name], where, f"{group}{name}.") if is_group else _value(data[name], hint)
    return cls(**values)


def _group(hint: Any) -> tuple[Any, bool]:
    """The class of a field that is a group, None if it is none; and whether the group may be null."""
    inner = next((part for part in get_args(hint) if isinstance(part, type) and is_dataclass(part)), None)
    return (hint, False) if is_dataclass(hint) else (inner, inner is not None)


def _value(value: Any, hint: Any) -> Any:
    """JSON's lists as tuples, and numbers as int or float, whichever is expected: some languages cannot tell 2.0 from 2."""
    if isinstance(value, list | tuple):
        return tuple(_value(v, get_args(hint)[0] if get_origin(hint) is tuple else hint) for v in value)
    kind = get_args(hint)[:1] if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LIMIT else ()
    if kind == (int,) and isinstance(value, float) and value.is_integer():
        return int(value)
    return float(value) if kind == (float,) else value


def _first_problem(spec: Any, group: str = "") -> str | None:
    """The first field, in their order, that is not of its type or out of its range; None if there is none."""
    for name, hint in get_type_hints(type(spec), include_extras=True).items():
        value = getattr(spec, name)
        group_type, optional = _group(hint)
        if group_type is not None:
            problem = None if optional and value is None else _first_problem(value, f"{name}.")
        else:
            expected = _expected(value, hint)
            problem = f"{group}{name}: expected {expected}, got {_shown(value)}" if expected else None
        if problem:
            return problem
    return None


def _expected(value: Any, hint: Any) -> str | None:
    """What was expected instead of a value, None if it is good."""
    kind, inner = get_origin(hint), get_args(hint)
    if kind is Literal:
        return None if isinstance(value, str) and value in inner else f"one of {', '.join(inner)}"
    if kind is Annotated:
        numeric, allowed = inner
        types = int if numeric is int else (int, float)
        good = isinstance(value, types) and not isinstance(value, bool) and abs(value) <= LIMIT and value in allowed
        return None if good else f"{'an integer' if numeric is int else 'a number'}{allowed}"
    if kind is tuple:
        if not isinstance(value, tuple) or (inner[-1] is not ... and len(value) != len(inner)):
            return "a list" if inner[-1] is ... else f"a list of {len(inner)}"
        each = next((e for v in value if (e := _expected(v, inner[0]))), None)
        return f"in each place {each}" if each else None
    return None if isinstance(value, str) else "a text"


def _shown(value: Any) -> str:
    return repr(list(value) if isinstance(value, tuple) else value)[:60]


# Of nets with the output `direction`.
DIRECTION = DirectionSpec(stride=16, text_score=0.6, level_angle=4, spread=15, min_cells=16, max_gap=6, padding=40, max_looks=3)

# No mean: the division then folds into the first convolution, and the graph starts with it.
MOBILE = DetectorSpec(
    name="mobile",
    anchor_heights=(7, 10, 15, 22, 33, 49, 73, 110, 165, 250),
    stride_x=16,
    stride_y=8,
    outputs=("score", "vertical", "side", "link", "direction"),
    channels="RGB",
    mean=(0.0, 0.0, 0.0),
    std=(255.0, 255.0, 255.0),
    long_side=960,
    size_multiple=32,
    pad=127,
    score_threshold=0.15,
    nms_threshold=0.3,
    lines=LinesSpec(
        line_grouping="links",
        link_threshold=0.3,
        max_gap=50,
        min_overlap=0.1,  # steep lines move far from column to column; the link has said that there is a neighbour
        line_score=0.55,
        score_slack=0.25,  # what is not found cannot be read, and a text says better than a score whether there is one
        min_aspect_ratio=0.0,
        min_width=2.5,  # no text is that narrow: its refined ends met, beside the end of another line as a rule
        clipped_weight=0.3,  # the ends are cut short and are less certain
        min_taper_columns=8,
        expansion=(0.03, 0.05),  # lines come out a little small; chosen, like the thresholds, on sroie's and icdar2015's validation pages
    ),
    tiling=TilingSpec(max_aspect_ratio=4.0, tile_short_side=640, overlap=128, max_untiled=1.5),
    regions=RegionsSpec(region_padding=0.5, min_padding=16, max_padding=64, min_region_side=96, max_enlargement=3.0),
    limits=LimitsSpec(max_proposals=50_000, max_lines=2_000),
    direction=DIRECTION,
)

# The original of 2018: its own anchors, Keras's caffe-style input, and the paper's postprocessing.
VGG16 = DetectorSpec(
    name="vgg16",
    anchor_heights=(11, 16, 23, 33, 48, 68, 97, 139, 198, 283),
    stride_x=16,
    stride_y=16,
    outputs=("score", "vertical"),
    channels="BGR",
    mean=(123.68, 116.779, 103.939),
    std=(1.0, 1.0, 1.0),
    long_side=960,
    size_multiple=32,
    pad=127,
    score_threshold=0.7,
    nms_threshold=0.2,
    lines=LinesSpec(
        line_grouping="paper",
        link_threshold=0.5,
        max_gap=50,
        min_overlap=0.7,
        line_score=0.9,
        score_slack=0.0,
        min_aspect_ratio=0.0,
        min_width=2.5,
        clipped_weight=0.3,
        min_taper_columns=8,
        expansion=(0.0, 0.0),
    ),
    tiling=TilingSpec(max_aspect_ratio=4.0, tile_short_side=640, overlap=128, max_untiled=1.5),
    regions=RegionsSpec(region_padding=0.5, min_padding=16, max_padding=64, min_region_side=96, max_enlargement=3.0),
    limits=LimitsSpec(max_proposals=50_000, max_lines=2_000),
    direction=None,
)

# The original's postprocessing, number by number, for weights that were made with it: Keras files and .pth.tar checkpoints.
CLASSIC = DetectorSpec(
    name="vgg16",
    anchor_heights=(11, 16, 23, 33, 48, 68, 97, 139, 198, 283),
    stride_x=16,
    stride_y=16,
    outputs=("score", "vertical"),
    channels="BGR",
    mean=(123.68, 116.779, 103.939),
    std=(1.0, 1.0, 1.0),
    long_side=960,
    size_multiple=32,
    pad=127,
    score_threshold=0.7,
    nms_threshold=0.3,
    lines=LinesSpec(
        line_grouping="classic",
        link_threshold=0.5,
        max_gap=60,
        min_overlap=0.6,
        line_score=0.9,
        score_slack=0.0,
        min_aspect_ratio=0.5,
        min_width=2.5,
        clipped_weight=0.3,
        min_taper_columns=8,
        expansion=(0.0, 0.0),
    ),
    tiling=TilingSpec(max_aspect_ratio=4.0, tile_short_side=640, overlap=128, max_untiled=1.5),
    regions=RegionsSpec(region_padding=0.5, min_padding=16, max_padding=64, min_region_side=96, max_enlargement=3.0),
    limits=LimitsSpec(max_proposals=50_000, max_lines=2_000),
    direction=None,
)

DETECTORS = {s.name: s for s in (MOBILE, VGG16)}

# ASCII, punctuation of both widths, signs and accented letters, GB 2312 level 1, and the thousand characters of level 2
# that addresses, names and words need most. Frozen: a character's place is its class.
CRNN = RecognizerSpec(
    name="crnn",
    charset=(Path(__file__).parent / "charset.txt").read_text("utf-8"),
    charset_sha256="3d10d74d999afbd1b5ad890cb5a34a4a75b3a4c2414024afca5d5bbe2f00bac3",
    channels="RGB",
    mean=(0.0, 0.0, 0.0),
    std=(255.0, 255.0, 255.0),
    height=32,
    stride=4,
    width_multiple=32,
    pad=127,
    max_width=1280,
    margin=(0.15, 0.0),
    widths=(160, 320, 640),
    line_crop=LineCropSpec(
        min_width=8,
        cut_start=0.6666667,
        cut_window=9,
        cut_tolerance=1.0,
        space_ink=0.15,
        space_width=0.28,
        column_pitch=(0.9, 2.5),
        column_tolerance=0.2,
        column_cell=1.2,
    ),
    reading=ReadingSpec(
        flip_retry_score=0.6,
        page_flip_score=0.9,
        page_flip_votes=6,
        vertical_aspect=1.8,
        column_slope=1.7,
        column_gap=1.5,
        min_gain=0.05,
        height_retry_score=0.9,
        retry_height=0.85,
        min_combined_score=1.1,
        batch_columns=1280,  # their logits are 7 MB; larger batches take more memory and save no time
        batch_spread=1.3,
    ),
    calibration=CalibrationSpec(bias=-4.324, errors=1.377, length=1.308, floor=0.001),
)
