"""Recipes: what is refused and how, what is hashed, and that those of the repository are sound."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from ctpn.errors import RecipeError
from ctpn.training.config import DetectorRecipe, DetectorStage
from ctpn.training.recipe import difference, digest, load_recipe, parse_recipe, resolved, until
from tests.helpers.printed_pages import small_recipe, write_recipe

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))


@pytest.fixture
def file(tmp_path: Path) -> str:
    return write_recipe(small_recipe(Path("pages"), Path("out"), steps=4), tmp_path / "small.yaml")


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_the_repositorys_recipes_are_sound_and_survive_their_resolved_text(path: Path) -> None:
    recipe = load_recipe(path)
    again = parse_recipe(json.loads(resolved(recipe)))
    assert again == recipe and digest(again) == digest(recipe)
    assert until(recipe, recipe.runs[-1]) == recipe


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("stages.only.stepz=4", "recipe.stages.0: unknown key 'stepz'; expected name, seed, steps"),
        ("stages.only.steps=four", "recipe.stages.0.steps: expected an integer, got 'four'"),
        ("stages.only.steps=0", "recipe.stages.0.steps: expected 1 or more, got 0"),
        ("defaults.int8=1", "recipe.stages.0.int8: expected true or false, got 1"),
        ("defaults.rate=fast", "recipe.stages.0.rate: expected a number, got 'fast'"),
        ("defaults.optimizer=lion", "recipe.stages.0.optimizer: expected one of adamw, sgd, got 'lion'"),
        (
            "stages.only.data.pages.annotation=tihgt",
            "data.pages.annotation: expected one of as_is, merge_words, pad_regions, got",
        ),
        ("stages.only.data.other.share=1", "no 'other' in the recipe"),
        ("stages.only.data={}", "recipe.stages.0.data: expected a set or more, got {}"),
        ("stages.only.data={nowhere: {share: 1}}", "stages: data: expected of pages, got 'nowhere'"),
        ("stages.only.name=../x", "recipe.stages.0.name: expected letters, digits"),
        ("stages=[]", "stages: expected a stage or more"),
        ("real_pages.more=elsewhere", "data sets: expected that a stage uses, got ['more']"),
        ("synthetic_pages.made={kinds: [novel], seeds: [{first: 1, count: 1}], fonts: system}", "kinds: expected of document, receipt"),
        (
            "synthetic_pages.made={kinds: [form], seeds: [{first: 1, count: 1}], fonts: none}",
            "made.fonts: expected of system",
        ),
        ("net.init=x.safetensors", "recipe.net.init: expected either init, or recurrence and initial_weights"),
        ("task=poet", "task: expected one of detector, recognizer, got 'poet'"),
        ("defaults", "expected KEY=VALUE, got 'defaults'"),
        ("stages.last.steps=4", "stages.last.steps: no 'last' in the recipe"),
    ],
)
def test_errors_say_where_what_was_expected_and_what_is_there(file: str, change: str, message: str) -> None:
    with pytest.raises(RecipeError) as e:
        load_recipe(file, [change])
    assert str(e.value).startswith(file) and message in str(e.value)


def test_a_missing_value_is_named(file: str, tmp_path: Path) -> None:
    document = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    del document["defaults"]["clip"], document["cache"]
    with pytest.raises(RecipeError, match=r"recipe: cache missing"):
        load_recipe(write_recipe(document, tmp_path / "a.yaml"))
    with pytest.raises(RecipeError, match=r"recipe.stages.0: clip missing"):
        load_recipe(write_recipe(document | {"cache": "x"}, tmp_path / "b.yaml"))


@pytest.mark.parametrize(
    ("text", "message"),
    [("task: detector\ntask: recognizer", "task occurs twice"), ("[", "expected"), ("", "task: expected one of"), ("\xff", "task")],
)
def test_damaged_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "r.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=message):
        load_recipe(tmp_path / "r.yaml")
    with pytest.raises(RecipeError, match="No such file"):
        load_recipe(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize("text", ["a: [", '!!python/object/apply:os.system ["true"]', "a: b: c", "\t"])
def test_what_is_no_yaml_is_said_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match="line 1") as e:
        load_recipe(tmp_path / "r.yaml")
    assert len(str(e.value).splitlines()) == 1


def test_a_change_without_effect_is_refused(file: str, tmp_path: Path) -> None:
    """Not to train with other values than were asked for."""
    load_recipe(file, ["stages.only.rate=0.5"])
    recipe = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    for stage in recipe["stages"]:
        stage["rate"] = 0.25
    recipe["defaults"].pop("rate", None)
    own = write_recipe(recipe, tmp_path / "own.yaml")
    load_recipe(own)
    with pytest.raises(RecipeError, match=r"defaults.rate: has no effect, every stage has its own; .*stages.NAME.rate"):
        load_recipe(own, ["defaults.rate=0.5"])


def test_numbers_with_an_exponent_are_numbers(file: str) -> None:
    recipe = load_recipe(file, ["defaults.rate=5e-4"])
    assert recipe.runs[0].rate == 5e-4


def test_the_hash_is_of_what_changes_weights(file: str) -> None:
    plain = digest(load_recipe(file))
    assert digest(load_recipe(file, ["folder=elsewhere", "cache=elsewhere", "notes=[a story]", "stages.only.note=another"])) == plain
    for change in ("stages.only.seed=1", "real_pages.pages=others", "fonts.system=[/fonts]", "net.recurrence=lstm"):
        assert digest(load_recipe(file, [change])) != plain


def test_a_stages_recipe_has_nothing_of_later_ones(file: str) -> None:
    document = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    first = parse_recipe(document)
    document["real_pages"]["more"] = "elsewhere"
    document["stages"].append({"name": "later", "seed": 1, "steps": 2, "data": {"more": {"share": 1.0}}})
    both = parse_recipe(document)
    assert until(both, both.runs[0]) == first and digest(until(both, both.runs[0])) == digest(first)
    assert isinstance(both, DetectorRecipe) and isinstance(both.runs[1], DetectorStage) and digest(both) != digest(first)


def test_the_first_difference_is_named() -> None:
    assert difference({"a": [1, {"b": 2}], "note": 1}, {"a": [1, {"b": 3}], "note": 2}) == "a.1.b: 2, 3"
    assert difference({"a": 1}, {"a": 1, "folder": "x"}) == ""
    assert difference({}, {"a": 1}) == "a: None, 1"
