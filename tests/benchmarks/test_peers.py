"""The runner of comparisons with stand-ins for the models: turns, continuing after an interruption, merging results, pages."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks import compare, competitor_process, competitors, pages
from benchmarks.compare import ComparisonRunner, collect_answers, detection
from benchmarks.competitors import REFERENCE, Competitor
from benchmarks.pages import Page, digest
from benchmarks.peers import SETS, main, parse, summary
from benchmarks.reading_metrics import common, is_rare, reading
from benchmarks.report import headline, results
from benchmarks.results import ComparisonResults
from ctpn.annotations.formats import TextAnnotation, write_icdar
from ctpn.errors import CtpnError
from ctpn.reader import TextReader
from tests.helpers.quads import box
from tests.helpers.stand_in import asked, competitor

ROOT = Path(__file__).parents[2]


def some_pages(count):
    return [Page(Path(f"/nowhere/{i}.png"), f"{i:032d}", [TextAnnotation(box(0, 0, 9, 9), "x")]) for i in range(count)]


def test_an_interrupted_run_continues(stand_in):
    two = [competitor(stand_in, REFERENCE, 3.0), competitor(stand_in, "ours", 1.0)]
    (stand_in / "ours.dies-on-2.png").touch()
    with (
        ComparisonRunner(two, "detect", folder=stand_in) as runner,
        pytest.raises(CtpnError, match=r"ours: the process died on /nowhere/2\.png"),
    ):
        collect_answers(runner, some_pages(4), "set")
    assert asked(stand_in, "ours") == ["0.png", "0.png", "1.png"]  # the very first answer is discarded
    (stand_in / "ours.dies-on-2.png").unlink()
    with ComparisonRunner(two, "detect", folder=stand_in) as runner:
        found, reused = collect_answers(runner, some_pages(4), "set")
    assert asked(stand_in, "ours")[3:] == ["2.png", "2.png", "3.png"] and reused == 4
    row = detection(some_pages(4), found["ours"])
    assert row["iou_h"] == 1 and row["ms_median"] == 2.0 and row["ratio_to_tiny"] == 0.5 and row["pages"] == 4


def test_a_new_model_is_asked_together_with_the_reference(stand_in):
    both = [competitor(stand_in, REFERENCE, 3.0), competitor(stand_in, "ours", 1.0)]
    with ComparisonRunner(both, "detect", folder=stand_in) as runner:
        collect_answers(runner, some_pages(2), "set")
    (stand_in / "ours.onnx").write_text("other")
    with ComparisonRunner(both, "detect", folder=stand_in) as runner:
        found, reused = collect_answers(runner, some_pages(2), "set")
    assert reused == 2 and len(asked(stand_in, "ours")) == 6 == len(asked(stand_in, REFERENCE))
    assert [a["reference_ms"] for a in found["ours"]] == [4.0, 4.0]
    with ComparisonRunner(both, "detect", folder=stand_in, fresh=True) as runner:
        assert collect_answers(runner, some_pages(2), "set")[1] == 0


def test_a_changed_stage_changes_the_key_of_our_answers(stand_in, monkeypatch):
    code = {str(f.relative_to(ROOT / "ctpn")) for f in competitors._reader_code()}
    assert {"reader.py", "detection/lines.py", "recognition/ctc.py", "imaging/resample.py"} <= code
    assert not {f for f in code if f.startswith(("evaluation/", "training/", "nn/"))}
    ours = Competitor("ours", Path(sys.executable), ("ours-read",), ())
    before = ours.key()
    monkeypatch.setattr(competitors, "_reader_code", lambda: [ROOT / "ctpn" / "reader.py"])
    assert ours.key() != before


def test_metrics_of_reading_by_hand():
    page = [Page(Path("/nowhere/0.png"), "0", [TextAnnotation(box(0, 0, 90, 9), "收件人 A1 鑫淼")])]
    answer = {"quads": [box(0, 0, 90, 9).tolist()], "texts": ["收件入A1鑫水"], "detect": 2.0, "read": 3.0, "ms": 5.0, "reference_ms": 10.0}
    row = reading("waybills", page, [answer])
    assert (row["chars"], row["read"], row["ms"], row["ratio_to_tiny"]) == (7, round(5 / 7, 4), {"detect": 2.0, "read": 3.0}, 0.5)
    assert (row["chinese"]["chars"], row["chinese"]["read"]) == (5, 0.6)
    assert (row["rare"]["chars"], row["rare"]["read"]) == (2, 0.5)
    assert "chinese" not in reading("sroie", page, [answer])
    shown = summary({"sets": {"waybills": {"ours": row}}, "size_mb": {"ours": 3.2}, "memory_mb": {"ours": 150}}, "read")
    assert "| 0.714 |" in shown and "rare (2)" in shown and shown.endswith("ours: 3.2 MB of files, 150 MB of memory at most")


def test_readme_shows_what_was_read(tmp_path):
    for file in (ROOT / "benchmarks" / "results").glob("*.json"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    row = {"pages": 60, "read": 0.9, "ms_median": 5.0, "ratio_to_tiny": 0.5, "rare": {"chars": 2, "read": 0.25}}
    sets = {name: dict.fromkeys(headline.READERS, row) for name in ("sroie", "funsd", "waybills")}
    per_side = dict.fromkeys(headline.READERS, 3.2)
    (tmp_path / "reading.json").write_text(json.dumps({"size_mb": per_side, "memory_mb": per_side, "sets": sets}))
    shown = headline.updated(f"{headline.BEGIN}{headline.END}", headline.headline(results.StoredResults(tmp_path)))
    assert (
        "unseen seeds and fonts (60) | 0.900 |" in shown
        and "these³ (2) | 0.250 |" in shown
        and "| 0.50 × (5 ms a page) | 0.50 × | 0.50 × |" in shown
    )
    peers = json.loads((tmp_path / "peers.json").read_text())
    del peers["sets"]["funsd"]["ours int8"]
    (tmp_path / "peers.json").write_text(json.dumps(peers))
    with pytest.raises(CtpnError, match="'ours int8' for funsd; measure them"):
        headline.headline(results.StoredResults(tmp_path))


def test_our_process_times_detection_and_reading_apart(monkeypatch):
    monkeypatch.setattr(TextReader, "read", lambda self, rgb: [replace(line, text="x") for line in self.detect(rgb)], raising=False)
    got = competitor_process.answer(competitor_process.ours_read(), competitor_process.decode(str(ROOT / "examples" / "waybill.jpg")))
    assert len(got["quads"]) == len(got["texts"]) > 10 and set(got["texts"]) == {"x"}
    assert got["detect"] > 0 and got["read"] == pytest.approx(got["whole"] - got["detect"])


def test_rare_characters():
    assert len(common()) == 2000 and {"的", "一", "省", "收"} <= common()
    assert is_rare("鑫") and not is_rare("省") and not is_rare("A") and not is_rare("，")


def test_reading_without_a_recogniser_fails_clearly(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(competitors, "SHIPPED_DETECTOR", tmp_path / "mobile-int8.onnx")
    (tmp_path / "mobile-int8.onnx").touch()
    assert main(["--read", "--limit", "1", "--out", str(tmp_path / "r.json")]) == 1
    assert "crnn-int8.onnx: no such model file" in capsys.readouterr().err


def test_memory_is_measured_in_a_new_process(stand_in):
    assert compare.memory([competitor(stand_in, "ours", 1.0)], some_pages(2)) == {"ours": 7}
    assert asked(stand_in, "ours") == ["0.png", "1.png"]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="ru_maxrss elsewhere")
def test_the_peak_is_not_that_of_the_parent():
    parent = (
        "import sys, subprocess; b = bytearray(400 << 20); b[::4096] = b[::4096]; "
        "subprocess.run([sys.executable, '-c', 'from benchmarks.competitor_process import peak; print(peak())'], close_fds=False)"
    )
    done = subprocess.run([sys.executable, "-c", parent], cwd=ROOT, capture_output=True, text=True, check=True)
    assert 10 < float(done.stdout) < 300


def test_parts_of_the_same_models_join(stand_in):
    both = [competitor(stand_in, "a", 1.0), competitor(stand_in, "b", 1.0)]
    file = stand_in / "r.json"
    ComparisonResults(file, both).add("sroie", {"a": {"pages": 1}, "b": {"pages": 1}}, pages_sha256="x")
    ComparisonResults(file, both).add("page_960x672", {"a": 1, "b": 2})
    data = json.loads(file.read_text())
    assert set(data["taken"]) == {"sroie", "page_960x672"} and data["taken"]["sroie"]["pages_sha256"] == "x"
    assert set(data["models"]) == {"a", "b"} == set(data["sets"]["sroie"])


def test_rows_of_another_model_are_removed(stand_in, capsys):
    both = [competitor(stand_in, "a", 1.0), competitor(stand_in, "b", 1.0)]
    file = stand_in / "r.json"
    ComparisonResults(file, both).add("sroie", {"a": {}, "b": {}})
    changed = ComparisonResults(file, [competitor(stand_in, "a", 1.0, model="new"), both[1]])
    assert changed.data["sets"] == {"sroie": {"b": {}}} and "removed: a" in capsys.readouterr().err
    changed.add("memory_mb", {"a": 1, "b": 1})
    none = ComparisonResults(file, [competitor(stand_in, "a", 1.0, model="newer"), competitor(stand_in, "b", 1.0, model="newer")])
    assert none.data["sets"] == {} == none.data["taken"]


def test_results_of_unknown_models_are_refused(stand_in):
    (stand_in / "r.json").write_text('{"sets": {}}')
    with pytest.raises(CtpnError, match="does not name its models"):
        ComparisonResults(stand_in / "r.json", [])
    (stand_in / "r.json").write_text('{"sets": ')
    with pytest.raises(CtpnError, match="expected JSON"):
        ComparisonResults(stand_in / "r.json", [])


def test_a_changed_image_is_another_page(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(pages, "DATA", tmp_path)
    (tmp_path / "funsd" / "images").mkdir(parents=True)
    (tmp_path / "funsd" / "gt").mkdir()
    write_icdar(tmp_path / "funsd" / "gt" / "gt_a.txt", [TextAnnotation(box(0, 0, 192, 96), "x")])
    for shade in (10, 200):
        cv2.imwrite(str(tmp_path / "funsd" / "images" / "a.png"), np.full((960, 1920, 3), shade, np.uint8))
        (page,) = pages.pages("funsd")
        assert (cv2.imread(str(page.file)) == shade).all() and page.annotations[0].quad.max() == 96
        assert cv2.imread(str(page.file)).shape == (480, 960, 3)
    (stored,) = pages.pages("funsd", reduced=False)
    assert stored.file.name == "a.png" and stored.annotations[0].quad.max() == 192 and digest([stored]) != digest([page])
    assert len(list((tmp_path / "cache" / "pages").iterdir())) == 2  # nothing half-written beside them


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ([], (True, True, list(SETS["detect"]))),
        (["--read"], (False, True, list(SETS["read"]))),
        (["--speed"], (True, False, [])),
        (["--sets", "sroie,funsd"], (False, False, ["sroie", "funsd"])),
        (["--memory", "--sets", "td500"], (False, True, ["td500"])),
    ],
)
def test_parts_are_asked_for_by_name(line, wanted):
    args = parse(line)
    assert (args.speed, args.memory, args.sets) == wanted


@pytest.mark.parametrize(
    "line", [["--sets", "nothing"], ["--limit", "3"], ["--limit", "0", "--out", "x"], ["--read", "--speed"], ["--read", "--sets", "td500"]]
)
def test_wrong_use_exits_2(line):
    with pytest.raises(SystemExit, match="2"):
        parse(line)
