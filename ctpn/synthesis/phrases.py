"""Texts for single lines, balanced so that every character of the charset occurs often enough to be learned."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

import numpy as np
import symspellpy  # type: ignore[import-untyped]
from numpy.typing import NDArray

from ctpn.synthesis.texts import COURIERS, Texts

Rng = np.random.Generator
FULL_WIDTH = {i + 0xFEE0: i for i in range(0x30, 0x7B) if chr(i).isalnum()}  # letters and digits that ASCII has
ACCENTS = {ord("’"): "'", ord("‘"): "'", ord("\u3000"): " ", ord("\xa0"): " "}


def fold(text: str) -> str:
    """A transcript in the charset's own forms: ASCII letters and digits, straight apostrophes, single spaces."""
    return " ".join(text.translate(FULL_WIDTH).translate(ACCENTS).split())


def phrase(rng: Rng, charset: str, length: float) -> str:
    """A line of about `length` ems (a Chinese character is one, a Latin one half)."""
    kinds = list(KINDS)
    kind = kinds[int(np.searchsorted(list(accumulate(KINDS[k] for k in kinds)), rng.random() * sum(KINDS.values()), "right"))]
    text = ""
    while ems(text) < length:
        text += ("" if not text else _joint(rng, text)) + fold(kind(rng, charset, length))
    return _shorten(text, length).strip()


def ems(text: str) -> float:
    """Estimated width of a text in ems."""
    return sum(1.0 if ord(c) > 0x2E7F else 0.53 for c in text)


def _shorten(text: str, length: float) -> str:
    widths = np.cumsum([1.0 if ord(c) > 0x2E7F else 0.53 for c in text])
    return text[: max(1, int(np.searchsorted(widths, length, "right")))]


def _joint(rng: Rng, text: str) -> str:
    chinese = ord(text[-1]) > 0x2E7F
    joints = ("", "，", " ", "：", "、", "  ") if chinese else (" ", " ", " ", ", ", ": ", " - ", "/")
    return joints[int(rng.integers(len(joints)))]


def _any_chinese(rng: Rng, charset: str, length: float) -> str:
    """Uniformly random Chinese characters of the charset, so that rare ones are learned."""
    first = next(i for i, c in enumerate(charset) if c >= "\u4e00")
    return "".join(charset[int(i)] for i in rng.integers(first, len(charset), max(1, int(length))))


def _rare_in_words(rng: Rng, charset: str, length: float) -> str:
    """Running text in which some characters are replaced by random ones."""
    text = list(_running_chinese(rng, charset, length))
    for i in np.flatnonzero(rng.random(len(text)) < 0.3):
        text[int(i)] = _any_chinese(rng, charset, 1)
    return "".join(text)


def _running_chinese(rng: Rng, _: str, length: float) -> str:
    return Texts(rng, "zh").run(max(2, int(length)))


def _field_chinese(rng: Rng, _: str, __: float) -> str:
    """Texts of waybills, receipts and forms."""
    t = Texts(rng, "zh")
    makers: tuple[Callable[[], str], ...] = (
        t.address, t.address, t.name, t.company, t.goods, t.label, t.title, t.sign,
        lambda: f"{t.label()}：{t.value()}", lambda: f"{t.name()} {t.phone()}", lambda: f"{t.label()}:{t.value()}",
        lambda: t.pick(COURIERS), lambda: f"{t.goods()} {t.money()}",
    )  # fmt: skip
    return t.pick(makers)()


def _numbers(rng: Rng, _: str, __: float) -> str:
    """Waybill numbers, telephones, dates, amounts, codes."""
    t = Texts(rng, "zh" if rng.random() < 0.5 else "en")
    makers: tuple[Callable[[], str], ...] = (
        t.code, t.phone, t.date, t.money, t.time, lambda: t.digits(int(rng.integers(1, 16))), lambda: f"{t.date()} {t.time()}",
        lambda: f"{t.digits(3)}-{t.digits(2)}-{t.digits(2)} {t.digits(3)}", lambda: f"{t.money()} {t.money()}",
        lambda: f"{rng.integers(1, 99)} x {t.money()}", lambda: f"{rng.integers(0, 100)}%", lambda: f"{rng.random() * 50:.3f}kg",
    )  # fmt: skip
    return t.pick(makers)()


def _english(rng: Rng, _: str, length: float) -> str:
    """Words of a frequency dictionary, in the cases and with the punctuation that forms and receipts have."""
    words, chances = english()
    picks = np.searchsorted(chances, rng.random(max(1, int(length / 2.5))), "right")
    text = " ".join(words[int(i)] + ("" if rng.random() > 0.12 else ".,:;?!)"[int(rng.integers(7))]) for i in picks)
    form = rng.random()
    return text.upper() if form < 0.4 else text.title() if form < 0.65 else text.capitalize() if form < 0.85 else text


def _field_english(rng: Rng, _: str, __: float) -> str:
    """Names, addresses, goods and labels."""
    t = Texts(rng, "en")
    makers: tuple[Callable[[], str], ...] = (
        t.address, t.name, t.company, t.goods, t.label, t.title, t.value,
        lambda: f"{t.label()}: {t.value()}", lambda: f"{t.goods()} {t.money()}", lambda: f"{t.label()} {t.value()}",
    )  # fmt: skip
    text = t.pick(makers)()
    return text.upper() if rng.random() < 0.35 else text


def _symbols(rng: Rng, charset: str, length: float) -> str:
    """Random characters that are not Chinese, so that each is learned."""
    last = next(i for i, c in enumerate(charset) if c >= "\u4e00")
    pool = charset[:95] if rng.random() < 0.7 else charset[:last]
    return "".join(pool[int(i)] for i in rng.integers(0, len(pool), max(1, int(length * 1.5))))


@lru_cache(maxsize=1)
def english() -> tuple[list[str], NDArray[np.float64]]:
    """Words of symspellpy's English dictionary and their cumulative chances (square roots of their counts)."""
    file = Path(symspellpy.__file__).parent / "frequency_dictionary_en_82_765.txt"
    rows = [line.split() for line in file.read_text("utf-8-sig").splitlines()]
    weights = np.cumsum([float(n) ** 0.4 for _, n in rows])
    return [w for w, _ in rows], weights / weights[-1]


Maker = Callable[[Rng, str, float], str]
KINDS: dict[Maker, float] = {
    _any_chinese: 0.14, _rare_in_words: 0.12, _running_chinese: 0.13, _field_chinese: 0.18,
    _numbers: 0.12, _english: 0.14, _field_english: 0.11, _symbols: 0.06,
}  # fmt: skip
