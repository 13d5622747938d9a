"""What a field of a waybill may hold, as small deterministic automata over characters: `ctc.beam` takes them as patterns.

A template is a sequence of items; an item is the characters that are allowed there, or a choice between sequences. The states
of an automaton are the sets of templates that can still follow (Antimirov 1996), so there is no backtracking.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Union

import numpy as np
from numpy.typing import NDArray

from ctpn.errors import CtpnError, ModelError

FAR = 1 << 30  # more time steps than a line crop has

Template = tuple[Union[str, "Choice"], ...]


@dataclass(frozen=True)
class Choice:
    """One of these sequences; with `again` any number of them, or none."""

    options: tuple[Template, ...]
    again: bool = False


@dataclass(frozen=True, eq=False)
class Field:
    """A deterministic automaton: a text begins in state 0, and from every state a complete text can be reached.

    Attributes:
        alphabet: the K characters that may occur, each once.
        moves: int64 [S, K], the state after a character, -1 where it is not allowed.
        accepts: bool [S], whether a text may end here.
        needs: int64 [S, K + 1], the fewest time steps of CTC in which a text can be ended from here, by the character
            before (to say it once more takes a blank between); the last is for a blank before, and for the beginning.
    """

    name: str
    alphabet: str
    moves: NDArray[np.int64]
    accepts: NDArray[np.bool_]
    needs: NDArray[np.int64]

    def matches(self, text: str) -> bool:
        """Whether a text is one of this field's."""
        state = 0
        for character in text:
            column = self.alphabet.find(character)
            state = int(self.moves[state, column]) if column >= 0 else -1
            if state < 0:
                return False
        return bool(self.accepts[state])

    def bound(self, charset: str) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Classes int64 [K] of a charset (character i is class i + 1), ascending; `moves` and `needs` in that order.

        Raises:
            ModelError: the charset lacks one of the alphabet's characters.
        """
        missing = "".join(c for c in self.alphabet if c not in charset)
        if missing:
            raise ModelError(
                f"field {self.name!r}: expected a charset with {self.alphabet!r}, got one without {missing!r}; read without it"
            )
        classes = np.array([charset.index(c) + 1 for c in self.alphabet], np.int64)
        order = np.argsort(classes)
        return classes[order], self.moves[:, order], self.needs[:, np.append(order, len(order))]


def automaton(name: str, templates: Sequence[Template]) -> Field:
    """The automaton that takes the texts of these templates and no others.

    Raises:
        CtpnError: a text can be begun, but not ended: somewhere in the templates no character is allowed.
    """
    alphabet = "".join(sorted(_characters(templates)))
    numbers, todo = {frozenset(templates): 0}, [frozenset(templates)]
    moves = []
    for state in todo:  # which grows meanwhile
        after = [frozenset(f for template in state for f in _after(template, c)) for c in alphabet]
        todo += dict.fromkeys(a for a in after if a and a not in numbers)
        numbers.update({s: i for i, s in enumerate(todo)})
        moves.append([numbers[a] if a else -1 for a in after])
    accepts = np.array([any(_may_end(template) for template in state) for state in todo])
    table = np.array(moves, np.int64).reshape(len(todo), len(alphabet))
    needs = _needs(table, accepts)
    if needs.max() >= FAR:
        raise CtpnError(f"field {name!r}: expected that what is begun can be ended, got {templates!r}; give each place its characters")
    return Field(name, alphabet, table, accepts, needs)


def _characters(templates: Sequence[Template]) -> set[str]:
    found: set[str] = set()
    for item in (item for template in templates for item in template):
        found |= set(item) if isinstance(item, str) else _characters(item.options)
    return found


def _after(template: Template, character: str) -> set[Template]:
    """What may follow once `character` has been read."""
    if not template:
        return set()
    first, rest = template[0], template[1:]
    if isinstance(first, str):
        return {rest} if character in first else set()
    then = template if first.again else rest
    found = {begun + then for option in first.options for begun in _after(option, character)}
    return found | _after(rest, character) if _may_end((first,)) else found


def _may_end(template: Template) -> bool:
    return all(not isinstance(item, str) and (item.again or any(map(_may_end, item.options))) for item in template)


def _needs(moves: NDArray[np.int64], accepts: NDArray[np.bool_]) -> NDArray[np.int64]:
    """`Field.needs`, by rounds: each looks one character further."""
    count = moves.shape[1]
    again = np.eye(count + 1, count, dtype=np.int64)  # of (before, next)
    needs = np.where(accepts[:, None], 0, np.full((len(moves), count + 1), FAR, np.int64))
    while True:
        rest = np.where(moves >= 0, needs[moves, np.arange(count)], FAR)
        new = np.minimum(needs, (1 + again + rest[:, None]).min(2, initial=FAR))
        if np.array_equal(new, needs):
            return needs
        needs = new


def maybe(*template: str | Choice) -> Choice:
    """This sequence or nothing."""
    return Choice((template, ()))


def times(characters: str, minimum: int, maximum: int) -> Template:
    """Between `minimum` and `maximum` of these characters."""
    rest: Template = ()
    for _ in range(maximum - minimum):
        rest = (maybe(characters, *rest),)
    return (characters,) * minimum + rest


DIGIT = "0123456789"
LETTER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
GAP = maybe(" -")


def _phone() -> list[Template]:
    """Mobile phones, whole or masked, area codes with 7 or 8 digits, numbers of services (400, 800)."""
    country = maybe(maybe("+"), "8", "6", GAP)
    four = (DIGIT,) * 4
    middle = Choice((four, ("*",) * 4))
    mobile: Template = (country, "1", "3456789", DIGIT, GAP, middle, GAP, *four)
    area = Choice((("0", "1", "0"), ("0", "2", DIGIT), ("0", "3456789", DIGIT, DIGIT)))
    prefix = Choice(((area, GAP), ("(（", area, ")）", GAP)))
    extension = maybe("-", *times(DIGIT, 1, 6))
    landline: Template = (country, prefix, "2345678", DIGIT, DIGIT, maybe(DIGIT), GAP, *four, extension)
    three = (DIGIT,) * 3
    service = Choice(((GAP, *three, GAP, *four), (GAP, *four, GAP, *three), (DIGIT, GAP, *three, GAP, *three)))
    return [mobile, landline, ("48", "0", "0", service)]


def _waybill() -> list[Template]:
    """Up to four letters, then 8 to 20 digits; a dash or space between the two, single spaces between digits."""
    digits: Template = ()
    for left in range(19):  # from the last digit to the second
        digits = (maybe(" "), DIGIT, *digits) if left >= 12 else (maybe(maybe(" "), DIGIT, *digits),)
    return [(DIGIT, *digits), (*times(LETTER, 1, 4), GAP, DIGIT, *digits)]


def _date() -> list[Template]:
    """Year, month and day, or the year last, between equal signs or with 年月日, and perhaps the time. No calendar: 31 days each month."""
    year: Template = (Choice((("1", "9"), ("2", "0"))), DIGIT, DIGIT)
    month = Choice(((maybe("0"), "123456789"), ("1", "012")))
    day = Choice(((maybe("0"), "123456789"), ("12", DIGIT), ("3", "01")))
    hour = Choice(((maybe("0"), DIGIT), ("1", DIGIT), ("2", "0123")))
    clock = maybe(maybe(" "), hour, ":：", "012345", DIGIT, maybe(":：", "012345", DIGIT))
    templates: list[Template] = [(*year, "年", month, "月", day, "日", clock)]
    for s in "-/.":
        templates += [(*year, s, month, s, day, clock), (day, s, month, s, *year, clock), (month, s, day, s, *year, clock)]
    return templates


TEMPLATES: dict[str, Callable[[], list[Template]]] = {
    "digits": lambda: [(DIGIT, Choice(((DIGIT,),), again=True))],
    "phone": _phone,
    "waybill": _waybill,
    "date": _date,
}


@lru_cache(maxsize=8)
def field(name: str) -> Field:
    """One of the fields of `TEMPLATES`.

    Raises:
        CtpnError: there is none of this name.
    """
    if name not in TEMPLATES:
        raise CtpnError(f"field: expected one of {', '.join(TEMPLATES)}, got {name!r}; name one of these or build your own by automaton()")
    return automaton(name, TEMPLATES[name]())
