"""Recipes from end to end, in seconds: data sets are made, stages follow each other, a killed run ends with the same weights."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import yaml

from ctpn.contract.spec import CRNN, MOBILE
from ctpn.errors import CtpnError
from ctpn.nn.checkpoint import load_weights
from ctpn.nn.detector import build, load_detector
from ctpn.nn.recognizer import load_recognizer, rare
from ctpn.synthesis.fonts import fonts
from ctpn.train import main
from ctpn.training.card import training_card
from ctpn.training.recipe import digest, load_recipe, until
from tests.helpers.printed_pages import STAGE, changes, small_recipe, write_recipe

try:
    fonts()
except CtpnError as e:
    pytest.skip(str(e), allow_module_level=True)


@pytest.fixture
def detector(pages: Path, tmp_path: Path) -> str:
    """Two stages: printed and synthetic pages, then synthetic ones with padded annotations."""
    recipe = small_recipe(pages, tmp_path / "out", steps=3)
    synthetic = {"kinds": ["sign"], "seeds": [{"first": 3, "count": 2}], "fonts": "system"}
    photos = {"photos": "pages", "seeds": [{"first": 1, "count": 1}], "fonts": "system"}
    stages = [
        {"name": "first", "seed": 0, "steps": 3, "data": {"pages": {"share": 0.5, "annotation": "merge_words"}, "signs": {"share": 0.5}}},
        {"name": "second", "seed": 1, "steps": 3, "int8": True,
         "data": {"signs": {"share": 0.7, "annotation": "pad_regions"}, "photos": {"share": 0.3}}},
    ]  # fmt: skip
    return write_recipe(recipe | {"synthetic_pages": {"signs": synthetic, "photos": photos}, "stages": stages}, tmp_path / "two.yaml")


@pytest.fixture
def recognizer(pages: Path, tmp_path: Path) -> str:
    """Two stages: synthetic lines by alignment, then line crops too."""
    stage = STAGE | {"batch": 1, "fonts": "system", "alignment_steps": 0}
    recipe = small_recipe(pages, tmp_path / "out", steps=2) | {
        "task": "recognizer", "net": {"name": "crnn"}, "defaults": stage, "line_crops": {"lines": {"pages": "pages", "quads": "annotated"}},
        "stages": [
            {"name": "first", "seed": 0, "steps": 2, "alignment_steps": 2, "data": {}},
            {"name": "second", "seed": 1, "steps": 2, "int8": True, "data": {"lines": 0.9}},
        ],
    }  # fmt: skip
    return write_recipe(recipe, tmp_path / "lines.yaml")


def weights(file: Path) -> dict[str, torch.Tensor]:
    return load_weights(file)[0]


@pytest.mark.slow
def test_a_killed_run_ends_with_the_same_weights(detector: str, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert main([detector, *changes(folder=whole)]) == 0
    command = [sys.executable, "-m", "ctpn.train", detector, *changes(folder=parts, cache=parts), "--save-minutes", "0"]
    child = subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, start_new_session=True)
    for _ in range(600):  # until it is in the middle of the second stage
        time.sleep(0.1)
        if (parts / "second" / "state.pt").exists():
            break
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL and (parts / "second" / "state.pt").exists()
    assert main([detector, *changes(folder=parts, cache=parts)]) == 0
    one, other = (weights(folder / "second" / "weights.safetensors") for folder in (whole, parts))
    assert all(torch.equal(one[k], other[k]) for k in one)


def test_weights_say_how_they_were_made(detector: str, tmp_path: Path) -> None:
    assert main([detector]) == 0
    recipe, file = load_recipe(detector), tmp_path / "out" / "second" / "weights.safetensors"
    card = training_card(file)
    text = json.dumps(card)
    assert card["recipe"]["sha256"] == digest(recipe) == load_weights(file)[1]["recipe_sha256"]  # type: ignore[index]
    assert card["recipe"]["stages"][1]["data"]["signs"] == {"share": 0.7, "annotation": "pad_regions"}  # type: ignore[index]
    assert [(r["stage"], r["steps"]) for r in card["training"]] == [("first", 3), ("second", 3)]  # type: ignore[attr-defined]
    assert {"score", "vertical", "side", "link"} == card["training"][0]["loss_by_twentieths"].keys()  # type: ignore[index]
    first = load_weights(tmp_path / "out" / "first" / "weights.safetensors")[1]
    assert first["recipe_sha256"] == digest(until(recipe, recipe.runs[0])) and "pad_regions" not in first["recipe"] and "written by" in text


def test_a_stage_for_directions_leaves_the_rest_of_the_net_as_it_was(pages: Path, tmp_path: Path) -> None:
    recipe = small_recipe(pages, tmp_path / "out", steps=2)
    rest = [name for name, _ in build(MOBILE).named_children() if name != "direction"]
    stages = [
        {"name": "lines", "seed": 0, "steps": 2, "data": {"pages": {"share": 1.0}}},
        {"name": "direction", "seed": 1, "steps": 2, "learns": "direction", "freeze": rest, "data": {"pages": {"share": 1.0}}},
    ]
    file = write_recipe(recipe | {"stages": stages}, tmp_path / "two.yaml")
    assert main([file]) == 0
    first, second = (tmp_path / "out" / name / "weights.safetensors" for name in ("lines", "direction"))
    before, after = weights(first), weights(second)
    assert {name.split(".")[0] for name in after.keys() - before.keys()} == {"direction"}
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert load_detector(first).spec.direction is None and load_detector(second).spec == MOBILE
    assert training_card(second)["training"][1]["loss_by_twentieths"].keys() == {"text", "direction"}  # type: ignore[index]


def test_a_stage_begins_with_an_average_of_the_first_weights_and_those_before(pages: Path, tmp_path: Path) -> None:
    recipe, init = small_recipe(pages, tmp_path / "first", steps=1), tmp_path / "first" / "only" / "weights.safetensors"
    assert main([write_recipe(recipe, tmp_path / "one.yaml")]) == 0
    stage = {"seed": 0, "steps": 1, "data": {"pages": {"share": 1.0}}}
    last = {**stage, "name": "b", "rate": 1e-12, "ema": 0.0, "init_share": 0.25}
    two = recipe | {"folder": str(tmp_path / "two"), "net": {"name": "mobile", "init": str(init)}, "stages": [{**stage, "name": "a"}, last]}
    assert main([write_recipe(two, tmp_path / "two.yaml")]) == 0
    a, b = (weights(tmp_path / "two" / name / "weights.safetensors")["score.weight"] for name in "ab")
    first = weights(init)["score.weight"]
    assert torch.allclose(b, 0.25 * first + 0.75 * a, atol=1e-7) and not torch.allclose(b, a, atol=1e-5)
    with pytest.raises(CtpnError, match="init_share: expected 0 in the first stage"):
        load_recipe(write_recipe(two | {"stages": [last]}, tmp_path / "bad.yaml"))


def test_what_is_complete_is_not_made_again(detector: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([detector]) == 0
    pages = tmp_path / "out" / "cache" / "pages" / "signs"
    made = {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert main([detector]) == 0
    assert made == {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*") if p.is_file()}
    changed = changes(folder=tmp_path / "new", synthetic_pages__signs__seeds="[{first: 9, count: 2}]")
    assert main([detector, *changed]) == 1
    assert f"{pages}: holds a data set of another recipe (seeds.0.first: 3, 9)" in capsys.readouterr().err


def test_a_recogniser_learns_from_lines_of_pages(recognizer: str, tmp_path: Path) -> None:
    assert main([recognizer]) == 0
    crops = tmp_path / "out" / "cache" / "line_crops" / "lines"
    assert len(list((crops / "images").iterdir())) >= 18  # six of each page that is not for validation
    first, second = (tmp_path / "out" / name / "weights.safetensors" for name in ("first", "second"))
    assert load_recognizer(second).spec.name == "crnn"
    assert not torch.equal(weights(first)["characters.weight"], weights(second)["characters.weight"])


def test_a_recogniser_begins_with_an_average_whose_rare_rows_are_fitted_and_keeps_a_teachers_answers(
    recognizer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ctpn.training.beginning.LINES", 16)
    document = yaml.safe_load(Path(recognizer).read_text())
    last = {"name": "last", "seed": 2, "steps": 2, "data": {"lines": 0.9}, "average": {"second": 0.75, "first": 0.25}, "fit_rows": True,
            "teacher": "second", "teacher_weight": 2.0}  # fmt: skip
    three = document | {"stages": [*document["stages"], last]}
    assert main([write_recipe(three, tmp_path / "three.yaml")]) == 0
    first, second = (weights(tmp_path / "out" / name / "weights.safetensors") for name in ("first", "second"))
    averaged, rows = (weights(tmp_path / "out" / "last" / f"{name}.safetensors") for name in ("averaged", "rows"))
    assert torch.allclose(averaged["neck.weight"], 0.25 * first["neck.weight"] + 0.75 * second["neck.weight"], atol=1e-7)
    changed = (rows["characters.weight"] != averaged["characters.weight"]).any(1)
    assert set(torch.nonzero(changed)[:, 0].tolist()) == set(rare(CRNN.charset).tolist())
    records = training_card(tmp_path / "out" / "last" / "weights.safetensors")["training"]
    assert [r["stage"] for r in records] == ["first", "second", "last"]  # type: ignore[attr-defined]
    assert "teacher" in records[-1]["loss_by_twentieths"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"average": {"second": 1.0}}, "of the stages before (first), got"),
        ({"average": {"first": 0.5}}, "sum up to 1"),
        ({"teacher": "first"}, "a teacher_weight above 0"),
        ({"teacher": "third", "teacher_weight": 1.0}, "of the stages before (first), got"),
    ],
)
def test_a_recogniser_begins_with_stages_before(recognizer: str, tmp_path: Path, change: dict[str, object], message: str) -> None:
    document = yaml.safe_load(Path(recognizer).read_text())
    document["stages"][1] |= change
    with pytest.raises(CtpnError, match=re.escape(message)):
        load_recipe(write_recipe(document, tmp_path / "bad.yaml"))


def test_one_stage_alone_and_the_resolved_recipe(detector: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([detector, "--show"]) == 0
    shown = capsys.readouterr().out
    assert digest(load_recipe(detector)) in shown and '"clip": 5.0' in shown and not (tmp_path / "out").exists()
    assert main([detector, "--stage", "third"]) == 1
    assert "expected one of first, second" in capsys.readouterr().err
    assert main([detector, "--stage", "second"]) == 1  # the stage before is not there
    assert "first" in capsys.readouterr().err
