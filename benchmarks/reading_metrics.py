"""Metrics of reading from photo to text: characters that are right, and time per page.

On waybills, Chinese characters are also measured alone: all other characters are removed from both texts before the comparison. So are
the rare ones among them. A character is rare if it is not among the 2,000 most frequent of jieba's dictionary, where each word counts
as often as the dictionary says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypedDict

import numpy as np

from benchmarks.compare import PARTS, Answer, PageTimes, times
from benchmarks.pages import Page
from benchmarks.results import Compared
from ctpn.evaluation.metrics import CharacterCounts, measure_reading, reading_metrics

COMMON = 2000
PARTIAL: tuple[Literal["chinese", "rare"], ...] = ("chinese", "rare")  # characters that are measured alone on waybills


class Characters(TypedDict):
    """Number of characters, and the fractions read right: of all, and of those in lines that were found."""

    chars: int
    read: float
    read_matched: float


class _Partial(TypedDict, total=False):
    chinese: Characters
    rare: Characters


class ReadingRow(Characters, PageTimes, _Partial):
    """A competitor's row of a set."""

    pages: int


class ReadingResult(Compared):
    """The result of reading: rows by set and competitor."""

    sets: dict[str, dict[str, ReadingRow]]


def is_chinese(c: str) -> bool:
    """Whether a character is a CJK ideograph of the basic block or of extension A."""
    return "一" <= c <= "鿿" or "㐀" <= c <= "䶿"


@lru_cache(maxsize=1)
def common() -> frozenset[str]:
    """The most frequent Chinese characters of jieba's dictionary, ties by code point."""
    import jieba

    counts: Counter[str] = Counter()
    for line in (Path(jieba.__file__).parent / "dict.txt").read_text(encoding="utf-8").splitlines():
        word, count = line.split(" ")[:2]
        for c in filter(is_chinese, word):
            counts[c] += int(count)
    return frozenset(sorted(counts, key=lambda c: (-counts[c], c))[:COMMON])


def is_rare(c: str) -> bool:
    """Whether a character is Chinese and not among the common ones."""
    return is_chinese(c) and c not in common()


def reading(name: str, pages: list[Page], answers: list[Answer]) -> ReadingRow:
    """A competitor's row of a set: accuracy and times."""
    characters, taken = _characters(pages, answers, lambda c: True), times(answers, PARTS["read"])
    row: ReadingRow = {
        "pages": len(pages), "chars": characters["chars"], "read": characters["read"], "read_matched": characters["read_matched"],
        "ms": taken["ms"], "ms_mean": taken["ms_mean"], "ms_median": taken["ms_median"], "ms_p90": taken["ms_p90"],
        "ms_page_mean": taken["ms_page_mean"], "ratio_to_tiny": taken["ratio_to_tiny"],
    }  # fmt: skip
    if name == "waybills":
        row["chinese"], row["rare"] = _characters(pages, answers, is_chinese), _characters(pages, answers, is_rare)
    return row


def _characters(pages: list[Page], answers: list[Answer], keep: Callable[[str], bool]) -> Characters:
    total = CharacterCounts()
    for page, answer in zip(pages, answers, strict=True):
        quads = [np.array(q, np.float32) for q in answer["quads"]]
        total += measure_reading(page.annotations, quads, answer["texts"], keep=keep)
    metrics = {k: round(v, 4) for k, v in reading_metrics(total).items()}
    return {"chars": total.count, "read": metrics["read"], "read_matched": metrics["read_matched"]}


def table(result: ReadingResult) -> list[str]:
    """Markdown lines, one row per set and competitor."""
    lines = ["| set | reader | characters right | where found | ms, median | detect, read | of tiny's time |", "|---" * 7 + "|"]
    for name, rows in result["sets"].items():
        for competitor, r in rows.items():
            parts = f"{r['ms']['detect']}, {r['ms']['read']}"
            lines.append(
                f"| {name} | {competitor} | {r['read']:.3f} | {r['read_matched']:.3f} | {r['ms_median']} | {parts} "
                f"| {r['ratio_to_tiny']:.2f} |"
            )
            lines += [
                f"| {name}, {kind} ({r[kind]['chars']}) | {competitor} | {r[kind]['read']:.3f} | {r[kind]['read_matched']:.3f} | | | |"
                for kind in PARTIAL
                if kind in r
            ]
    return lines
