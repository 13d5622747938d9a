"""JSON that means one thing in every language."""

import pytest

from ctpn.contract.json_text import parse, whole_number


def test_what_json_has_is_read():
    assert parse('{"a": [1, 2.5, "字", null, true, {"a": {}}], "b": 1e3}') == {"a": [1, 2.5, "字", None, True, {"a": {}}], "b": 1000.0}


@pytest.mark.parametrize("text", ['{"a": 1, "a": 1}', '[{"b": {"a": 1, "c": 2, "a": 3}}]', '{"a": 1, "\\u0061": 2}'])
def test_a_key_twice_is_refused_wherever_it_is(text):
    with pytest.raises(ValueError, match="duplicate key 'a'"):
        parse(text)


@pytest.mark.parametrize("text", ["", "{", "NaN", "[Infinity]", '{"a": -Infinity}', "[" * 100_000, "{'a': 1}", "[1,]", "1 2"])
def test_what_json_has_not_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse(text)


def test_whole_numbers():
    assert [whole_number(v) for v in (7, 7.0, -1, 0.0, 10**30, 1e300)] == [7, 7, -1, 0, 10**30, int(1e300)]
    assert [whole_number(v) for v in (7.5, True, False, "7", None, [7], float("inf"), float("nan"))] == [None] * 8
