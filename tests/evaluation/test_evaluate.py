"""Evaluation as a command, and the comparison's protocol, on pages of our own."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.environment import environment, save
from ctpn.annotations.formats import TextAnnotation, write_icdar
from ctpn.evaluate import PageMetrics, main, sheet
from ctpn.evaluation.metrics import CharacterCounts, DetectionCounts
from ctpn.reader import SHIPPED_DETECTOR, TextReader

ROOT = Path(__file__).parents[2]


@pytest.fixture
def own_set(tmp_path):
    """The waybill, annotated with what the detector itself finds, and a second page with one line more."""
    (tmp_path / "set" / "images").mkdir(parents=True)
    (tmp_path / "set" / "gt").mkdir()
    page = cv2.imread(str(ROOT / "examples" / "waybill.jpg"))
    for name, extra in (("a", []), ("b", [TextAnnotation(np.array([[0, 0], [9, 0], [9, 9], [0, 9]], np.float32), "x")])):
        cv2.imwrite(str(tmp_path / "set" / "images" / f"{name}.png"), page)
        lines = TextReader(threads=1).detect(tmp_path / "set" / "images" / f"{name}.png")
        # Shifted by a pixel, so that no polygon equals its own copy.
        write_icdar(
            tmp_path / "set" / "gt" / f"gt_{name}.txt", [TextAnnotation(line.quad + np.float32([1, 0]), "x") for line in lines] + extra
        )
    return tmp_path / "set", len(lines)


def test_figures_json_and_sheet(own_set, tmp_path, capsys):
    folder, count = own_set
    out = ["--json", str(tmp_path / "e.json"), "--sheet", str(tmp_path / "s.png")]
    assert main([str(folder), "--split", "all", *out]) == 0
    result = json.loads((tmp_path / "e.json").read_text())["set"]
    assert result["images"] == 2 and result["iou_p"] > 0.95
    assert result["iou_r"] <= 2 * count / (2 * count + 1) + 1e-9 < 1
    assert result["pages"]["b"]["iou_h"] <= result["pages"]["a"]["iou_h"]
    assert cv2.imread(str(tmp_path / "s.png")).shape[1] == 4 * 480
    assert "hmean" in capsys.readouterr().out


def test_a_page_without_text_on_which_nothing_is_found_is_not_among_the_worst(tmp_path):
    for name in ("empty", "lost"):
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full((64, 64, 3), 255, np.uint8))
    empty = PageMetrics(tmp_path / "empty.png", [], [], 1.0, DetectionCounts(), CharacterCounts())
    lost = PageMetrics(tmp_path / "lost.png", [], [], 1.0, DetectionCounts(texts=2, found=1, matched=1), CharacterCounts())
    assert np.array_equal(sheet([empty, lost], count=1), sheet([lost], count=1))


def test_reading_is_measured_too(own_set, tmp_path, capsys, monkeypatch):
    folder, count = own_set

    def read(self, image):  # all that `detect` finds says x, but the first line says nothing
        lines = self.detect(image)
        return [replace(line, text="X " if i else None) for i, line in enumerate(lines)]

    monkeypatch.setattr(TextReader, "read", read)
    assert main([str(folder), "--split", "all", "--read", "--json", str(tmp_path / "e.json")]) == 0
    result = json.loads((tmp_path / "e.json").read_text())["set"]
    assert result["chars"] == 2 * count + 1
    assert 0.7 < result["pages"]["b"]["read"] < result["pages"]["a"]["read"] < 1 and result["read"] <= result["read_matched"]
    head, row = capsys.readouterr().out.splitlines()
    assert head.split()[-2:] == ["read", "found"] and row.split()[-1] == f"{result['read_matched']:.3f}"


def test_an_output_never_replaces_the_set(own_set, tmp_path, capsys):
    folder, _ = own_set
    image = next((folder / "images").iterdir())
    before = image.read_bytes()
    assert main([str(folder), "--split", "all", "--sheet", str(image)]) == 1
    assert "would write over" in capsys.readouterr().err and image.read_bytes() == before
    assert main([str(folder), "--json", str(tmp_path / "x"), "--sheet", str(tmp_path / "x")]) == 1
    assert "is given for both" in capsys.readouterr().err


def test_an_empty_split_and_a_lost_folder_fail_clearly(own_set, tmp_path, capsys):
    assert main([str(tmp_path / "nowhere")]) == 1
    assert "nowhere" in capsys.readouterr().err


def test_the_worker_answers_line_by_line(tmp_path):
    worker = [sys.executable, str(ROOT / "benchmarks" / "competitor_process.py"), "ours", str(SHIPPED_DETECTOR)]
    page = str(ROOT / "examples" / "waybill.jpg")
    done = subprocess.run(worker, input=f"{page}\n{page}\n", capture_output=True, text=True, cwd=ROOT, timeout=120)
    ready, first, second = done.stdout.splitlines()
    assert ready == "ready" and json.loads(first)["quads"] == json.loads(second)["quads"]
    assert len(json.loads(first)["quads"]) >= 10 and set(json.loads(first)) == {"quads", "pre", "net", "post", "memory"}


def test_results_carry_their_environment(tmp_path):
    save(tmp_path / "r.json", {"x": 1})
    stored = json.loads((tmp_path / "r.json").read_text())
    assert stored["x"] == 1 and stored["environment"]["cores"] == environment()["cores"]
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]
