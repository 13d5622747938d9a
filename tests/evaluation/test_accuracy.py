"""The shipped models are as accurate as their cards say: at most 0.02 below, on the committed pages and on real receipts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import card
from benchmarks.card import PAGES, PAGES_NAME
from benchmarks.pages import DATA
from ctpn.evaluate import SetMetrics, evaluate_set
from ctpn.evaluation.metrics import reading_metrics
from ctpn.files import sha256, write
from ctpn.reader import SHIPPED_DETECTOR, SHIPPED_RECOGNIZER, WEIGHTS, TextReader

TOLERANCE = 0.02  # below the card: processors round int8 differently


def measured(model: str) -> dict[str, Any]:
    part: dict[str, Any] = json.loads((WEIGHTS / f"{model}.json").read_text(encoding="utf-8"))["measured"]
    return part


def assert_as_in_the_cards(found: SetMetrics, name: str) -> None:
    expected = measured("mobile")["found"][name] | measured("crnn")["read"][name]
    got = found.detection | reading_metrics(found.characters)
    assert len(found.pages) == expected["pages"]
    lower = {metric: (got[metric], value) for metric, value in expected.items() if metric != "pages" and got[metric] < value - TOLERANCE}
    assert not lower, f"{name}: less accurate than the cards say (got, card): {lower}"


def test_the_committed_pages_are_found_and_read_as_the_cards_say() -> None:
    found = evaluate_set(TextReader(threads=1).read, PAGES, split="all", reading=True)
    assert_as_in_the_cards(found, PAGES_NAME)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "sroie").is_dir(), reason="no ../shared/data/sroie")
def test_real_receipts_are_found_and_read_as_the_cards_say() -> None:
    """Detection is measured within reading, on whole photos; the card's is of photos reduced beforehand, which changes little."""
    assert_as_in_the_cards(evaluate_set(TextReader(threads=1).read, DATA / "sroie", reading=True), "sroie")


def test_the_cards_are_of_the_shipped_models() -> None:
    detector = {SHIPPED_DETECTOR.name: sha256(SHIPPED_DETECTOR)}
    assert measured("mobile")["sha256"] == detector
    assert measured("crnn")["sha256"] == detector | {SHIPPED_RECOGNIZER.name: sha256(SHIPPED_RECOGNIZER)}


def test_the_command_changes_what_was_measured_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card, "WEIGHTS", tmp_path)
    for model in ("mobile", "crnn"):
        write(tmp_path / f"{model}.json", json.dumps({"weights": {"sha256": "x"}, "measured": {"old": 1}}))
    assert card.main([]) == 0
    for model in ("mobile", "crnn"):
        stored = json.loads((tmp_path / f"{model}.json").read_text(encoding="utf-8"))
        assert list(stored) == ["weights", "measured"] and stored["weights"] == {"sha256": "x"}
        for part in ("found", "read"):
            stored_sets, sets = (m.get(part, {}) for m in (stored["measured"], measured(model)))
            assert {n: r for n, r in stored_sets.items() if n != PAGES_NAME} == {n: r for n, r in sets.items() if n != PAGES_NAME}


@pytest.mark.parametrize("models", [{"mobile-int8.onnx": "0" * 64}, {}])
def test_metrics_of_other_models_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], models: dict[str, str]
) -> None:
    data = json.loads((card.RESULTS / "peers.json").read_text(encoding="utf-8"))
    data["models"]["ours int8"] = models
    write(tmp_path / "peers.json", json.dumps(data))
    monkeypatch.setattr(card, "RESULTS", tmp_path)
    assert card.main([]) == 1
    assert "peers.json: made with other models than the shipped ones; measure with python -m benchmarks.peers" in capsys.readouterr().err
    (tmp_path / "peers.json").unlink()
    assert card.main([]) == 1 and "peers.json: missing" in capsys.readouterr().err
