"""A bigram model over the classes of a charset, for `ctc.beam`."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ctpn.errors import ModelError
from ctpn.files import atomic_write

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]

DISCOUNT = 0.75  # taken off each count for what was never seen (Ney et al. 1994)
ARRAYS = {"single": np.float32, "rest": np.float32, "pairs": np.int32, "logs": np.float32}


@dataclass(frozen=True, eq=False)
class Bigrams:
    """P(b | a) for C classes: `logs` where the pair was seen, else rest[a] + single[b]; natural logarithms.

    A text's first character has no character before it (class 0) and is judged by `single` alone, its end is not
    judged: a line crop may be a part of a longer line.

    Attributes:
        charset_sha256: of the charset's UTF-8 bytes.
        single: float32 [C], of a class alone; -inf for the blank.
        rest: float32 [C], the probability of all that was never seen after a class; 0 where everything was seen.
        pairs: int64 [M], a * C + b, ascending; logs: float32 [M].
    """

    charset_sha256: str
    single: F32
    rest: F32
    pairs: I64
    logs: F32

    def log_probability(self, before: I64, after: I64) -> NDArray[np.float64]:
        """Log of P(after | before) for each two of classes [B] and [K]: float64 [B, K]."""
        unseen = self.rest[before][:, None].astype(np.float64) + self.single[after]
        if not len(self.pairs):
            return unseen
        keys = before[:, None] * len(self.single) + after
        place = np.minimum(np.searchsorted(self.pairs, keys), len(self.pairs) - 1)
        return np.where(self.pairs[place] == keys, self.logs[place], unseen)

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write a .npz that `load` reads, in one step."""
        arrays = {name: getattr(self, name).astype(kind) for name, kind in ARRAYS.items()}
        with atomic_write(Path(file)) as new, new.open("wb") as f:
            np.savez_compressed(f, charset_sha256=np.frombuffer(bytes.fromhex(self.charset_sha256), np.uint8), **arrays)

    @classmethod
    def load(cls, file: str | os.PathLike[str], charset: str) -> Bigrams:
        """Read what `save` wrote.

        Raises:
            ModelError: no such file, another kind of file, or a model of another charset.
        """
        try:
            with Path(file).open("rb") as f, np.load(f, allow_pickle=False) as data:
                found, arrays = data["charset_sha256"].tobytes().hex(), {name: data[name] for name in ARRAYS}
        except (OSError, KeyError, ValueError, EOFError, TypeError, zipfile.BadZipFile) as e:
            raise ModelError(f"{file}: expected bigrams as .npz, got {e!r}; count them again with count_bigrams()") from None
        if found != _digest(charset):
            raise ModelError(f"{file}: expected charset sha256 {_digest(charset)}, got {found}; count again with this charset")
        return cls(found, arrays["single"], arrays["rest"], arrays["pairs"].astype(np.int64), arrays["logs"])


def count_bigrams(texts: Iterable[str], charset: str, min_count: int = 1) -> Bigrams:
    """Count which character follows which, smoothed by absolute discounting; characters outside the charset separate their neighbours.

    Args:
        min_count: pairs seen less often are counted among the unseen: a smaller file.
    """
    classes = {c: i for i, c in enumerate(charset, 1)}
    count = len(classes) + 1
    alone: Counter[int] = Counter()
    seen: Counter[int] = Counter()
    for text in texts:
        codes = [classes.get(c, 0) for c in text]
        alone.update(codes)
        seen.update(a * count + b for a, b in pairwise(codes) if a and b)
    singles = np.array([alone[i] for i in range(1, count)], np.float64) + 1
    single = np.append(-np.inf, np.log(singles / singles.sum())) if count > 1 else np.full(1, -np.inf)
    return _smoothed(_digest(charset), single, seen, min_count)


def _smoothed(digest: str, single: NDArray[np.float64], seen: Counter[int], min_count: int) -> Bigrams:
    count = len(single)
    pairs = np.array(sorted(seen), np.int64)
    counts = np.array([seen[int(p)] for p in pairs], np.float64)
    first, second = pairs // count, pairs % count
    shares = (counts - DISCOUNT) / np.bincount(first, counts, count)[first]
    kept = counts >= min_count
    rest = 1 - np.bincount(first[kept], shares[kept], count)
    logs = np.log(shares[kept] + rest[first[kept]] * np.exp(single[second[kept]]))
    return Bigrams(digest, single.astype(np.float32), np.log(rest).astype(np.float32), pairs[kept], logs.astype(np.float32))


def _digest(charset: str) -> str:
    return hashlib.sha256(charset.encode()).hexdigest()
