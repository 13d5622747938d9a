"""Bulk reading into Parquet: each photo has one row, whatever stops the command, and the same rows by Ray."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pyarrow import parquet

from ctpn.batch import parquet as parts
from ctpn.batch.__main__ import main
from ctpn.batch.bulk import ReadOptions, read_page
from ctpn.batch.item import Outcome
from ctpn.batch.sources import photos
from ctpn.errors import CtpnError
from ctpn.output.record import page_record

ROOT = Path(__file__).parents[2]
PHOTO = ROOT / "examples" / "waybill.jpg"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three photos in two folders, one that is none, and a file that is no picture by its name."""
    found = tmp_path / "photos"
    (found / "more").mkdir(parents=True)
    for name in ("a.jpg", "c.JPG", "more/b.jpeg"):
        shutil.copy(PHOTO, found / name)
    (found / "bad.png").write_bytes(b"no picture")
    (found / "notes.md").write_text("none")
    return found


def rows(out: Path) -> list[dict]:
    return parquet.read_table(out).to_pylist()


def test_each_photo_has_a_row_and_a_bad_one_its_error(folder, tmp_path, capfd):
    out = tmp_path / "lines.parquet"
    assert main([str(folder), "--out", str(out)]) == 1
    found = rows(out)
    assert [Path(r["image"]).relative_to(folder).as_posix() for r in found] == ["a.jpg", "bad.png", "c.JPG", "more/b.jpeg"]
    bad = found.pop(1)
    assert "not a picture" in bad["error"] and bad["lines"] is None and bad["width"] is None
    expected = page_record("", read_page(PHOTO.read_bytes(), ReadOptions(threads=1)))
    for row in found:
        assert row["error"] is None and (row["width"], row["height"]) == (expected["width"], expected["height"])
        assert [line["text"] for line in row["lines"]] == [line["text"] for line in expected["lines"]]
        corners = [v for line in row["lines"] for v in line["quad"]]
        assert corners == pytest.approx([v for line in expected["lines"] for point in line["quad"] for v in point], abs=1e-3)
    told = capfd.readouterr()
    assert told.out.strip() == str(out) and "4 of 4 photos, 1 failed" in told.err
    assert main([str(folder), "--out", str(out)]) == 1 and "4 of 4 photos have been read before" in capfd.readouterr().err
    assert rows(out) == [found[0], bad, *found[1:]]


def test_damage_and_size_are_judged_as_by_the_reader(tmp_path, capfd):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "half.jpg").write_bytes(PHOTO.read_bytes()[:20_000] + b"\xff\xd9")
    found = []
    for name, *options in (("warned",), ("strict", "--strict"), ("small", "--max-pixels", "90000")):
        out = tmp_path / name
        assert main([str(tmp_path / "photos"), "--out", str(out), "--no-text", *options]) == (name != "warned"), capfd.readouterr().err
        found += rows(out)
    warned, strict, small = found
    assert warned["error"] is None and [w["code"] for w in warned["warnings"]] == ["damaged"]
    assert "--strict" in strict["error"] and "more than the limit of 90000" in small["error"]
    assert main([str(tmp_path / "photos"), "--out", str(tmp_path / "strict"), "--no-text"]) == 1
    assert "was begun with other strict" in capfd.readouterr().err


def test_lists_wildcards_and_urls_are_read(folder, tmp_path, capfd):
    listed = tmp_path / "list.txt"
    listed.write_text(f"# two\n{folder}/c.JPG\n\n{(folder / 'a.jpg').as_uri()}\n", encoding="utf-8")
    assert photos(str(listed)) == [f"{folder}/c.JPG", (folder / "a.jpg").as_uri()]
    assert photos(f"{folder}/*.jpg") == [f"{folder}/a.jpg"]
    assert photos(folder.as_uri()) == [(folder / n).as_uri() for n in ("a.jpg", "bad.png", "c.JPG", "more/b.jpeg")]
    assert main([str(listed), "--out", str(tmp_path / "o"), "--no-text"]) == 0
    assert [r["lines"][0]["text"] for r in rows(tmp_path / "o")] == [None, None]
    capfd.readouterr()
    listed.write_text("x.jpg\nx.jpg\n")
    wrong = {"list.txt": "there twice", "none.txt": "no list of photos", "photos/more/*.png": "no photo there"}
    for source, message in {**{str(tmp_path / name): said for name, said in wrong.items()}, "s4://x": "cannot be listed"}.items():
        assert main([source, "--out", str(tmp_path / "p")]) == 1
        told = capfd.readouterr().err
        assert message in told and told.count("\n") == 1 and not (tmp_path / "p").exists()


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_killed_reading_goes_on_and_loses_nothing(tmp_path, jobs):
    many = tmp_path / "photos"
    many.mkdir()
    for i in range(24):
        shutil.copy(PHOTO, many / f"{i:02d}.jpg")
    command = [sys.executable, "-m", "ctpn.batch", str(many), "--out", str(tmp_path / "out"), "--jobs", jobs]
    journal = tmp_path / "out" / parts.JOURNAL
    counts = []
    for _ in range(2):
        before = counts[-1] if counts else 0
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 120
        while time.monotonic() < until and not (journal.exists() and journal.read_bytes().count(b"\n") >= before + 3):
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        counts.append(journal.read_bytes().count(b"\n"))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and f"{counts[1]} of 24 photos have been read before" in done.stderr and counts[1] >= counts[0] + 3
    assert [Path(r["image"]).name for r in rows(tmp_path / "out")] == [f"{i:02d}.jpg" for i in range(24)]
    assert all(r["lines"] for r in rows(tmp_path / "out"))


def test_parts_are_whole_wherever_a_kill_falls(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "PART", 3)
    names = [f"{i}.jpg" for i in range(8)]
    folder, options = tmp_path / "out", {"text": "True"}

    def begun() -> parts.Parts:
        return parts.Parts(folder, names, options)

    writer = begun()
    for name in names[:5]:
        writer.add(Outcome(name, error="none"))
    writer.close()
    assert len(rows(folder)) == 3
    with (folder / parts.JOURNAL).open("ab") as journal:
        journal.write(b'{"image": "5.j')  # killed while it wrote
    writer = begun()
    assert (writer.done, writer.failed) == (5, 5)
    whole = (folder / parts.JOURNAL).read_bytes()
    writer.add(Outcome("5.jpg", error="none"))
    writer.close()
    (folder / parts.JOURNAL).write_bytes(
        whole + b'{"image": "5.jpg", "error": "none"}\n'
    )  # killed after the part, before the journal's end
    writer = begun()
    assert writer.done == 6 and writer.failed == 6
    for name in names[6:]:
        writer.add(Outcome(name, error="none"))
    writer.close()
    writer = begun()
    writer.close()
    assert [r["image"] for r in rows(folder)] == names and writer.done == 8


def test_the_output_of_another_reading_is_not_touched(tmp_path):
    names = ["a", "b"]
    parts.Parts(tmp_path / "out", names, {"text": "True"}).close()
    for others, options, message in ((["a", "c"], {"text": "True"}, "other names"), (names, {"text": "False"}, "other text")):
        with pytest.raises(CtpnError, match=message):
            parts.Parts(tmp_path / "out", others, options)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("x")
    with pytest.raises(CtpnError, match="expected a new or empty folder"):
        parts.Parts(tmp_path / "mine", names, {})
    (tmp_path / "out" / parts.JOURNAL).write_text(json.dumps({"image": "z", "error": None}) + "\n")
    with pytest.raises(CtpnError, match="rows of other photos"):
        parts.Parts(tmp_path / "out", names, {"text": "True"})


@pytest.mark.slow
def test_ray_gives_the_same_rows(folder, tmp_path):
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'ctpn[ray]'")
    assert main([str(folder), "--out", str(tmp_path / "own")]) == 1
    command = [sys.executable, "-m", "ctpn.batch", str(folder), "--out", str(tmp_path / "ray"), "--ray"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"RAY_AUTH_MODE": "disabled"}, timeout=300)
    assert done.returncode == 1, done.stderr
    assert rows(tmp_path / "ray") == rows(tmp_path / "own")
