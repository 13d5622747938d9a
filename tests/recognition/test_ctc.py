"""CTC decoding: by hand, against torch's greedy way, and what is refused."""

from itertools import product

import numpy as np
import pytest

from ctpn.contract.spec import CRNN
from ctpn.errors import CtpnError, ModelError
from ctpn.recognition.ctc import align, beam, greedy, greedy_batch
from ctpn.recognition.fields import field
from tests.helpers.ctc_case import SMALL, logits_of, path_logits


@pytest.mark.parametrize(
    ("path", "text", "steps"),
    [
        ([1, 1, 2], "ab", [0, 2]),  # a repeat without a blank is one character
        ([1, 0, 1], "aa", [0, 2]),  # with a blank between it is two
        ([0, 0, 0], "", []),
        ([], "", []),
        ([2], "b", [0]),
        ([3, 1, 3, 3, 0, 3], " a  ", [0, 1, 2, 5]),  # spaces are kept, at the ends as well
    ],
)
def test_by_hand(path, text, steps):
    for found in (greedy(path_logits(path), SMALL), beam(path_logits(path), SMALL)):
        assert found.text == text and found.steps.tolist() == steps
        assert found.scores.dtype == np.float32 and found.steps.dtype == np.int64
        assert len(found.scores) == len(text)


def test_scores_are_probabilities_at_the_peaks():
    found = greedy(logits_of([0.4, 0.6, 0.0001], [0.1, 0.8, 0.1], [0.5, 0.3, 0.2], [0.3, 0.2, 0.5]), "ab")
    assert found.text == "ab" and found.steps.tolist() == [1, 3]
    assert found.scores == pytest.approx([0.8, 0.5], abs=1e-6)
    assert found.score == pytest.approx(0.4**0.5, abs=1e-6)  # the geometric mean


def test_nothing_read_has_no_score():
    assert greedy(path_logits([0, 0]), SMALL).score == 0.0
    assert beam(path_logits([]), SMALL).score == 0.0


def test_ties_go_to_the_lower_class_and_the_earlier_step():
    assert greedy(np.zeros((1, 5), np.float32), SMALL).text == ""
    level = np.array([[0, 1, 1, 0, 0], [0, 1, 1, 0, 0]], np.float32)
    for found in (greedy(level, SMALL), beam(level, SMALL, candidates=1)):
        assert found.text == "a" and found.steps.tolist() == [0]
    assert beam(np.array([[0, 1, 1, 1, 1]], np.float32), SMALL, candidates=2).text == "a"


def test_large_logits_do_no_harm():
    found = greedy(path_logits([1, 0, 2], 3e38), SMALL)
    assert found.text == "ab" and found.score == 1.0
    assert beam(path_logits([1, 0, 2], 1e30), SMALL).text == "ab"


def random_logits(rng, steps, classes):
    """Logits with ties, repeats and blanks."""
    logits = rng.integers(0, 4, (steps, classes)).astype(np.float32) * rng.choice([0.5, 3])
    logits[:, 0] += rng.choice([0.0, 2.0])
    return np.repeat(logits, rng.integers(1, 3), 0).astype(np.float32)


def test_greedy_equals_torch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    for _ in range(1000):
        logits = random_logits(rng, rng.integers(0, 30), rng.integers(2, 40))
        charset = CRNN.charset[: logits.shape[1] - 1]
        classes = torch.unique_consecutive(torch.argmax(torch.from_numpy(logits), 1)) if len(logits) else torch.zeros(0)
        found = greedy(logits, charset)
        assert found.text == "".join(charset[int(c) - 1] for c in classes if c)
        probability = torch.softmax(torch.from_numpy(logits), 1).numpy()
        at = [probability[t, charset.index(c) + 1] for t, c in zip(found.steps, found.text, strict=True)]
        assert found.scores == pytest.approx(at, rel=1e-5) and np.all(np.diff(found.steps) > 0) and 0 <= found.score <= 1


def test_a_batch_looks_at_each_strips_own_steps():
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 3, (3, 7, 5)).astype(np.float32)
    logits[0, 4:] = np.nan
    for n, row, found in zip([4, 0, 7], logits, greedy_batch(logits, np.array([4, 0, 7]), SMALL), strict=True):
        alone = greedy(row[:n], SMALL)
        assert (found.text, found.score, found.steps.tolist()) == (alone.text, alone.score, alone.steps.tolist())
    assert greedy_batch(logits[:0], np.zeros(0, np.int64), SMALL) == []


def test_align_is_the_best_path_of_a_text():
    rng = np.random.default_rng(5)
    for _ in range(60):
        logits = rng.normal(0, 2, (5, 3)).astype(np.float32)
        classes = rng.integers(1, 3, rng.integers(0, 3))
        says = [p for p in product(range(3), repeat=5) if [c for i, c in enumerate(p) if c and (i == 0 or p[i - 1] != c)] == list(classes)]
        assert align(logits, classes).tolist() == list(max(says, key=lambda p: sum(float(logits[t, c]) for t, c in enumerate(p))))
    assert align(np.zeros((4, 3), np.float32), np.array([1, 2])).tolist() == [1, 2, 0, 0]  # of equal ones
    with pytest.raises(CtpnError, match="expected at least 3 steps, got 2"):
        align(np.zeros((2, 3), np.float32), np.array([1, 1]))


@pytest.mark.parametrize(
    ("logits", "message"),
    [
        (np.zeros((2, 3, 5), np.float32), r"expected logits float32 \[T, C\] of one line crop, got float32 \[2, 3, 5\]"),
        (np.zeros((2, 5)), "got float64"),
        ([[0.0] * 5], "got list"),
        (np.zeros((2, 6), np.float32), "expected 5 classes for this charset, got 6"),
        (np.array([[0, 0, 0, 0, 0], [0, 0, np.nan, 0, 0]], np.float32), "got nan at step 1, class 2"),
        (np.full((1, 5), -np.inf, np.float32), "got -inf at step 0, class 0"),
    ],
)
def test_foreign_logits_are_refused(logits, message):
    for decode in (greedy, beam):
        with pytest.raises(CtpnError, match=message):
            decode(logits, SMALL)


def test_wrong_requests_are_refused():
    logits = np.zeros((2, 5), np.float32)
    with pytest.raises(CtpnError, match="width and candidates of at least 1, got 0 and 16"):
        beam(logits, SMALL, width=0)
    with pytest.raises(ModelError, match="got one without '023456789'"):
        beam(logits, SMALL, pattern=field("digits"))
    for counts in ([1, 1], [3], [-1]):
        with pytest.raises(CtpnError, match="give one count per line crop"):
            greedy_batch(logits[None], np.array(counts), SMALL)
