"""The shipped weights: their metadata and cards name the recipes of this repository."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ctpn.nn.checkpoint import load_weights
from ctpn.training.card import training_card, update
from ctpn.training.recipe import digest, load_recipe, parse_recipe
from export.stamp import main as stamp

ROOT = Path(__file__).parents[2]
SHIPPED = {"mobile": ROOT / "recipes" / "detector.yaml", "crnn": ROOT / "recipes" / "recognizer.yaml"}


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_weights_and_cards_name_these_recipes(name: str) -> None:
    """After a change of a recipe that changes no weights: export.stamp --recipe, then ctpn.training.card."""
    weights, expected = ROOT / "ctpn" / "weights" / f"{name}.safetensors", digest(load_recipe(SHIPPED[name]))
    card = json.loads(weights.with_suffix(".json").read_text(encoding="utf-8"))
    metadata = load_weights(weights)[1]
    assert metadata["recipe_sha256"] == card["recipe"]["sha256"] == expected
    assert digest(parse_recipe(json.loads(metadata["recipe"]))) == expected
    assert {key: value for key, value in card.items() if key != "measured"} == training_card(weights)
    assert int(metadata["step"]) == card["recipe"]["stages"][-1]["steps"]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_card_keeps_what_was_measured(name: str, tmp_path: Path) -> None:
    source = ROOT / "ctpn" / "weights" / f"{name}.safetensors"
    copy, card = tmp_path / f"{name}.safetensors", tmp_path / f"{name}.json"
    copy.write_bytes(source.read_bytes())
    card.write_text(json.dumps({"measured": {"found": 1}, "weights": "old"}), encoding="utf-8")
    update(copy)
    found = json.loads(card.read_text(encoding="utf-8"))
    assert found["measured"] == {"found": 1} and found["weights"] == training_card(source)["weights"]


def test_weights_are_not_stamped_with_the_recipe_of_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights, target = str(ROOT / "ctpn" / "weights" / "mobile.safetensors"), tmp_path / "out.safetensors"
    assert stamp([weights, str(target), "--recipe", str(SHIPPED["crnn"])]) == 1 and not target.exists()
    assert "expected a recognizer after 0 steps" in capsys.readouterr().err
