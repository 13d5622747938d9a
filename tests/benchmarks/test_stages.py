"""The micro-benchmark measures what it says, on a small scale."""

import json

import cv2
import numpy as np

from benchmarks import stages
from ctpn.annotations.formats import TextAnnotation, write_icdar
from tests.helpers.quads import box


def test_crops_come_from_pages_and_are_timed(tmp_path, capsys):
    (tmp_path / "set" / "images").mkdir(parents=True)
    (tmp_path / "set" / "gt").mkdir()
    rows = [TextAnnotation(box(20, y, 780, y + 14), "x") for y in range(20, 560, 20)]
    for name in "abc":
        cv2.imwrite(str(tmp_path / "set" / "images" / f"{name}.png"), np.full((600, 800, 3), 255, np.uint8))
        write_icdar(tmp_path / "set" / "gt" / f"gt_{name}.txt", rows)
    crops = stages.cut_out(tmp_path / "set", 4)
    assert len(crops) == 4 and all(len(quads) > 3 and not len(ignored) for quads, ignored in crops)
    assert stages.main(["--pages", str(tmp_path / "set"), "--out", str(tmp_path / "s.json")]) == 0
    stored = json.loads((tmp_path / "s.json").read_text())
    assert 1900 < stored["proposals"] < 2200 and stored["lines"] == 114
    assert 0 < stored["encode_512"]["best_ms"] <= stored["encode_512"]["slowest_crop_best_ms"]
    assert 0 < stored["all_best_ms"] <= stored["all_median_ms"] and "2043 proposals" in capsys.readouterr().out


def test_missing_pages_are_told(tmp_path, capsys):
    assert stages.main(["--pages", str(tmp_path / "none"), "--out", str(tmp_path / "s.json")]) == 1
    assert "ctpn.synthesis.pages" in capsys.readouterr().err and not (tmp_path / "s.json").exists()
