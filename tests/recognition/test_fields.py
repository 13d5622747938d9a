"""Patterns of fields: examples, and against Python's regular expressions."""

import re

import numpy as np
import pytest

from ctpn.errors import CtpnError
from ctpn.recognition.fields import TEMPLATES, automaton, field, times

TAKEN = {
    "digits": ["0", "20261123"],
    "phone": [
        *("13812345678", "138 1234 5678", "138-1234-5678", "138****5678", "199 **** 0000", "+86 138 1234 5678", "+86-13812345678"),
        *("010-87654321", "01087654321", "021 8765 4321", "0571-87654321", "0571-8765432", "(0571)87654321", "（010） 87654321"),
        *("0571-87654321-802", "400-820-8820", "4008208820", "400-8820-880", "4008-820-882", "800 820 8820"),
    ],
    "waybill": ["SF1393482983721", "SF1 393 482 983 721", "SF-139348298372", "YT 12345678", "12345678", "7" * 20, "JDVA12345678901"],
    "date": [
        *("2026-11-23", "2026/11/23", "2026.11.23", "2026年11月23日", "2026-1-3", "1999-12-31", "2026年1月3日"),
        *("23.11.2026", "11/23/2026", "1-3-2026 9:05"),
        *("2026-11-23 12:30", "2026-11-23 12:30:59", "2026年11月23日 23:05", "2026/11/2309:05", "2026-11-23 7：05"),
    ],
}
REFUSED = {
    "digits": ["", " 1", "1 2", "1a", "-1", "１"],
    "phone": [
        *("", "12812345678", "1381234567", "138123456789", "138***5678", "138  1234 5678", "138 12345 678", "86", "+8613812345678 "),
        *("010-8765432l", "0571", "(0571 87654321", "400-82-08820", "110", "0171-87654321"),
    ],
    "waybill": ["", "1234567", "7" * 21, "ABCDE12345678", "sf12345678", "-12345678", "SF--12345678", "SF12345678-", "1234  5678", "SF"],
    "date": [
        *("23.23.2026", "23.11/2026", "23年11月2026日"),
        *("", "2026-11/23", "2026-13-01", "2026-00-10", "2026-11-32", "2026-11-00", "26-11-23", "2126-11-23", "2026年11月23", "2026-11"),
        *("12:30", "2026-11-23 24:00", "2026-11-23 12:60", "2026-11-23 12", "2026-11-23  12:30", "2026-11-23 12:30:"),
    ],
}
# The same, as regular expressions.
GAP = "[ -]?"
YEAR, MONTH, DAY = "(19|20)[0-9]{2}", "(0?[1-9]|1[0-2])", "(0?[1-9]|[12][0-9]|3[01])"
CLOCK = "( ?([01]?[0-9]|2[0-3])[:：][0-5][0-9]([:：][0-5][0-9])?)?"
NUMBERS = "[0-9]( ?[0-9]){7,19}"
SAME = {
    "digits": "[0-9]+",
    "phone": rf"(\+?86{GAP})?1[3-9][0-9]{GAP}([0-9]{{4}}|\*{{4}}){GAP}[0-9]{{4}}"
    rf"|(\+?86{GAP})?((010|02[0-9]|0[3-9][0-9]{{2}}){GAP}|[(（](010|02[0-9]|0[3-9][0-9]{{2}})[)）]{GAP})"
    rf"[2-8][0-9]{{2,3}}{GAP}[0-9]{{4}}(-[0-9]{{1,6}})?"
    rf"|[48]00({GAP}[0-9]{{3}}{GAP}[0-9]{{4}}|{GAP}[0-9]{{4}}{GAP}[0-9]{{3}}|[0-9]{GAP}[0-9]{{3}}{GAP}[0-9]{{3}})",
    "waybill": f"([A-Z]{{1,4}}{GAP})?{NUMBERS}",
    "date": "|".join(rf"({YEAR}[{s}]{MONTH}[{s}]{DAY}|({MONTH}[{s}]{DAY}|{DAY}[{s}]{MONTH})[{s}]{YEAR}){CLOCK}" for s in "-/.")
    + f"|(19|20)[0-9]{{2}}年{MONTH}月{DAY}日{CLOCK}",
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_examples(name):
    pattern = field(name)
    assert [t for t in TAKEN[name] if not pattern.matches(t)] == []
    assert [t for t in REFUSED[name] if pattern.matches(t)] == []


def walk(rng, pattern):
    """A random text of a pattern."""
    state, text = 0, ""
    while not pattern.accepts[state] or rng.random() < 0.7:
        columns = np.flatnonzero(pattern.moves[state] >= 0)
        if not len(columns):
            break
        column = rng.choice(columns)
        state, text = pattern.moves[state, column], text + pattern.alphabet[column]
    return text


@pytest.mark.parametrize("name", TEMPLATES)
def test_equals_a_regular_expression(name):
    rng, pattern, same = np.random.default_rng(0), field(name), re.compile(SAME[name])
    for _ in range(1500):
        text = walk(rng, pattern)
        assert pattern.matches(text) and same.fullmatch(text), text
        at = int(rng.integers(len(text)))
        other = text[:at] + str(rng.choice(list(pattern.alphabet + "x"))) * int(rng.integers(3)) + text[at + int(rng.integers(2)) :]
        assert pattern.matches(other) == bool(same.fullmatch(other)), other


def test_needs_count_the_blanks_between_equal_characters():
    pattern = automaton("test", [("a", *times("ab", 1, 2), "a")])
    # a b a takes three steps, after an a the same; after a b as well, since the first is an a
    assert pattern.needs[0].tolist() == [4, 3, 3]
    assert automaton("four", [("*",) * 4]).needs[0].tolist() == [8, 7]


def test_every_state_can_be_ended():
    for name in TEMPLATES:
        pattern = field(name)
        assert pattern.needs.max() < 40 and len(pattern.moves) < 100
        assert set(pattern.moves.ravel()) == {-1, *range(1, len(pattern.moves))} or name == "digits"


def test_wrong_requests_are_refused():
    with pytest.raises(CtpnError, match="expected one of digits, phone, waybill, date, got 'name'"):
        field("name")
    with pytest.raises(CtpnError, match="expected that what is begun can be ended"):
        automaton("test", [("a", "")])
