"""The confirmation sweep: choices by hand, and the command on small pages."""

import json

import cv2
import numpy as np
import pytest

from benchmarks import confirmation_sweep
from benchmarks.confirmation_sweep import CandidateLines, evaluate_choices, main
from benchmarks.pages import Page
from ctpn.annotations.formats import TextAnnotation
from tests.helpers.quads import box
from tests.helpers.reader_case import EXAMPLES


def test_choices_by_hand():
    """Three lines: one with a high score, one with a low score and a confident text, a false one with a low text score."""
    places = [box(0, 0, 100, 20), box(0, 40, 100, 60), box(0, 80, 100, 100)]
    annotations = [TextAnnotation(places[0], "abcdef"), TextAnnotation(places[1], "ghij")]
    page = CandidateLines(
        annotations, places, ["abcdef", "ghij", "x"], np.array([0.9, 0.42, 0.33]), np.array([0.3, 0.65, 0.45]), np.array([1, 1, 0], bool)
    )
    found = {(r["min_score"], r["min_combined_score"]): (r["read"], r["lines"], r["false_lines"]) for r in evaluate_choices([page], 0.55)}
    assert found[None, None] == found[0.45, 0.0] == found[0.4, 1.1] == (0.6, 1, 0)
    assert found[0.4, 1.0] == found[0.3, 0.9] == (1.0, 2, 0)
    assert found[0.3, 0.0] == (1.0, 3, 1) and found[0.35, 0.0] == (1.0, 2, 0)


def test_the_command_stores_and_prints(tmp_path, monkeypatch, capsys):
    photo = tmp_path / "blurred.png"  # on a sharp one all scores are high
    cv2.imwrite(str(photo), cv2.GaussianBlur(cv2.imread(str(EXAMPLES / "receipt.jpg")), (0, 0), 5))
    monkeypatch.setattr(confirmation_sweep, "pages", lambda name: [Page(photo, "0", [TextAnnotation(box(0, 0, 5, 5), "###")])])
    assert main(["--out", str(tmp_path / "sweep.json")]) == 0
    stored = json.loads((tmp_path / "sweep.json").read_text())
    assert set(stored["sets"]) == set(confirmation_sweep.SETS) and "crnn-int8.onnx" in stored["models"] and stored["environment"]
    lines = [r["lines"] for r in stored["sets"]["sroie"]]
    assert lines[0] == min(lines) > 10 and max(lines) == lines[1] > lines[0]  # a lower threshold keeps more lines
    assert len(capsys.readouterr().out.splitlines()) == 2 + len(lines)


def test_missing_sets_are_reported(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("benchmarks.pages.DATA", tmp_path)
    assert main(["--out", str(tmp_path / "sweep.json")]) == 1 and "sroie" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stop:
        main(["--limit"])
    assert stop.value.code == 2 and not list(tmp_path.iterdir())
