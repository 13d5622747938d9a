"""Frozen dataclasses from plain values (YAML, JSON); an error says where, what was expected, and what is there."""

from __future__ import annotations

import types
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from ctpn.errors import RecipeError

T = TypeVar("T")


def read(kind: type[T], value: object, where: str = "recipe") -> T:
    """A value of this type: a dataclass of fields that `_read` knows.

    Raises:
        RecipeError: an unknown or missing key, another type, or a value that the dataclass refuses.
    """
    return cast("T", _read(kind, value, where))


def _read(kind: Any, value: object, where: str) -> object:
    origin, of = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return _read_dataclass(kind, value, where)
    if origin is Literal:
        return _expect(value in of and not isinstance(value, bool), where, f"one of {', '.join(map(str, of))}", value)
    if origin in (Union, types.UnionType):  # X | None
        return None if value is None else _read(next(k for k in of if k is not types.NoneType), value, where)
    if origin is tuple:  # of any length
        items = cast("list[object]", _expect(isinstance(value, list | tuple), where, "a list", value))
        return tuple(_read(of[0], item, f"{where}.{i}") for i, item in enumerate(items))
    if origin is dict:
        pairs = cast("dict[object, object]", _expect(isinstance(value, dict), where, "keys with values", value))
        return {_read(str, key, where): _read(of[1], item, f"{where}.{key}") for key, item in pairs.items()}
    if kind is float:
        return float(cast("float", _expect(type(value) in (int, float), where, "a number", value)))
    return _expect(type(value) is kind, where, {bool: "true or false", int: "an integer", str: "a text"}[kind], value)


def _read_dataclass(kind: Any, value: object, where: str) -> object:
    given = cast("dict[str, object]", _expect(isinstance(value, dict), where, "keys with values", value))
    known = {f.name: f for f in fields(kind)}
    for key in given:
        if key not in known:
            raise RecipeError(f"{where}: unknown key {key!r}; expected {', '.join(known)}")
    needed = [n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING and n not in given]
    if needed:
        raise RecipeError(f"{where}: {', '.join(needed)} missing; write it there or in the recipe's defaults")
    hints = get_type_hints(kind)
    values = {name: _read(hints[name], item, f"{where}.{name}") for name, item in given.items()}
    try:
        return kind(**values)
    except RecipeError as e:
        raise RecipeError(f"{where}.{e}") from None


def _expect(fits: bool, where: str, expected: str, value: object) -> object:
    if not fits:
        raise RecipeError(f"{where}: expected {expected}, got {value!r}")
    return value


def check(fits: bool, name: str, expected: str, value: object) -> None:
    """For a dataclass's own checks of its field `name`.

    Raises:
        RecipeError: the value does not fit.
    """
    _expect(fits, name, expected, value)
