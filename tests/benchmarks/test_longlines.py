"""Recall by the length of lines, by hand; the command with stand-ins for the models; the synthetic pages."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from benchmarks import long_pages, longlines
from benchmarks.compare import ComparisonRunner
from benchmarks.competitors import REFERENCE
from benchmarks.longlines import by_ratio, main, outcomes, ratio
from benchmarks.pages import Page
from ctpn.annotations.formats import TextAnnotation
from ctpn.errors import CtpnError
from ctpn.synthesis.fonts import fonts
from tests.helpers.quads import box
from tests.helpers.stand_in import competitor


def test_ratio_of_any_direction():
    assert ratio(box(0, 0, 120, 4)) == pytest.approx(30) == ratio(box(0, 0, 4, 120))
    turn = np.float32([[0.8, 0.6], [-0.6, 0.8]])
    assert ratio(box(0, 0, 60, 10) @ turn) == pytest.approx(6, rel=1e-4)
    assert ratio(box(5, 5, 5, 5)) >= 1


def test_what_becomes_of_lines_by_hand():
    annotations = [TextAnnotation(box(0, y, 600, y + 10), "x") for y in (0, 20, 40, 60)] + [TextAnnotation(box(0, 80, 20, 90), "###")]
    found = [
        box(0, 0, 600, 10),  # whole
        *(box(x, 20, x + 190, 30) for x in (0, 200, 400)),  # in three pieces: 0.95 of it
        box(0, 40, 280, 50),  # less than half of it
        box(0, 80, 20, 90),  # an ignored text
        box(9, 9, 9, 9),  # without area
    ]
    table = outcomes(annotations, found)
    assert table.tolist() == [[60, 1, 1, 1], [60, 0, 1, 3], [60, 0, 0, 1], [60, 0, 0, 0]]
    assert outcomes(annotations, []).tolist() == [[60, 0, 0, 0]] * 4 and outcomes([], found).shape == (0, 4)
    rows = by_ratio([Page(Path("a"), "a", annotations)], [[f.tolist() for f in found]])
    assert rows == {"over 60": {"texts": 4, "matched": 0.25, "found": 0.5, "pieces": 2.0}}


def test_bins_follow_their_edges():
    lengths = (10, 25, 70, 120, 290, 550)
    annotations = [TextAnnotation(box(0, 20 * i, w, 20 * i + 10), "x") for i, w in enumerate(lengths)]
    rows = by_ratio([Page(Path("a"), "a", annotations)], [[]])
    assert list(rows) == ["0-2", "2-5", "5-10", "10-15", "20-30", "50-60"]
    assert all(r == {"texts": 1, "matched": 0.0, "found": 0.0, "pieces": 0.0} for r in rows.values())


def test_the_command_stores_and_prints(stand_in, monkeypatch, capsys):
    competitors = [competitor(stand_in, REFERENCE, 3.0), competitor(stand_in, "ours int8", 1.0)]
    monkeypatch.setattr(longlines, "detectors", lambda models: competitors)
    monkeypatch.setattr(longlines, "ComparisonRunner", partial(ComparisonRunner, folder=stand_in))
    page = Page(Path("/nowhere/0.png"), f"{0:032d}", [TextAnnotation(box(0, 0, 9, 9), "x"), TextAnnotation(box(0, 20, 90, 29), "x")])
    monkeypatch.setattr(longlines, "pages", lambda name, limit: [page])
    out = stand_in / "r.json"
    assert main(["--sets", "sroie", "--limit", "1", "--out", str(out)]) == 0
    stored = json.loads(out.read_text())
    assert stored["environment"]["cores"] and set(stored["models"]) == {REFERENCE, "ours int8"} and stored["limit"] == 1
    assert stored["sets"]["sroie"]["ours int8"]["0-2"] == {"texts": 1, "matched": 1.0, "found": 1.0, "pieces": 1.0}
    shown = capsys.readouterr().out
    assert "| sroie | 0-2 | 1 | 1.000 / 1.000 | 1.000 / 1.000 |" in shown
    assert "| sroie | 10-15 | 1 | 0.000 / 0.000 | 0.000 / 0.000 |" in shown


def test_missing_models_are_told(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("benchmarks.competitors.make_peers", lambda: tmp_path)
    assert main(["--sets", "sroie", "--models", str(tmp_path), "--out", str(tmp_path / "r.json")]) == 1
    assert "mobile.onnx: no such model file" in capsys.readouterr().err and not (tmp_path / "r.json").exists()


@pytest.mark.parametrize("arguments", [["--sets", "nothing"], ["--limit", "3"], ["--limit", "0", "--out", "x"]])
def test_usage_errors(arguments):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2


def test_synthetic_pages_have_lines_of_every_length(tmp_path, monkeypatch):
    try:
        fonts(heldout=True)
    except CtpnError as e:
        pytest.skip(str(e))
    ratios = [ratio(r.quad) for seed in range(4) for r in long_pages.page(long_pages.SEED + seed)[1]]
    assert max(ratios) > 45 and min(ratios) < 5 and len(ratios) > 30
    monkeypatch.setattr(long_pages, "COUNT", 1)
    folder = long_pages.draw(tmp_path)
    image = folder / "images" / f"long_{long_pages.SEED}.jpg"
    before = image.stat().st_mtime_ns
    long_pages.draw(tmp_path)  # what is there stays
    assert image.stat().st_mtime_ns == before and (folder / "gt" / f"gt_{image.stem}.txt").read_text()
