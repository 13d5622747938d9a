"""Pages of files on the command line, and the options about pictures."""

import csv
import io
import json
import os
import threading
from pathlib import Path
from xml.etree import ElementTree

import cv2
import jsonschema
import numpy as np
import pytest

from ctpn.batch.pages import Pages
from ctpn.cli import main
from ctpn.errors import CtpnError
from tests.helpers.tiffs import tiff

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "contract" / "schemas" / "result.schema.json").read_text(encoding="utf-8"))
TEXTS = ["FIRST", "SECOND", "THIRD"]


def page(text):
    rgb = np.full((120, 640, 3), 255, np.uint8)
    cv2.putText(rgb, text, (20, 80), cv2.FONT_HERSHEY_SIMPLEX, 2, (0, 0, 0), 4, cv2.LINE_AA)
    return rgb


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    file = tmp_path_factory.mktemp("scan") / "scan.tif"
    file.write_bytes(tiff([page(text) for text in TEXTS]))
    return str(file)


def run(capsys, *args):
    code = main([*args, "--threads", "1"])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def records(out):
    found = [json.loads(line) for line in out.splitlines()]
    for record in found:
        jsonschema.validate(record, SCHEMA)
    return found


@pytest.mark.parametrize(("pages", "expected"), [("all", [1, 2, 3]), ("2", [2]), ("2-3", [2, 3]), ("3-99", [3])])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_pages_are_read_in_their_order(scan, capsys, pages, expected, jobs):
    code, out, err = run(capsys, scan, "--json", "--pages", pages, "--jobs", jobs)
    assert (code, err) == (0, "") and [r["page"] for r in records(out)] == expected
    assert [[line["text"] for line in r["lines"]] for r in records(out)] == [[TEXTS[i - 1]] for i in expected]


def test_without_pages_the_first_is_read_and_the_others_are_counted(scan, capsys):
    code, out, err = run(capsys, scan, "--json")
    (record,) = records(out)
    assert code == 0 and record["page"] == 1 and [w["code"] for w in record["warnings"]] == ["more_pages"]
    assert err == f"ctpn: {scan}: warning: has 3 pages or frames, 2 of them were not read; --pages all reads them\n"


@pytest.mark.parametrize("form", ["text", "json", "hocr"])
def test_a_page_without_text_is_a_page(tmp_path, capsys, form):
    (tmp_path / "a.tif").write_bytes(tiff([np.full((100, 200, 3), 255, np.uint8), page("SECOND")]))
    code, out, err = run(capsys, str(tmp_path / "a.tif"), "--format", form)
    assert code == 0 and "2 pages" in err
    assert {"text": ", page 1: 0 lines, 200 x 100", "json": '"lines": []', "hocr": "bbox 0 0 200 100"}[form] in out


def test_a_page_that_is_not_there(scan, capsys):
    code, out, err = run(capsys, scan, "--json", "--pages", "7-9")
    assert (code, err) == (1, f"ctpn: {scan}: page 7 was asked for; it has 3\n") and [*records(out)[0]] == ["image", "error"]


def test_the_page_is_in_every_format(scan, capsys):
    text = run(capsys, scan, "--pages", "2-3")[1]
    assert f"{scan}, page 2: 1 lines, 640 x 120 pixels" in text and f"{scan}, page 3: " in text
    rows = list(csv.DictReader(io.StringIO(run(capsys, scan, "--pages", "all", "--format", "csv")[1])))
    assert [row["page"] for row in rows] == ["1", "2", "3"]
    body = ElementTree.fromstring(run(capsys, scan, "--pages", "2-3", "--format", "hocr")[1])
    titles = [e.get("title") for e in body.iter() if e.get("class") == "ocr_page"]
    assert ["; ".join(t.split("; ")[2:]) for t in titles] == ["ppageno 0; lpageno 2", "ppageno 1; lpageno 3"]


def test_each_page_has_its_overlay(scan, capsys, tmp_path):
    assert run(capsys, scan, "--pages", "all", "--overlay", str(tmp_path / "seen"))[0] == 0
    assert sorted(p.name for p in (tmp_path / "seen").iterdir()) == ["scan-1.png", "scan-2.png", "scan-3.png"]


def test_files_of_one_page_are_read_as_ever(capsys):
    photo = str(ROOT / "examples" / "sign.jpg")
    assert run(capsys, photo, "--json", "--pages", "all") == run(capsys, photo, "--json")
    assert run(capsys, photo, "--json", "--pages", "2")[0] == 1


@pytest.mark.parametrize("wrong", ["0", "", "-1", "3-2", "a", "1-", "1,2", "ALL", "1" * 5000])
def test_what_are_no_pages(wrong, capsys):
    with pytest.raises(CtpnError, match="expected all, a page"):
        Pages.parse(wrong)
    with pytest.raises(SystemExit, match="2"):
        main(["x.tif", f"--pages={wrong}"])
    assert "expected all, a page such as 3" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["0", "-1", "x", "1e6", "9" * 5000])
def test_what_is_no_number_of_pixels(wrong, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["x.tif", f"--max-pixels={wrong}"])
    assert "expected a number of pixels" in capsys.readouterr().err


def half(tmp_path):
    """Half a JPEG, closed by an end mark."""
    data = cv2.imencode(".jpg", np.vstack([page("FIRST"), page("SECOND")]))[1].tobytes()
    file = tmp_path / "half.jpg"
    file.write_bytes(data[: len(data) // 2] + b"\xff\xd9")
    return str(file)


def test_damage_is_a_warning_or_with_strict_an_error(tmp_path, capsys):
    file = half(tmp_path)
    code, out, err = run(capsys, file, "--json")
    assert code == 0 and [w["code"] for w in records(out)[0]["warnings"]] == ["damaged"]
    assert err.startswith(f"ctpn: {file}: warning: is damaged (") and err.count("\n") == 1
    code, out, err = run(capsys, file, "--json", "--strict")
    assert code == 1 and [*records(out)[0]] == ["image", "error"]
    assert err.startswith(f"ctpn: {file}: is damaged (") and err.endswith(
        "); copy the file again, or read what is left of it without --strict\n"
    )


def test_the_limit_of_pixels(scan, capsys):
    assert run(capsys, scan, "--max-pixels", "76799")[2].endswith("raise the limit: --max-pixels, max_pixels\n")
    assert run(capsys, scan, "--max-pixels", "76800", "--pages", "1")[::2] == (0, "")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
@pytest.mark.parametrize("pages", [[], ["--pages", "all"]])
def test_a_named_pipe_is_read_where_it_is_named(scan, tmp_path, capsys, pages):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(Path(scan).read_bytes()))
    writer.start()
    code, out, _ = run(capsys, str(pipe), "--json", *pages)
    writer.join()
    assert code == 0 and len(records(out)) == (3 if pages else 1)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_named_pipe_in_a_folder_is_passed_over(scan, tmp_path, capsys):
    os.mkfifo(tmp_path / "a.jpg")
    (tmp_path / "b.tif").write_bytes(Path(scan).read_bytes())
    code, out, err = run(capsys, str(tmp_path), "--json")
    assert code == 0 and len(records(out)) == 1 and "passed over 1, no regular file" in err
