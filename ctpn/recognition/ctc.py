"""Logits to text: greedy CTC decoding, and beam search over prefixes, with a language model and a pattern if they are given.

Logits are float32 [T, C], raw; class 0 is the blank, class i the character charset[i - 1]; spaces are characters.

Invariants of all languages: of equal classes the lower is taken, of equal steps the earlier, of equal prefixes
the earlier in the beam. There, prefixes that stay come before extended ones, by (prefix, class). Paths are summed in float64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ctpn.errors import CtpnError, ModelError

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Rules = tuple[I64, I64, I64]


@dataclass(frozen=True, eq=False)
class Decoded:
    """The text of a line crop.

    Attributes:
        text: empty when nothing was read.
        score: in [0, 1], 0 for the empty text; the geometric mean of `scores`. Where a language model or a pattern
            passed over characters that greedy reading has, each such step counts as a further factor, P(blank) / P(best).
        scores: float32 [n], of each character its probability at its peak.
        steps: int64 [n], ascending, its peak: where it exceeds the blank the most.
    """

    text: str
    score: float
    scores: F32
    steps: I64


class Language(Protocol):
    """The protocol of a language model for `beam`; `language.Bigrams` is one."""

    def log_probability(self, before: I64, after: I64) -> F64:
        """Log of P(after | before) for classes [B] and [K]: float64 [B, K]; class 0 is the beginning of a text."""


class Pattern(Protocol):
    """The protocol of a pattern for `beam`; `fields.Field` is one."""

    def bound(self, charset: str) -> Rules:
        """Its classes int64 [K], ascending, moves and needs by class; ModelError if the charset lacks one."""


def greedy(logits: F32, charset: str) -> Decoded:
    """The text of the best path: the best class of each step, repeats joined, blanks removed.

    Args:
        logits: float32 [T, len(charset) + 1]; T may be 0.

    Raises:
        CtpnError: a wrong shape or type, or a step whose best logit is not finite. ModelError: classes of another charset.
    """
    best = _best(logits, charset)
    return _spell(logits, best, best, charset)


def greedy_batch(logits: F32, counts: I64, charset: str) -> list[Decoded]:
    """`greedy` for line crops of several widths: line crop i has the first counts[i] steps of logits [N, T, C]."""
    if logits.ndim != 3 or np.shape(counts) != logits.shape[:1] or any(not 0 <= n <= logits.shape[1] for n in counts):
        raise CtpnError(
            f"expected logits [N, T, C] and N counts in 0 … T, got {list(logits.shape)} and {counts}; give one count per line crop"
        )
    return [greedy(steps[: int(n)], charset) for steps, n in zip(logits, counts, strict=True)]


def beam(
    logits: F32,
    charset: str,
    *,
    width: int = 8,
    candidates: int = 16,
    language: Language | None = None,
    alpha: float = 0.3,
    beta: float = 1.0,
    pattern: Pattern | None = None,
) -> Decoded:
    """The best text by beam search over prefixes (Graves 2012, Hannun et al. 2014); a prefix's score is the sum over all its paths.

    Args:
        logits: as for `greedy`.
        width: prefixes that are kept; with a pattern also the best in each of its states, so that some can always be ended.
        candidates: characters that are tried at a step, the likeliest; with a pattern all of its own are tried.
        language: adds alpha * log P + beta for each character.
        pattern: only its texts are looked at. If none of them fits into T steps, the text is empty and the score 0.

    Raises:
        CtpnError: as `greedy`; width or candidates below 1. ModelError: a pattern's character that the charset lacks.
    """
    best = _best(logits, charset)
    if width < 1 or candidates < 1:
        raise CtpnError(f"beam: expected width and candidates of at least 1, got {width} and {candidates}; 8 and 16 are usual")
    search = _Search(logits, width, candidates, language, (alpha, beta), None if pattern is None else pattern.bound(charset))
    return _spell(logits, align(logits, search.best()), best, charset)


def align(logits: F32, classes: I64) -> I64:
    """The best path that spells `classes` [n]: int64 [T], the class of each step; of equal paths the one that advances first.

    Raises:
        CtpnError: they do not fit into T steps.
    """
    repeats = int((classes[1:] == classes[:-1]).sum())
    if len(classes) + repeats > len(logits):
        raise CtpnError(f"align: expected at least {len(classes) + repeats} steps, got {len(logits)}; read a wider line crop")
    places = np.insert(classes, np.arange(len(classes) + 1), 0)  # blanks before, between and after
    leap = (places != 0) & (places != np.roll(places, 2))
    score = np.append(0.0, np.full(len(places) - 1, -np.inf))  # before the first step
    back = np.zeros((len(logits), len(places)), np.int64)
    for t, row in enumerate(logits[:, places].astype(np.float64)):
        ways = np.stack([score, np.append(-np.inf, score)[:-1], np.where(leap, np.append([-np.inf] * 2, score)[:-2], -np.inf)])
        back[t] = ways.argmax(0)
        score = ways.max(0) + row
    place = len(places) - 1 - int(len(places) > 1 and score[-2] > score[-1])
    path = []
    for step in back[::-1]:
        path.append(int(places[place]))
        place -= int(step[place])
    return np.array(path[::-1], np.int64)


def _best(logits: F32, charset: str) -> I64:
    """The best class of each step: int64 [T]. NaN is always best, so checking these finds every NaN."""
    if not isinstance(logits, np.ndarray) or logits.dtype != np.float32 or logits.ndim != 2:
        got = f"{logits.dtype} {list(logits.shape)}" if isinstance(logits, np.ndarray) else type(logits).__name__
        raise CtpnError(f"expected logits float32 [T, C] of one line crop, got {got}; take one line crop and convert it")
    if logits.shape[1] != len(charset) + 1:
        raise ModelError(f"expected {len(charset) + 1} classes for this charset, got {logits.shape[1]}; use the model's own charset")
    best: I64 = logits.argmax(1)
    peaks = logits[np.arange(len(best)), best]
    if not np.isfinite(peaks).all():
        t = int(np.flatnonzero(~np.isfinite(peaks))[0])
        raise CtpnError(f"expected finite logits, got {peaks[t]} at step {t}, class {best[t]}; the model or its input is damaged")
    return best


def _spell(logits: F32, path: I64, best: I64, charset: str) -> Decoded:
    """The text that a path [T] of classes spells; `best` is the best class of each step."""
    shown = np.flatnonzero(path)
    fresh = path[shown] != np.where(shown > 0, path[shown - 1], 0)
    lead = logits[shown, path[shown]].astype(np.float64) - logits[shown, 0]
    by_run = np.lexsort((-lead, np.cumsum(fresh)))  # within a run of equal classes the highest lead, then the first
    steps = shown[by_run[fresh]]
    logs = logits[steps, path[steps]] - _norm(logits[steps])
    passed = np.flatnonzero((path == 0) & (best != 0))
    passed_over = logits[passed, 0].astype(np.float64) - logits[passed, best[passed]]
    score = float(np.exp((logs.sum() + passed_over.sum()) / len(steps))) if len(steps) else 0.0
    return Decoded("".join(charset[c - 1] for c in path[steps]), score, np.exp(logs).astype(np.float32), steps)


def _norm(rows: F32) -> F64:
    """The logarithm of the sum of exp, of each row [N, C]: float64 [N]."""
    top = rows.max(1, keepdims=True)
    less = rows - top
    return np.asarray(np.log(np.exp(less, out=less).sum(1)).astype(np.float64) + top[:, 0])


@dataclass
class _Beam:
    """Prefixes, the pattern's states, and the log sums of their paths that end in a blank and in their last class."""

    prefixes: list[tuple[int, ...]]
    states: I64
    blank: F64
    other: F64
    bonus: F64


@dataclass(frozen=True)
class _Search:
    """What `beam` was asked."""

    logits: F32
    width: int
    candidates: int
    language: Language | None
    weights: tuple[float, float]
    pattern: Rules | None

    def best(self) -> I64:
        """The classes of the best text."""
        beam = _Beam([()], np.zeros(1, np.int64), np.zeros(1), np.full(1, -np.inf), np.zeros(1))
        if self.pattern is not None and self.pattern[2][0, -1] > len(self.logits):
            return np.zeros(0, np.int64)
        for t in range(len(self.logits)):
            beam = self._step(beam, t)
        return np.array(beam.prefixes[(np.logaddexp(beam.blank, beam.other) + beam.bonus).argmax()], np.int64)

    def _step(self, beam: _Beam, t: int) -> _Beam:
        row, (classes, moves, needs) = self.logits[t] - _norm(self.logits[t : t + 1]), self._rules(t)
        last = np.array([p[-1] if p else 0 for p in beam.prefixes])
        blank, other, extended = _paths(beam, last, row, classes)
        states, left = moves[beam.states], len(self.logits) - 1 - t  # only what can still be ended in time goes on
        extended[(states < 0) | (needs[states, np.arange(len(classes))] > left)] = -np.inf
        late = needs[beam.states, -1] > left
        blank[late] = other[late] = -np.inf
        bonus = np.repeat(beam.bonus, len(classes))
        if self.language is not None:
            bonus += self.weights[0] * self.language.log_probability(last, classes).ravel() + self.weights[1]
        blank, other = np.append(blank, np.full(extended.size, -np.inf)), np.append(other, extended)
        bonus, states = np.append(beam.bonus, bonus), np.append(beam.states, states)
        keep = _first(np.logaddexp(blank, other) + bonus, states, self.width)
        source = np.append(np.arange(len(last)), np.repeat(np.arange(len(last)), len(classes)))[keep]
        more = np.append(np.zeros_like(last), np.tile(classes, len(last)))[keep]  # 0: nothing
        prefixes = [beam.prefixes[i] + ((c,) if c else ()) for i, c in zip(source.tolist(), more.tolist(), strict=True)]
        return _Beam(prefixes, states[keep], blank[keep], other[keep], bonus[keep])

    def _rules(self, t: int) -> Rules:
        """Those of the pattern; without one the likeliest characters of a step, all allowed."""
        if self.pattern is not None:
            return self.pattern
        row = self.logits[t, 1:]
        few = min(self.candidates, len(row))
        likely = np.flatnonzero(row >= np.partition(row, -few)[-few])
        free = np.zeros((1, few + 1), np.int64)
        return np.sort(likely[np.argsort(-row[likely], kind="stable")[:few]]) + 1, free[:, 1:], free


def _paths(beam: _Beam, last: I64, row: F64, classes: I64) -> tuple[F64, F64, F64]:
    """Log sums after a step: of prefixes that stay, ending in a blank and in their last class [B], and of extended ones [B, K]."""
    total = np.logaddexp(beam.blank, beam.other)
    blank, other = total + row[0], beam.other + row[last]
    extended = row[classes] + np.where(last[:, None] == classes, beam.blank[:, None], total[:, None])
    number = {prefix: i for i, prefix in enumerate(beam.prefixes)}
    for child, prefix in enumerate(beam.prefixes):
        parent = number.get(prefix[:-1], -1) if prefix else -1
        if parent >= 0:  # what it grows to is in the beam already
            c = prefix[-1]
            other[child] = np.logaddexp(other[child], row[c] + (beam.blank if last[parent] == c else total)[parent])
            extended[parent, classes == c] = -np.inf
    return blank, other, extended


def _first(ranks: F64, states: I64, width: int) -> I64:
    """The best `width` and the best of each state: int64 [M], by (-rank, place)."""
    alive = np.flatnonzero(ranks > -np.inf)
    order = alive[np.argsort(-ranks[alive], kind="stable")]
    kept = np.arange(len(order)) < width
    kept[np.unique(states[order], return_index=True)[1]] = True
    return order[kept]
