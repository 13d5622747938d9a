"""Texts for rare characters: each stands in its context, and the stream of line crops has every character often enough."""

from collections import Counter

import numpy as np
import pytest

pytest.importorskip("faker")

from ctpn.contract.spec import CRNN
from ctpn.errors import CtpnError
from ctpn.synthesis import contexts
from ctpn.synthesis.fonts import fonts
from ctpn.synthesis.lines import text_and_font
from ctpn.synthesis.phrases import KINDS

KNOWN = frozenset(CRNN.charset)


def test_every_character_of_the_charset_is_drawn_often_enough():
    try:
        found = fonts()
    except CtpnError as e:
        pytest.skip(str(e))
    drawn: Counter[str] = Counter()
    for i in range(6000):  # a training of an hour draws some hundred thousand lines
        drawn.update(text_and_font(np.random.default_rng([1, i]), found, CRNN, KINDS, 16.0)[0])
    chinese = {c: drawn[c] for c in CRNN.charset if "\u4e00" <= c <= "\u9fff"}
    others = {c: drawn[c] for c in CRNN.charset if c not in chinese}
    assert min(others.values()) >= 8, sorted(others, key=lambda c: others[c])[:20]
    assert np.median(list(chinese.values())) >= 4
    assert sum(n == 0 for n in chinese.values()) < 0.02 * len(chinese)  # uniformly random: one in a hundred by chance


def test_a_rare_character_stands_in_its_context():
    texts = [contexts.in_context(np.random.default_rng(i), CRNN.charset) for i in range(3000)]
    for opening, closing in contexts.PAIRS:
        assert all(t.count(opening) == t.count(closing) for t in texts), opening
    euro = [t for t in texts if "€" in t]
    assert euro and any(c.isdigit() for t in euro for c in t)
    assert any(c in "".join(texts) for c in "üéñ")


def test_thin_characters_are_at_an_end():
    for i in range(200):
        text = contexts.thin_ends(np.random.default_rng(i))
        assert text[0] in contexts.THIN or text[-1] in contexts.THIN
    assert "仓库" in contexts.thin_ends(np.random.default_rng(3), "仓库")


def test_amounts_have_a_point_and_a_comma_either_way():
    texts = [contexts.amount(np.random.default_rng(i)) for i in range(400)]
    assert any(t.endswith(",00") or "." in t.split(",")[0] for t in texts if "," in t)
    assert any("," in t.split(".")[0] for t in texts if "." in t)
    assert set("".join(texts)) <= KNOWN


def test_between_has_rare_characters_at_every_second_place():
    text = contexts.between(np.random.default_rng(0), CRNN.charset, 6.0)
    assert len(text) % 2 == 1 and not any("\u4e00" <= c <= "\u9fff" for c in text[1::2])
