"""Each character of the recogniser's charset in each of five held-out fonts, in context: pages, and how often each is read right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TypedDict, final

import numpy as np

from benchmarks.kinds.drawing import CHINESE, Rng, ink, sheet
from ctpn.annotations.formats import TextAnnotation
from ctpn.contract.spec import CRNN
from ctpn.layout.geometry import intersection_areas
from ctpn.synthesis.fonts import covered
from ctpn.synthesis.pages.canvas import Canvas

ROWS, TARGETS = 24, 8  # lines of a page; characters of a line that count, each between two that do not
COMMON = "的一是不了在人有我他这中大来上国和地到说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经"
LETTERS = "aeinorst"
FULL_WIDTH = {i + 0xFEE0: i for i in range(0x21, 0x7F)}  # ASCII's full-width forms, which hardly differ in print


def pages(rng: Rng) -> Iterator[Canvas]:
    """All characters, shuffled, in one font after the other; a font without a character leaves it out."""
    for name in CHINESE:
        made = ink(rng, 26, "zh", name=name)
        points = covered(made.font)
        known = [c for c in CRNN.charset if not c.isspace() and ord(c) in points]
        order = rng.permutation(len(known))
        for begin in range(0, len(order), ROWS * TARGETS):
            page = sheet(rng, ROWS * 44 + 40, 900)
            part = [known[int(i)] for i in order[begin : begin + ROWS * TARGETS]]
            for row in range(0, len(part), TARGETS):
                page.write(30, 46 + row // TARGETS * 44, line(rng, part[row : row + TARGETS]), made)
            yield page


def line(rng: Rng, targets: list[str]) -> str:
    """The characters in context: Chinese ones between common characters, all others between letters."""
    parts = []
    for c in targets:
        pool = COMMON if c > "\u2e7f" else LETTERS
        parts.append(pool[int(rng.integers(len(pool)))] + c)
    return "".join(parts) + "".join(COMMON[int(rng.integers(len(COMMON)))])


@final
class CharsetRow(TypedDict):
    """How many characters; `read`: mean fraction right; `reliable`: fraction of them right at least 9 times in 10; the others, worst first:
    `never` right, and `below` 9 times in 10."""

    characters: int
    read: float
    reliable: float
    never: str
    below: str


@dataclass
class CharsetCounts:
    """How often each character was written and read right, by character."""

    seen: dict[str, int] = field(default_factory=dict)
    right: dict[str, int] = field(default_factory=dict)

    def add(self, annotations: list[TextAnnotation], quads: list[np.ndarray], texts: list[str]) -> None:
        """Count one page: each line is compared with what was read in the quads that lie mostly in it, from left to right."""
        overlap = intersection_areas([a.quad for a in annotations], quads) if quads and annotations else np.zeros((len(annotations), 0))
        owner = overlap.argmax(0) if len(annotations) else np.zeros(0, int)
        for i, annotation in enumerate(annotations):
            mine = [k for k in range(len(quads)) if owner[k] == i and overlap[i, k] > 0]
            read = "".join(texts[k] for k in sorted(mine, key=lambda k: float(quads[k][:, 0].min())))
            self._line(normalized(annotation.text), normalized(read))

    def _line(self, expected: str, read: str) -> None:
        matched = np.zeros(len(expected), bool)
        for block in SequenceMatcher(None, expected, read, autojunk=False).get_matching_blocks():
            matched[block.a : block.a + block.size] = True
        for c, right in zip(expected[1::2], matched[1::2].tolist(), strict=True):  # the others are context
            self.seen[c] = self.seen.get(c, 0) + 1
            self.right[c] = self.right.get(c, 0) + int(right)

    def summary(self) -> CharsetRow:
        """`read`: mean share right; `reliable`: share of the characters right at least 9 times in 10; the others, worst first."""
        shares = {c: self.right[c] / n for c, n in self.seen.items()}
        poor = sorted((c for c, share in shares.items() if share < 0.9), key=lambda c: (shares[c], c))
        return {
            "characters": len(shares), "read": round(float(np.mean(list(shares.values()))), 4),
            "reliable": round(1 - len(poor) / max(1, len(shares)), 4), "never": "".join(c for c in poor if not shares[c]),
            "below": "".join(c for c in poor if shares[c]),
        }  # fmt: skip


def normalized(text: str) -> str:
    """Without spaces, full-width ASCII as ASCII."""
    return "".join(text.split()).translate(FULL_WIDTH)
