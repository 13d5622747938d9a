"""What a spec must be, whoever wrote the file that it comes from: each value of its type, within its range, fitting the others."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from ctpn.contract.spec import DetectorSpec, RecognizerSpec

BUILDERS = ("links", "paper", "classic")
MOST = 1e9  # no number of a spec is larger, and none is NaN


def detector_problem(s: DetectorSpec) -> str | None:
    """What is wrong with a detector's spec, or None."""
    wrong = _mistyped(s) or _out_of_range(s, "long_side", "strip_ratio", "strip_side", "size_multiple", "std")
    if wrong:
        return wrong
    heights = s.anchor_heights
    if not heights or list(heights) != sorted(set(heights)) or heights[0] <= 0:
        return f"anchor_heights must be positive and ascending, got {heights}"
    if s.stride_x < 1 or s.stride_y < 1 or s.size_multiple % s.stride_x or s.size_multiple % s.stride_y:
        return f"strides {s.stride_x}, {s.stride_y} must divide size_multiple {s.size_multiple}"
    if s.builder not in BUILDERS:
        return f"builder must be one of {BUILDERS}, got {s.builder!r}"
    if s.channels not in ("RGB", "BGR"):
        return f"channels must be 'RGB' or 'BGR', got {s.channels!r}"
    if s.builder == "links" and "link" not in s.outputs:
        return "builder 'links' needs the output 'link'"
    for name in ("score_threshold", "nms_threshold", "link_threshold", "min_overlap", "line_score", "doubt"):
        if not 0 <= getattr(s, name) <= 1:
            return f"{name} must lie in [0, 1], got {getattr(s, name)}"
    return None


def recognizer_problem(s: RecognizerSpec) -> str | None:
    """What is wrong with a recogniser's spec, or None."""
    wrong = _mistyped(s) or _out_of_range(s, "height", "width_multiple", "max_width", "std", "widths")
    if wrong:
        return wrong
    if not s.charset or len(set(s.charset)) != len(s.charset):
        return "charset must hold distinct characters"
    digest = hashlib.sha256(s.charset.encode()).hexdigest()
    if digest != s.charset_sha256:
        return f"charset: expected sha256 {s.charset_sha256}, got {digest}; the file is damaged, fetch it again"
    if s.stride < 1 or s.width_multiple % s.stride or s.max_width % s.width_multiple or any(w % s.width_multiple for w in s.widths):
        return f"stride {s.stride} must divide width_multiple {s.width_multiple}, which must divide max_width and widths"
    if s.channels not in ("RGB", "BGR"):
        return f"channels must be 'RGB' or 'BGR', got {s.channels!r}"
    return None


def _mistyped(s: DetectorSpec | RecognizerSpec) -> str | None:
    kinds = get_type_hints(type(s))
    for field in fields(s):
        value = getattr(s, field.name)
        if not _is(value, kinds[field.name]):
            return f"{field.name}: expected {field.type}, got {repr(value)[:60]}"
    return None


def _is(value: Any, kind: Any) -> bool:
    """Whether a value is of a field's type; a tuple of any length or of a certain one, and no bool for a number."""
    if get_origin(kind) is tuple:
        inner = get_args(kind)
        each = inner[:1] * len(value) if isinstance(value, tuple) and inner[-1] is ... else inner
        return isinstance(value, tuple) and len(value) == len(each) and all(map(_is, value, each))
    if kind is str:
        return isinstance(value, str)
    return isinstance(value, (int, float) if kind is float else int) and not isinstance(value, bool) and abs(value) <= MOST


def _out_of_range(s: DetectorSpec | RecognizerSpec, *positive: str) -> str | None:
    if not 0 <= s.pad <= 255:
        return f"pad must lie in 0 to 255, got {s.pad}"
    for name in positive:
        value = getattr(s, name)
        if min(value if isinstance(value, tuple) else (value,), default=1) <= 0:
            return f"{name} must be positive, got {value}"
    return None
