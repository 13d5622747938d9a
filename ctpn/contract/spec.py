"""The numbers of a detector and of a recogniser: they travel inside every model file, so that no app needs code for a new one.

Frames: `net` is the pixel frame of the network input (after `image.fit`), `img` that of the upright photo.

Laws that all four languages share (Python, Kotlin, Swift, JavaScript):
  order     ties are settled by (-score, index)
  rounding  floor(x + 0.5)
  resample  bilinear with half-pixel centres, x_src = (x_dst + 0.5) * src / dst - 0.5, edges clamped; pictures that
            shrink by more than 2 are first halved. `resample.py` says it to the last bit
  numbers   float32 at the borders of a stage, where nothing else is said; sums, exp and log in float64
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from ctpn.contract.spec_check import detector_problem, recognizer_problem
from ctpn.errors import ModelError

SCHEMA = 1  # raised when an old reader can no longer understand a new spec
S = TypeVar("S", "DetectorSpec", "RecognizerSpec")


@dataclass(frozen=True)
class DetectorSpec:
    """What a detector graph expects and how its maps become text lines.

    The graph takes uint8 RGB [1, H, W, 3] and gives channels-last maps, one row a cell of
    `stride_y` x `stride_x` pixels, k = len(anchor_heights): score [1, h, w, k] and, where `outputs`
    has them, vertical and side [1, h, w, 2k], link [1, h, w, k].
    """

    name: str
    anchor_heights: tuple[float, ...]  # pixels, ascending
    stride_x: int = 16  # width of a proposal
    stride_y: int = 8  # rows of the grid
    outputs: tuple[str, ...] = ("score", "vertical", "side", "link")
    channels: str = "RGB"  # order in which the net was trained; the graph itself always takes RGB
    mean: tuple[float, float, float] = (127.5, 127.5, 127.5)  # in `channels` order
    std: tuple[float, float, float] = (127.5, 127.5, 127.5)
    long_side: int = 960  # photos are reduced to this ...
    strip_ratio: float = 4.0  # ... but what is longer than this many times its width is a strip:
    strip_side: int = 640  # its short side is reduced to this, and it is read in pieces
    size_multiple: int = 32  # the input is padded to this
    pad: int = 127  # with this grey
    score_threshold: float = 0.5  # proposals below are dropped
    nms_threshold: float = 0.3  # vertical IoU within a column
    builder: str = "links"  # or "paper" (Tian et al. 2016, section 3.2), or "classic" (the same as the original's code had it)
    link_threshold: float = 0.5
    max_gap: int = 50  # pixels, not for "links"
    min_overlap: float = 0.5  # vertical IoU of neighbours; "classic": overlap by the lower one, and heights' ratio
    line_score: float = 0.6  # mean score below which a line is dropped ...
    doubt: float = 0.0  # ... but one that is read may have this much less, if its text makes up for it (`recognize.CONFIRMED`)
    min_ratio: float = 0.0  # width / height below which a line is dropped
    grow: tuple[float, float] = (0.0, 0.0)  # shares of a line's height added at its ends, and above and below

    def __post_init__(self) -> None:
        problem = detector_problem(self)
        if problem:
            raise ModelError(f"detector spec {self.name!r}: {problem}")

    @property
    def anchors(self) -> int:
        """Number of anchors a cell."""
        return len(self.anchor_heights)

    @property
    def doubtful(self) -> DetectorSpec:
        """The same, but lines that only their text can confirm are kept too."""
        return replace(self, line_score=max(0.0, self.line_score - self.doubt))

    def to_json(self) -> str:
        """One line of JSON; `from_json` of it is equal to this spec."""
        return json.dumps({"schema": SCHEMA, "kind": "detector", **asdict(self)}, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> DetectorSpec:
        """Read `to_json`'s text.

        Raises:
            ModelError: no JSON, another kind or schema, an unknown or missing field, a bad value.
        """
        return _parse(cls, "detector", text)


@dataclass(frozen=True)
class RecognizerSpec:
    """What a recogniser graph expects and how its output becomes text.

    The graph takes uint8 RGB [N, height, W, 3], strips of one text line each, W a multiple of `width_multiple`, and
    gives logits float32 [N, W / stride, len(charset) + 1]; class 0 is CTC's blank, class i the character charset[i - 1].
    """

    name: str
    charset: str  # distinct characters, the space among them
    charset_sha256: str  # of the UTF-8 bytes: classes must never be mixed up between versions
    height: int = 32  # pixels of a strip
    stride: int = 4  # pixels of width for one time step
    width_multiple: int = 32  # strips are padded to this on the right
    pad: int = 127  # with this grey
    max_width: int = 1280  # longer strips are cut at gaps, read in pieces and joined
    margin: tuple[float, float] = (0.15, 0.0)  # shares of a line's height added around its quad: at the ends, above and below
    channels: str = "RGB"
    mean: tuple[float, float, float] = (127.5, 127.5, 127.5)
    std: tuple[float, float, float] = (127.5, 127.5, 127.5)
    widths: tuple[int, ...] = (160, 320, 640)  # of the fixed-width forms

    def __post_init__(self) -> None:
        problem = recognizer_problem(self)
        if problem:
            raise ModelError(f"recogniser spec {self.name!r}: {problem}")

    @property
    def classes(self) -> int:
        """Number of classes: the blank and each character."""
        return len(self.charset) + 1

    def to_json(self) -> str:
        """One line of JSON; `from_json` of it is equal to this spec."""
        return json.dumps({"schema": SCHEMA, "kind": "recognizer", **asdict(self)}, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> RecognizerSpec:
        """Read `to_json`'s text.

        Raises:
            ModelError: no JSON, another kind or schema, an unknown or missing field, a bad value, a changed charset.
        """
        return _parse(cls, "recognizer", text)


def read_spec(cls: type[S], text: str, file: str | Path) -> S:
    """The spec that stands in a file.

    Raises:
        ModelError: as `cls.from_json`, with the file's name.
    """
    try:
        return cls.from_json(text)
    except ModelError as e:
        raise ModelError(f"{file}: {e}") from None


def _parse(cls: type[S], kind: str, text: str) -> S:
    data = _object(text)
    found = data.pop("kind", None)
    if found != kind:
        raise ModelError(
            f"spec: expected kind {kind!r}, got {found!r}; name the {kind}'s file, or export it again with python -m export.onnx"
        )
    schema = data.pop("schema", None)
    if schema != SCHEMA:
        raise ModelError(f"spec: expected schema {SCHEMA}, got {schema!r}; use the reader that came with the model")
    known = {f.name for f in fields(cls)}
    if set(data) - known:
        raise ModelError(f"spec: unknown fields {sorted(set(data) - known)}; the model is newer than this reader")
    try:
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
        return cls(**values)
    except (TypeError, ValueError, AttributeError) as e:  # values of other types, half a character
        raise ModelError(f"spec: {e}; export the model again with python -m export.onnx") from None


def _object(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise ModelError(f"spec: not JSON ({e}); the model file is damaged, export it again") from None
    if not isinstance(data, dict):
        raise ModelError(f"spec: expected a JSON object, got {type(data).__name__}; export the model again")
    return data


# No mean: the division then folds into the first convolution, and the graph starts with it.
MOBILE = DetectorSpec(
    name="mobile",
    anchor_heights=(7, 10, 15, 22, 33, 49, 73, 110, 165, 250),
    mean=(0.0, 0.0, 0.0),
    std=(255.0, 255.0, 255.0),
    score_threshold=0.2,
    link_threshold=0.25,
    line_score=0.55,
    doubt=0.25,  # what is not found cannot be read, and a text says better than a score whether there is one
    grow=(0.03, 0.05),  # lines come out a little small; chosen, like the thresholds, on the validation splits of sroie and icdar2015
    min_overlap=0.1,  # steep lines move far from column to column; the link has said that there is a neighbour
)

# The original of 2018: its own anchors, Keras's caffe-style input, and the classic postprocessing.
VGG16 = DetectorSpec(
    name="vgg16",
    anchor_heights=(11, 16, 23, 33, 48, 68, 97, 139, 198, 283),
    stride_y=16,
    outputs=("score", "vertical"),
    channels="BGR",
    mean=(123.68, 116.779, 103.939),
    std=(1.0, 1.0, 1.0),
    score_threshold=0.7,
    nms_threshold=0.2,
    builder="paper",
    min_overlap=0.7,
    line_score=0.9,
)

# The original's postprocessing, number by number, for weights that were made with it: Keras files and .pth.tar checkpoints.
CLASSIC = replace(
    VGG16,
    nms_threshold=0.3,
    builder="classic",
    max_gap=60,
    min_overlap=0.6,
    min_ratio=0.5,
)

DETECTORS = {s.name: s for s in (MOBILE, VGG16)}

# ASCII, punctuation of both widths, signs and accented letters, GB 2312 level 1, and the thousand characters of level 2
# that addresses, names and words need most. Frozen: a character's place is its class.
CRNN = RecognizerSpec(
    name="crnn",
    charset=(Path(__file__).parent / "charset.txt").read_text("utf-8"),
    charset_sha256="3d10d74d999afbd1b5ad890cb5a34a4a75b3a4c2414024afca5d5bbe2f00bac3",
    mean=(0.0, 0.0, 0.0),
    std=(255.0, 255.0, 255.0),
)
