"""Recipes: YAML files to typed settings, their resolved text, and its hash."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Hashable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import yaml

from ctpn.errors import RecipeError
from ctpn.training.config import DetectorRecipe, Recipe, RecognizerRecipe, Stage
from ctpn.training.typed import read

RECIPES: dict[str, type[DetectorRecipe] | type[RecognizerRecipe]] = {"detector": DetectorRecipe, "recognizer": RecognizerRecipe}
NOT_HASHED = ("notes", "note", "folder", "cache")  # history, and places of what is made: they change no weights


class _Loader(yaml.SafeLoader):
    """Plain YAML in which 2e-3 is a number, and a key that occurs twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value]
        twice = {str(k) for k in keys if keys.count(k) > 1}
        if twice:
            raise RecipeError(f"line {node.start_mark.line + 1}: {', '.join(sorted(twice))} occurs twice")
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+"), list("-+0123456789"))


def load_recipe(file: str | Path, changes: Sequence[str] = ()) -> Recipe:
    """The recipe of a YAML file.

    Args:
        changes: each `KEY=VALUE`: a path of keys with dots (`real_pages.mine`, `defaults.batch`, `stages.NAME.rate`) and
            its new value as YAML.

    Raises:
        RecipeError: unreadable, or not as `ctpn.training.config` has it, or a change without effect; the message says where.
    """
    try:
        document = yaml.load(Path(file).read_text(encoding="utf-8"), _Loader)
        for change in changes:
            _set(document, change)
            _check_effect(document, change)
        return parse_recipe(document)
    except yaml.YAMLError as e:
        raise RecipeError(f"{file}: no YAML that a recipe may have: {' '.join(str(e).split())}") from None
    except (OSError, UnicodeDecodeError, RecipeError) as e:
        raise RecipeError(f"{file}: {e}") from None


def parse_recipe(document: object) -> Recipe:
    """The recipe of plain values: `defaults` enter every stage that does not say otherwise.

    Raises:
        RecipeError: not as `ctpn.training.config` has it.
    """
    if not isinstance(document, dict) or document.get("task") not in RECIPES:
        got = document.get("task") if isinstance(document, dict) else document
        raise RecipeError(f"task: expected one of {', '.join(RECIPES)}, got {got!r}")
    document = dict(document)
    defaults, stages = document.pop("defaults", {}), document.get("stages")
    if not isinstance(defaults, dict):
        raise RecipeError(f"defaults: expected keys with values, got {defaults!r}")
    if isinstance(stages, list):
        document["stages"] = [{**defaults, **stage} if isinstance(stage, dict) else stage for stage in stages]
    return read(RECIPES[document["task"]], document)


def _check_effect(document: object, change: str) -> None:
    """A default that every stage overrides would be changed for nothing."""
    group, _, key = change.partition("=")[0].partition(".")
    stages = document.get("stages") if isinstance(document, dict) and group == "defaults" else None
    if isinstance(stages, list) and stages and all(isinstance(stage, dict) and key in stage for stage in stages):
        raise RecipeError(f"defaults.{key}: has no effect, every stage has its own; change it there (stages.NAME.{key})")


def _set(document: object, change: str) -> None:
    """Change one value of a document in place."""
    path, equals, text = change.partition("=")
    if not equals or not path:
        raise RecipeError(f"expected KEY=VALUE, got {change!r}")
    *above, last = path.split(".")
    for key in above:
        document = _step(document, key, path)
    if isinstance(document, dict):
        document[last] = yaml.load(text, _Loader)
    else:
        raise RecipeError(f"{path}: there are no keys to change; name one as in the recipe")


def _step(document: object, key: str, path: str) -> object:
    """The value of a key, or the stage of a name."""
    if isinstance(document, dict) and key in document:
        return document[key]
    named = [item for item in document if isinstance(item, dict) and item.get("name") == key] if isinstance(document, list) else []
    if not named:
        raise RecipeError(f"{path}: no {key!r} in the recipe; name keys as in the recipe, stages by their name")
    return named[0]


def until(recipe: Recipe, stage: Stage) -> Recipe:
    """The recipe of the weights that this stage gives: without later stages, and without what they alone use."""
    stages = recipe.runs[: recipe.runs.index(stage) + 1]
    needed = recipe.needed(name for s in stages for name in s.sets())
    return replace(
        recipe,
        stages=tuple(stages),  # type: ignore[call-arg]  # of both classes of recipes
        real_pages={n: v for n, v in recipe.real_pages.items() if n in needed},
        synthetic_pages={n: v for n, v in recipe.synthetic_pages.items() if n in needed},
        line_crops={n: v for n, v in recipe.line_crops.items() if n in needed},
    )


def resolved(recipe: Recipe) -> str:
    """The recipe as one line of JSON with every value written out; `parse_recipe` of its values is equal."""
    return json.dumps(asdict(recipe), ensure_ascii=False, sort_keys=True)


def digest(recipe: Recipe) -> str:
    """SHA-256 of the resolved recipe without notes and the folders of its output."""
    essential = json.dumps(_hashed(json.loads(resolved(recipe))), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(essential.encode()).hexdigest()


def _hashed(value: object) -> object:
    if isinstance(value, dict):
        return {key: _hashed(item) for key, item in value.items() if key not in NOT_HASHED}
    return [_hashed(item) for item in value] if isinstance(value, list) else value


def difference(one: object, other: object, where: str = "") -> str:
    """Where two resolved recipes (as values) differ first: `path: value, other value`; "" if nowhere."""
    if isinstance(one, dict) and isinstance(other, dict):
        pairs = [(str(key), one.get(key), other.get(key)) for key in sorted({*one, *other} - set(NOT_HASHED))]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [(str(i), *pair) for i, pair in enumerate(zip(one, other, strict=True))]
    else:
        return "" if one == other else f"{where}: {one!r}, {other!r}"
    return next((found for key, a, b in pairs if (found := difference(a, b, f"{where}.{key}".lstrip(".")))), "")
