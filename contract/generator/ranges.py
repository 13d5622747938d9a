"""The numbers of the specs with their ranges, and specs whose numbers are at the ends of these."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, is_dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from ctpn.contract.spec import DetectorSpec, Range, RecognizerSpec

STEP = 0.001  # from the end of a range of numbers that are not whole


@dataclass(frozen=True)
class Field:
    """A number of a spec, or a list of such.

    Attributes:
        group: "" for a field of the spec itself.
        whole: whether it is an integer.
        count: of the list; 0 where it is no list, 1 where the list may have any length.
    """

    group: str
    name: str
    range: Range
    whole: bool
    count: int

    def at(self, value: float) -> Any:
        """A value as the spec has it."""
        one = int(value) if self.whole else float(value)
        return [one] * self.count if self.count else one

    @property
    def beyond(self) -> dict[str, Any]:
        """A value just below the range, and one just above."""
        step = 1 if self.whole else STEP
        return {"below": self.at(round(self.range.low - step, 6)), "above": self.at(round(self.range.high + step, 6))}

    @property
    def says(self) -> str:
        """What a reader says of another value."""
        place = f"{self.group}." if self.group else ""
        each, kind = "in each place " if self.count else "", "an integer" if self.whole else "a number"
        return f"{place}{self.name}: expected {each}{kind}{self.range}"


def fields(cls: type[Any], group: str = "") -> Iterator[Field]:
    """All numbers of a class of specs, in their order."""
    for name, hint in get_type_hints(cls, include_extras=True).items():
        inner = get_args(hint)
        groups = [part for part in (hint, *inner) if isinstance(part, type) and is_dataclass(part)]
        if groups:
            yield from fields(groups[0], name)
        elif get_origin(hint) is Annotated:
            yield Field(group, name, inner[1], inner[0] is int, 0)
        elif get_origin(hint) is tuple and get_origin(inner[0]) is Annotated:
            kind, allowed = get_args(inner[0])
            yield Field(group, name, allowed, kind is int, 1 if inner[-1] is ... else len(inner))


FIELDS = {"detector": list(fields(DetectorSpec)), "recognizer": list(fields(RecognizerSpec))}


def at_end(kind: str, end: str) -> dict[str, Any]:
    """All numbers of a spec at the "low" or the "high" end of their ranges, as a change of a spec."""
    changes: dict[str, Any] = {}
    for f in FIELDS[kind]:
        place = changes.setdefault(f.group, {}) if f.group else changes
        place[f.name] = f.at(f.range.low if end == "low" else f.range.high)
    return changes
