"""CTC decoding with a beam, with bigrams and with patterns: against the sum over all paths."""

from itertools import product

import numpy as np
import pytest

from ctpn.contract.spec import CRNN
from ctpn.errors import ModelError
from ctpn.recognition.ctc import beam, greedy
from ctpn.recognition.fields import automaton, field, maybe
from ctpn.recognition.language import Bigrams, count_bigrams
from tests.helpers.ctc_case import SMALL, logits_of, path_logits


def sums(logits):
    """The probability of each text (as classes): the sum over all paths that say it."""
    p = np.exp(logits.astype(np.float64))
    p /= p.sum(1, keepdims=True)
    found = {}
    for path in product(range(p.shape[1]), repeat=len(p)):
        text = tuple(c for i, c in enumerate(path) if c and (i == 0 or path[i - 1] != c))
        found[text] = found.get(text, 0.0) + float(np.prod([p[t, c] for t, c in enumerate(path)]))
    return found


def best_of(sums, charset, value):
    """The best of the texts by a value, and by how much."""
    texts = {"".join(charset[c - 1] for c in text): value(np.log(p), text) for text, p in sums.items()}
    first, *others = sorted(texts, key=lambda text: -texts[text])
    return first, texts[first] - (texts[others[0]] if others else -np.inf)


def test_beam_finds_the_text_with_the_largest_sum():
    rng = np.random.default_rng(2)
    differs = 0
    for _ in range(150):
        logits = rng.normal(0, 1, (rng.integers(0, 6), rng.integers(2, 5))).astype(np.float32)
        charset = SMALL[: logits.shape[1] - 1]
        text, ahead = best_of(sums(logits), charset, lambda log, _: log)
        found = beam(logits, charset, width=400, candidates=4)
        assert found.text == text or ahead < 1e-6
        differs += text != greedy(logits, charset).text
    assert differs > 20  # so it is not only the greedy way


def test_a_narrow_beam_may_lose_a_prefix_and_find_it_again():
    rng = np.random.default_rng(3)
    same = 0
    for _ in range(100):
        logits = rng.normal(0, 2, (5, 4)).astype(np.float32)
        same += beam(logits, "ab1", width=4, candidates=2).text == best_of(sums(logits), "ab1", lambda log, _: log)[0]
    assert same > 90


def test_sum_over_paths_by_hand():
    logits = logits_of([0.6, 0.4], [0.6, 0.4])  # blank blank 0.36; a by three paths 0.64
    assert greedy(logits, "a").text == "" and beam(logits, "a").text == "a"
    assert beam(logits, "a").score == pytest.approx(0.4)  # at its peak


def test_beam_scores_as_greedy_where_the_text_is_the_same():
    rng = np.random.default_rng(4)
    for _ in range(50):
        logits = rng.normal(0, 1, (30, 5)).astype(np.float32)
        logits[np.arange(30), np.repeat(rng.integers(0, 5, 10), 3)] += 9
        one, two = greedy(logits, SMALL), beam(logits, SMALL)
        assert (one.text, one.steps.tolist()) == (two.text, two.steps.tolist()) and one.score == two.score


def test_bigrams_settle_what_looks_alike():
    logits = logits_of([0.02, 0.96, 0.01, 0.01], [0.97, 0.01, 0.01, 0.01], [0.02, 0.01, 0.49, 0.48])
    language = count_bigrams(["ac"] * 9 + ["ab"], "abc")
    assert beam(logits, "abc").text == "ab"
    assert beam(logits, "abc", language=language).text == "ac"
    assert beam(logits, "abc", language=language, alpha=0).text == "ab"


def test_beam_with_bigrams_equals_the_sum_over_paths():
    rng = np.random.default_rng(6)
    language = count_bigrams(["abba", "ab 1", "b1b1"], SMALL)
    for _ in range(40):
        logits = rng.normal(0, 1, (4, 5)).astype(np.float32)

        def value(log, text):
            pairs = zip((0, *text), text, strict=False)
            return log + sum(0.7 * language.log_probability(np.array([a]), np.array([b]))[0, 0] + 0.9 for a, b in pairs)

        text, ahead = best_of(sums(logits), SMALL, value)
        assert beam(logits, SMALL, width=500, candidates=4, language=language, alpha=0.7, beta=0.9).text == text or ahead < 1e-6


def test_bigrams_are_probabilities():
    for least in (1, 2):
        language = count_bigrams(["abab1 a", "ba?b"], SMALL, least)
        table = np.exp(language.log_probability(np.arange(5), np.arange(1, 5)))
        assert table.sum(1) == pytest.approx(np.ones(5), rel=1e-6)
    assert len(count_bigrams([], SMALL).pairs) == 0
    assert np.exp(count_bigrams([], SMALL).log_probability(np.arange(5), np.arange(1, 5))) == pytest.approx(np.full((5, 4), 0.25))
    twice = count_bigrams(["ab", "ab", "ba"], "ab")  # of a and b 3 each; a b twice: (2 - 0.75) / 2 + 0.75 / 2 * 1 / 2
    assert np.exp(twice.log_probability(np.array([1]), np.array([2]))[0, 0]) == pytest.approx(0.8125, rel=1e-6)


def test_bigrams_travel_as_a_file(tmp_path):
    language = count_bigrams(["abab1 a"], SMALL)
    language.save(tmp_path / "zh.bigrams")
    again = Bigrams.load(tmp_path / "zh.bigrams", SMALL)
    every = np.arange(5)
    assert np.array_equal(again.log_probability(every, every[1:]), language.log_probability(every, every[1:]))
    with pytest.raises(ModelError, match="expected charset sha256"):
        Bigrams.load(tmp_path / "zh.bigrams", "ab")
    (tmp_path / "broken").write_bytes(b"PK\x03\x04")
    np.save(tmp_path / "array.npy", np.zeros(3))
    np.savez(tmp_path / "other.npz", single=np.zeros(3))
    for name in ("broken", "array.npy", "other.npz", "missing"):
        with pytest.raises(ModelError, match="expected bigrams as"):
            Bigrams.load(tmp_path / name, SMALL)


def test_beam_with_a_pattern_equals_the_sum_over_its_paths():
    rng = np.random.default_rng(7)
    pattern = automaton("test", [("a", maybe("b"), "1"), ("b", "ab", maybe(" ", "1"))])
    for _ in range(100):
        logits = rng.normal(0, 2, (rng.integers(2, 6), 5)).astype(np.float32)
        allowed = {k: v for k, v in sums(logits).items() if pattern.matches("".join(SMALL[c - 1] for c in k))}
        text, ahead = best_of(allowed, SMALL, lambda log, _: log)
        assert beam(logits, SMALL, width=100, pattern=pattern).text == text or ahead < 1e-6


@pytest.mark.parametrize("name", ["digits", "phone", "waybill", "date"])
def test_a_pattern_is_kept_as_soon_as_it_fits(name):
    rng, pattern = np.random.default_rng(8), field(name)
    least = int(pattern.needs[0, -1])
    for steps in range(least + 8):
        logits = rng.normal(0, 3, (steps, CRNN.classes)).astype(np.float32)
        found = beam(logits, CRNN.charset, width=1, pattern=pattern)
        assert pattern.matches(found.text) if steps >= least else (found.text, found.score) == ("", 0.0)


def test_a_pattern_reads_through_doubt_and_says_when_there_was_none():
    charset = CRNN.charset
    classes = [charset.index(c) + 1 for c in "1381234567O"]
    path = [c for one in classes for c in (one, 0)]
    logits = path_logits(path, 12.0, CRNN.classes)
    logits[20, charset.index("0") + 1] = 10  # the last: rather a letter
    assert greedy(logits, charset).text == "1381234567O"
    found = beam(logits, charset, pattern=field("phone"))
    assert found.text == "13812345670" and found.steps.tolist() == list(range(0, 22, 2))
    assert found.scores[-1] < 0.2 and found.score > 0.75
    words = path_logits([c for one in "快递公司" for c in (charset.index(one) + 1, 0)], 12.0, CRNN.classes)
    assert beam(words, charset, pattern=field("digits")).score < 1e-3  # four characters passed over
