"""Texts for single lines, balanced so that every character of the charset occurs often enough to be learned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import accumulate

import numpy as np

from ctpn.synthesis import contexts
from ctpn.synthesis.texts import COURIERS, Texts, english

Rng = np.random.Generator
Maker = Callable[[Rng, str, float], str]
FULL_WIDTH = {i + 0xFEE0: i for i in range(0x30, 0x7B) if chr(i).isalnum()}  # letters and digits that ASCII has
ACCENTS = {ord("’"): "'", ord("‘"): "'", ord("\u3000"): " ", ord("\xa0"): " "}


def fold(text: str) -> str:
    """A transcript in the charset's own forms: ASCII letters and digits, straight apostrophes, single spaces."""
    return " ".join(text.translate(FULL_WIDTH).translate(ACCENTS).split())


def phrase(rng: Rng, charset: str, length: float, kinds: Mapping[Maker, float] | None = None) -> str:
    """A line of about `length` ems (a Chinese character is one, a Latin one half), of one of `kinds` by their shares."""
    shares = KINDS if kinds is None else kinds
    kind = list(shares)[int(np.searchsorted(list(accumulate(shares.values())), rng.random() * sum(shares.values()), "right"))]
    text = ""
    while ems(text) < length:
        text += ("" if not text else _joint(rng, text)) + " ".join(kind(rng, charset, length).split())
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


def rare_in_context(rng: Rng, charset: str, _: float) -> str:
    """A rare character where it naturally stands."""
    return contexts.in_context(rng, charset)


def rare_between(rng: Rng, charset: str, length: float) -> str:
    """Random characters that are not Chinese, each between common ones."""
    return contexts.between(rng, charset, length)


def _thin_ends(rng: Rng, charset: str, length: float) -> str:
    """A line of any length that begins or ends with a stroke or a dot."""
    body = ""
    if length > 5 and rng.random() < 0.6:
        body = _shorten(" ".join(_running_chinese(rng, charset, length - 4).split()), length - 4)
    return contexts.thin_ends(rng, body)


def _amounts(rng: Rng, _: str, __: float) -> str:
    """Numbers in which a sign or one digit decides."""
    return contexts.amount(rng)


KINDS: dict[Maker, float] = {
    _any_chinese: 0.12, _rare_in_words: 0.1, _running_chinese: 0.1, _field_chinese: 0.11, _numbers: 0.05, _english: 0.08,
    _field_english: 0.05, rare_in_context: 0.2, rare_between: 0.05, _thin_ends: 0.08, _amounts: 0.06,
}  # fmt: skip
