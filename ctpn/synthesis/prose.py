"""Running Chinese as people write it: words that follow each other as in open-gram's language model, which Debian ships.

  python -m ctpn.synthesis.prose --out .cache/prose.npz

Reads what `make training-texts` installs: sunpinyin-data (open-gram, CC BY-SA 3.0) with its 71,759 words and 2.5 million pairs of
words, through tslminfo of sunpinyin-utils.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ctpn import command
from ctpn.errors import CtpnError
from ctpn.files import write

BREAK = 0  # the word of the model that ends a sentence, or is unknown
Rng = np.random.Generator


class Prose:
    """Texts by a model of pairs of words: a kind of `ctpn.synthesis.phrases`.

    Attributes:
        words: by their numbers; "" ends a sentence.
        single: float32 [n], cumulative chances of words.
        first: int32 [n + 1]; pairs that begin with word i are those from first[i] to first[i + 1].
        second, chance: int32 and float32 [pairs], the word that follows and its cumulative chance after the first one.
    """

    def __init__(self, file: Path) -> None:
        if not file.is_file():
            raise CtpnError(f"{file}: expected the model of `python -m ctpn.synthesis.prose`; run `make training-texts`")
        with np.load(file, allow_pickle=False) as data:
            self.words: list[str] = data["words"].tolist()
            self.single, self.first, self.second, self.chance = data["single"], data["first"], data["second"], data["chance"]

    def __call__(self, rng: Rng, charset: str, length: float) -> str:
        """At least `length` characters of the charset."""
        known, text, word = _known(charset), "", BREAK
        while len(text) < length:
            word = self._next(rng, word)
            part = self.words[word] or _between(rng)
            if known.issuperset(part) and not (part in _MARKS and text[-1:] in _MARKS):
                text += part
        return text.lstrip(_MARKS)

    def _next(self, rng: Rng, word: int) -> int:
        begin, end = self.first[word], self.first[word + 1]
        i = begin + int(np.searchsorted(self.chance[begin:end], rng.random(), "right"))
        return int(self.second[i]) if i < end else int(np.searchsorted(self.single, rng.random() * self.single[-1], "right"))


_MARKS = "，。；？！：”、…"


def _between(rng: Rng) -> str:
    """What stands where a sentence ends or a word is unknown: mostly nothing, else a number, a date or a mark of a list."""
    kind, number = rng.random(), int(rng.integers(1, 100))
    if kind < 0.6:
        return ""
    if kind < 0.75:
        return f"{number}"
    if kind < 0.85:
        return f"{rng.integers(1990, 2030)}年{rng.integers(1, 13)}月{rng.integers(1, 29)}日"
    return ("（{}）", "{}、", "{}%", "{}.", "《{}》", "第{}条", "{}元", "№{}")[int(rng.integers(8))].format(number)


@lru_cache(maxsize=2)
def _known(charset: str) -> frozenset[str]:
    return frozenset(charset)


def read_words(file: Path) -> list[str]:
    """The words of a pydict_sc.bin, by their numbers in the language model.

    Its header are uint32: the words' number, two more, where the words lie; words are UTF-32 and end with 0.
    """
    data = file.read_bytes()
    count, _, begin, _ = np.frombuffer(data, "<u4", 4)
    return data[int(begin) : len(data) // 4 * 4].decode("utf-32-le", errors="replace").split("\0")[: int(count)]


def model(folder: Path) -> dict[str, NDArray[np.generic]]:
    """The arrays of `Prose`.

    Args:
        folder: with lm_sc.t3g and pydict_sc.bin.

    Raises:
        CtpnError: open-gram or tslminfo is missing.
    """
    try:
        run = subprocess.run(["tslminfo", "-v", "-p", str(folder / "lm_sc.t3g")], capture_output=True, text=True, check=True)
        words = read_words(folder / "pydict_sc.bin")
    except (OSError, subprocess.CalledProcessError) as e:
        raise CtpnError(f"{folder}: expected open-gram's model and tslminfo ({e}); run `make training-texts`") from None
    chance = np.zeros(len(words))
    for row in _grams(run.stdout, 1):
        chance[int(row[0])] = float(row[1])
    pairs = np.array([(float(a), float(b), float(p)) for a, b, p, *_ in _grams(run.stdout, 2)])
    before, after = pairs[:, 0].astype(np.int32), pairs[:, 1].astype(np.int32)
    first = np.searchsorted(before, np.arange(len(words) + 1)).astype(np.int32)
    total = np.concatenate([[0.0], np.cumsum(pairs[:, 2])])
    within = (total[1:] - total[first[before]]).astype(np.float32)
    return {"words": np.array(words), "single": np.cumsum(chance), "first": first, "second": after, "chance": within}


def _grams(printed: str, order: int) -> Iterator[list[str]]:
    """The fields of each line of a section of tslminfo's output: the words' numbers, then the chance of the last one."""
    begin = printed.index("\n", printed.index(f"\\{order}-gram\\")) + 1
    end = printed.find("\\", begin)
    return (line.split() for line in printed[begin : end if end > 0 else None].splitlines())


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 written, 1 open-gram is missing; usage errors exit 2."""
    parser = command.parser("ctpn.synthesis.prose", __doc__)
    parser.add_argument("--out", type=Path, required=True, help="file for the model, .npz")
    out: Path = parser.parse_args(argv).out
    return command.run("ctpn.synthesis.prose", lambda: save(out))


def save(out: Path) -> str:
    """Write the model; returns what it has."""
    made = model(next(Path("/usr/lib").glob("*/sunpinyin/data"), Path("/usr/lib/sunpinyin/data")))
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **made)  # type: ignore[arg-type]  # numpy's stub takes the names for its own options
    write(out, buffer.getvalue())
    return f"{out}: {len(made['words'])} words, {len(made['second'])} pairs"


if __name__ == "__main__":
    sys.exit(main())
