"""The shipped reader from photo to text: marked regions, folders, several processes, what it costs."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from ctpn import TextReader
from ctpn.__main__ import main
from ctpn.contract.spec import CRNN, revise
from ctpn.imaging.decode import open_image
from ctpn.reader import SHIPPED_DETECTOR, SHIPPED_RECOGNIZER, _is_confirmed

EXAMPLES = Path(__file__).parents[2] / "examples"
WAYBILL = EXAMPLES / "waybill.jpg"
FIELDS = json.loads((EXAMPLES / "waybill.json").read_text(encoding="utf-8"))
REGIONS = [f["rectangle"] for f in FIELDS]


@pytest.fixture(scope="module")
def reader():
    return TextReader(threads=1)


@pytest.fixture(scope="module")
def photo():
    return open_image(WAYBILL)


def command(capsys, *args):
    code = main([str(a) for a in args])
    out = capsys.readouterr()
    return code, out.out, out.err


def test_the_marked_fields_are_read_to_the_character(reader, photo):
    lines = reader.read(photo, REGIONS)
    for i, field in enumerate(FIELDS):
        texts = [line.text for line in lines if line.region == i]
        assert texts == field["lines"], field["name"]


def plain(lines):
    return [(line.quad.tolist(), line.score, line.text, line.text_score, line.region) for line in lines]


@pytest.mark.parametrize("regions", [None, REGIONS])
def test_a_confident_text_confirms_a_line_of_low_score(photo, regions, monkeypatch):
    """With a `line_score` between those of the page's lines: lines below it are kept because of their texts, only in `read`."""
    means = {}

    def noted(line, text, detector, recognizer):
        means[line.score, text.text] = text.score
        return _is_confirmed(line, text, detector, recognizer)

    monkeypatch.setattr("ctpn.reader._is_confirmed", noted)
    reader = TextReader(threads=1)
    own = revise(reader.detector.spec, {"lines": {"line_score": 0.3, "score_slack": 0.0}})
    reader.detector.spec = own
    everything = reader.read(photo, regions)
    scores = sorted(line.score for line in everything)
    limit = (scores[len(scores) // 2 - 1] + scores[len(scores) // 2]) / 2
    reader.detector.spec = revise(own, {"lines": {"line_score": limit, "score_slack": 0.7}})
    combined = [line.score + means[line.score, line.text] for line in everything]
    enough = [both >= CRNN.reading.min_combined_score for both in combined]
    expected = [line for line, kept in zip(everything, enough, strict=True) if kept or line.score >= limit]
    assert plain(reader.read(photo, regions)) == plain(expected)
    assert len(reader.detect(photo, regions)) == len(scores) - len(scores) // 2 < len(expected)
    reader.detector.spec = revise(own, {"lines": {"line_score": limit, "score_slack": 0.0}})
    assert len(reader.read(photo, regions)) == len(scores) - len(scores) // 2


def test_the_lower_the_score_the_more_confident_the_text_must_be(monkeypatch):
    """On blurred forms, with a high `line_score`: some lines below it have a text of 0.5 and more that does not suffice."""
    form = open_image(EXAMPLES / "form.jpg")
    asked = []

    def noted(line, text, detector, recognizer):
        asked.append((line.score, text.score, _is_confirmed(line, text, detector, recognizer)))
        return asked[-1][2]

    monkeypatch.setattr("ctpn.reader._is_confirmed", noted)
    reader = TextReader(threads=1)
    reader.detector.spec = revise(reader.detector.spec, {"lines": {"line_score": 0.9, "score_slack": 0.6}})
    lines = [line for sigma in (3.5, 3.8) for line in reader.read(cv2.GaussianBlur(form, (0, 0), sigma))]
    low = [found for found in asked if found[0] < reader.detector.spec.lines.line_score and found[1] >= 0.5]
    confirmed = [kept for _, _, kept in low]
    assert any(confirmed) and not all(confirmed) and len(lines) == sum(kept for _, _, kept in asked)
    assert confirmed == [score + text_score >= CRNN.reading.min_combined_score for score, text_score, _ in low]


def test_a_line_of_low_score_without_text_is_dropped(photo):
    class Mute:
        spec = CRNN

        def logits(self, line_crops):
            return np.zeros((len(line_crops), line_crops.shape[2] // CRNN.stride, CRNN.classes), np.float32)

    reader = TextReader.of(TextReader(threads=1).detector, Mute())
    reader.detector.spec = revise(reader.detector.spec, {"lines": {"line_score": 0.9, "score_slack": 0.9}})
    lines = reader.read(photo)
    assert 0 < len(lines) == len(reader.detect(photo)) and {line.text for line in lines} == {""}


def test_an_upside_down_photo_is_read(reader, photo):
    upright = [line.text for line in reader.read(photo) if len(line.text) > 6 and line.text_score > 0.9]
    turned = [line.text for line in reader.read(np.ascontiguousarray(photo[::-1, ::-1]))]
    both = [text for text in upright if text in turned]
    assert len(both) > 5 and len(both) >= 0.7 * len(upright)
    assert both == [text for text in turned if text in both]  # in the same order


def test_quads_and_rectangles_mark_the_same(reader, photo):
    x, y, w, h = REGIONS[3]
    corners = [[x, y], [x + w, y], [x + w, y + h], [x, y + h]]
    by_quad, by_rectangle = reader.read(photo, [corners])[0], reader.read(photo, [REGIONS[3]])[0]
    assert by_quad.text == by_rectangle.text and (by_quad.quad == by_rectangle.quad).all()


def test_overlapping_regions_each_get_the_line(reader, photo):
    x, y, w, h = REGIONS[3]
    lines = reader.read(photo, [(x, y, w, h), (x - 5, y - 5, w + 10, h + 10)])
    assert [line.region for line in lines] == [0, 1] and lines[0].text == lines[1].text


def test_a_region_costs_by_its_area_not_the_photos(reader, photo, monkeypatch):
    seen = []
    maps = reader.detector.maps
    monkeypatch.setattr(reader.detector, "maps", lambda pixels: seen.append(pixels.shape[:2]) or maps(pixels))
    large = cv2.resize(photo, None, fx=3, fy=3)
    reader.read(large, [[3 * v for v in REGIONS[4]]])
    _, _, w, h = (3 * v for v in REGIONS[4])
    (rows, columns), air = seen[0], min(h, 128)
    assert len(seen) == 1 and rows * columns <= 1.6 * (w + air) * (h + air) < 0.06 * large.shape[0] * large.shape[1]


def test_an_empty_region_says_so(capsys):
    code, out, _ = command(capsys, WAYBILL, "--region", "2,2,12,40", "--region", ",".join(map(str, REGIONS[3])), "--threads", 1)
    assert code == 0 and "region 0: no text" in out and "region 1: no text" not in out
    found = json.loads(command(capsys, WAYBILL, "--region", "2,2,12,40", "--json", "--threads", 1)[1])
    assert found["lines"] == [] and found["regions"] == [{"region": 0, "lines": 0}]


def test_no_text_leaves_the_texts_out(capsys):
    line = json.loads(command(capsys, WAYBILL, "--json", "--no-text", "--threads", 1)[1])["lines"][0]
    assert line["text"] is None and line["text_score"] is None


def test_a_folder_in_two_processes_is_what_one_gives(tmp_path, capsys):
    for name in ("b", "a"):
        cv2.imwrite(str(tmp_path / f"{name}.png"), cv2.imread(str(WAYBILL))[250:420])
    (tmp_path / "c.jpg").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("not asked for")
    one = command(capsys, tmp_path, "--json", "--threads", 1)
    done = subprocess.run(
        [sys.executable, "-m", "ctpn", tmp_path, "--json", "--jobs", "2"], capture_output=True, text=True, cwd=EXAMPLES.parent
    )
    assert one[0] == done.returncode == 1 and done.stdout == one[1]
    rows = [json.loads(row) for row in done.stdout.splitlines()]
    assert [Path(r["image"]).name for r in rows] == ["a.png", "b.png", "c.jpg"]
    assert "error" in rows[2] and rows[0]["lines"] == rows[1]["lines"] != []


def test_a_folder_without_a_picture_is_an_error(tmp_path, capsys):
    code, out, err = command(capsys, tmp_path)
    assert code == 1 and out == "" and "no picture in this folder" in err and "Traceback" not in err


def test_csv_of_two_pictures_has_one_header(capsys):
    out = command(capsys, WAYBILL, WAYBILL, "--format", "csv", "--region", ",".join(map(str, REGIONS[3])), "--threads", 1)[1]
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == 2 and rows[0] == rows[1] and rows[0]["text"]


def test_both_models_fit_the_promise():
    assert SHIPPED_DETECTOR.stat().st_size + SHIPPED_RECOGNIZER.stat().st_size <= 4e6  # README says 4 MB
    assert SHIPPED_DETECTOR.stat().st_size <= 0.8e6
