"""The command line: every format, good images and bad, and nothing that was there is written over."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from jsonschema import Draft202012Validator

from ctpn.cli import main
from ctpn.imaging.decode import open_image
from tests.helpers.jpegs import with_orientation

EXAMPLES = Path(__file__).parents[1] / "examples"
WAYBILL = EXAMPLES / "waybill.jpg"
SCHEMA = Draft202012Validator(json.loads((EXAMPLES.parent / "contract" / "schemas" / "result.schema.json").read_text(encoding="utf-8")))


def command(capsys, *args):
    code = main([str(a) for a in args])
    out = capsys.readouterr()
    if "--json" in args:
        for line in out.out.splitlines():
            SCHEMA.validate(json.loads(line))
    return code, out.out, out.err


def test_json_has_the_promised_form(capsys):
    code, out, _ = command(capsys, WAYBILL, "--json", "--threads", 1)
    result = json.loads(out)
    assert code == 0 and out.count("\n") == 1 and list(result) == ["image", "width", "height", "lines", "warnings"]
    assert list(result["lines"][0]) == ["quad", "score", "text", "text_score", "region"]
    assert (result["height"], result["width"]) == open_image(WAYBILL).shape[:2]


def test_lines_below_a_score_are_dropped_and_counted(capsys):
    _, out, _ = command(capsys, WAYBILL, "--json", "--threads", 1)
    lines = json.loads(out)["lines"]
    scores = sorted({line["text_score"] for line in lines})
    least = (scores[1] + scores[2]) / 2
    kept = [line for line in lines if line["text_score"] >= least]
    assert 0 < len(kept) < len(lines)
    code, out, err = command(capsys, WAYBILL, "--json", "--threads", 1, "--min-score", least)
    result = json.loads(out)
    assert code == 0 and result["lines"] == kept
    assert [w["code"] for w in result["warnings"]] == ["low_scores"]
    assert f"warning: {len(lines) - len(kept)} of {len(lines)} lines were dropped" in err
    _, out, err = command(capsys, WAYBILL, "--json", "--threads", 1, "--min-score", least, "--no-text")
    assert len(json.loads(out)["lines"]) > len(kept) and not err, "lines that were not read have no score"


@pytest.mark.parametrize("score", ["1.1", "-0.1", "nan", "x"])
def test_a_score_is_a_fraction(capsys, score):
    with pytest.raises(SystemExit) as stopped:
        main([str(WAYBILL), f"--min-score={score}"])
    assert stopped.value.code == 2 and "--min-score: expected a number from 0 to 1" in capsys.readouterr().err


def test_one_bad_image_does_not_stop_the_others(tmp_path, capsys):
    (tmp_path / "bad.jpg").write_text("text")
    code, out, _ = command(capsys, WAYBILL, tmp_path / "bad.jpg", EXAMPLES / "sign.jpg", "--json", "--threads", 1)
    results = [json.loads(line) for line in out.splitlines()]
    assert code == 1 and [sorted(r) for r in results][1] == ["error", "image"]
    assert "lines" in results[0] and "lines" in results[2]


def test_plain_output_and_overlay(tmp_path, capsys):
    code, out, err = command(capsys, WAYBILL, "--overlay", tmp_path / "new" / "seen.png", "--threads", 1)
    assert code == 0 and err == "" and f"{WAYBILL}: " in out and " % " in out
    drawn = cv2.imread(str(tmp_path / "new" / "seen.png"))
    height, width, _ = open_image(WAYBILL).shape
    assert drawn.shape == (height, 2 * width, 3)  # the photo, and the texts beside it
    code, _, _ = command(capsys, WAYBILL, "--no-text", "--overlay", tmp_path / "new" / "seen.png", "--threads", 1)
    drawn = cv2.imread(str(tmp_path / "new" / "seen.png"))
    assert code == 0 and drawn.shape == (height, width, 3) and list((tmp_path / "new").iterdir()) == [tmp_path / "new" / "seen.png"]


@pytest.mark.parametrize(
    "args",
    [
        ["--region", "1,2,3"],
        ["--json"],
        ["--nonsense", "a.jpg"],
        ["--threads", "-1"],
        ["--threads", "1000000"],
        ["--jobs", "²"],
        ["--region", "nan,0,1,1"],
        ["--region", "0,0,inf,1"],
        ["--region", "-x"],
        ["--csv-safe"],
        ["--csv-safe", "--format", "json"],
        ["--overlay", ""],
        ["--overlay", "-"],
        ["--min-release", "2"],
        ["--min-release", "2", "--bundle", "b"],
        ["--public-key", "k.pem"],
    ],
)
def test_usage_errors_exit_2(args):
    with pytest.raises(SystemExit) as e:
        main([*args, *([] if args == ["--json"] else ["a.jpg"])])
    assert e.value.code == 2


def test_an_overlay_that_is_no_picture_fails_clearly(tmp_path, capsys):
    code, _, err = command(capsys, WAYBILL, "--overlay", tmp_path / "seen.doc", "--threads", 1)
    assert code == 1 and "seen.doc" in err and not (tmp_path / "seen.doc").exists()


def test_warnings_are_one_line_each_and_in_the_json(tmp_path, capsys):
    (tmp_path / "a.jpg").write_bytes(with_orientation((EXAMPLES / "sign.jpg").read_bytes(), 3))
    code, out, err = command(capsys, tmp_path / "a.jpg", WAYBILL, "--no-text", "--json", "--threads", 1)
    rotated, upright = (json.loads(line)["warnings"] for line in out.splitlines())
    assert code == 0 and [w["code"] for w in rotated] == ["rotated"] and upright == []
    assert err == f"ctpn: {tmp_path / 'a.jpg'}: warning: {rotated[0]['message']}\n"


FAILURES = {  # what is wrong with an image, and what the message says
    "none": ("none.jpg", "no such file; check the path"),
    "text": ("text.jpg", "not a picture"),
    "empty": ("empty.jpg", "the file is empty"),
    "no picture in it": ("folder", "no picture in this folder"),
    "long name": ("n" * 300, "cannot be read (File name too long); give a shorter name"),
    "part is a file": ("text.jpg/a.jpg", "cannot be read (Not a directory); a part of the path is no folder"),
    "loop": ("loop.jpg", "cannot be read (Too many levels of symbolic links); it is a link that leads to itself"),
    "wildcard": ("*.gif", "no such file; check the path"),
}


@pytest.mark.parametrize(("name", "message"), FAILURES.values(), ids=FAILURES)
def test_an_image_that_fails_is_an_object_and_a_line_on_stderr(tmp_path, capsys, name, message):
    (tmp_path / "text.jpg").write_text("text", encoding="utf-8")
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    code, out, err = command(capsys, tmp_path / name, EXAMPLES / "sign.jpg", "--no-text", "--json", "--threads", 1)
    bad, good = (json.loads(line) for line in out.splitlines())
    assert code == 1 and "lines" in good and bad["image"] == str(tmp_path / name) and message in bad["error"]
    assert err == f"ctpn: {bad['error']}\n"


def test_a_folder_is_read_by_content_and_the_rest_is_said(tmp_path, capsys):
    (tmp_path / "noending").write_bytes((EXAMPLES / "sign.jpg").read_bytes())
    (tmp_path / "notes.txt").write_text("text", encoding="utf-8")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.jpg").write_bytes(WAYBILL.read_bytes())
    code, out, err = command(capsys, tmp_path, "--no-text", "--json", "--threads", 1)
    assert code == 0 and [json.loads(line)["image"] for line in out.splitlines()] == [str(tmp_path / "noending")]
    assert err == (
        f"ctpn: passed over 1, no picture by its content: {tmp_path / 'notes.txt'}\n"
        f"ctpn: passed over 1, a folder: give --recursive: {tmp_path / 'sub'}\n"
    )
    seen = tmp_path / "seen"
    code, out, _ = command(capsys, tmp_path, "--recursive", "--no-text", "--json", "--threads", 1, "--overlay", seen)
    assert code == 0 and [json.loads(line)["image"] for line in out.splitlines()] == [str(tmp_path / p) for p in ("noending", "sub/b.jpg")]
    assert sorted(str(p.relative_to(seen)) for p in seen.rglob("*.png")) == ["noending.png", "sub/b.png"]


def test_an_error_of_a_region_names_the_photo(capsys):
    code, out, err = command(capsys, WAYBILL, EXAMPLES / "sign.jpg", "--region", "800,0,50,50", "--json", "--no-text", "--threads", 1)
    bad, good = (json.loads(line) for line in out.splitlines())
    assert code == 1 and "lines" in good and err == f"ctpn: {bad['error']}\n"
    assert bad["error"].startswith(f"{WAYBILL}: region 800,0,50,50: expected x,y,w,h or four corners")


def test_options_may_stand_between_images(capsys):
    code, out, _ = command(capsys, WAYBILL, "--no-text", EXAMPLES / "sign.jpg", "--json", "--threads", 1)
    assert code == 0 and out.count("\n") == 2


def test_a_pipe_without_bytes_is_no_empty_file(capsys):
    code, _, err = command(capsys, "/dev/null", "--threads", 1)
    assert code == 1 and err == "ctpn: /dev/null: no bytes came from it, and it is no file; see what should write to it\n"


@pytest.mark.parametrize("option", ["--region", "--reg"])
def test_a_region_may_begin_with_a_minus(capsys, option):
    codes, outs, _ = zip(
        *(
            command(capsys, WAYBILL, *args, "--no-text", "--threads", 1)
            for args in ([option, "-20,-1.5,900,400"], ["--region=0,0,731,398.5"])
        ),
        strict=True,
    )
    assert codes == (0, 0) and outs[0] == outs[1] and "region 0" in outs[0]


@pytest.mark.parametrize("jobs", [1, 2])
def test_stdin_is_an_image(monkeypatch, capsys, jobs):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(WAYBILL.read_bytes())))
    code, out, _ = command(capsys, "-", WAYBILL, "--no-text", "--json", "--threads", 1, "--jobs", jobs)
    piped, named = (json.loads(line) for line in out.splitlines())
    assert code == 0 and piped.pop("image") == "-" and named.pop("image") == str(WAYBILL) and piped == named


def test_a_closed_stdin_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", None)
    code, _, err = command(capsys, "-")
    assert code == 1 and err.startswith("ctpn: -: stdin is closed; ") and err.count("\n") == 1


def test_the_module_and_stdin_in_a_process_of_their_own():
    done = subprocess.run(
        [sys.executable, "-m", "ctpn", "-", "--no-text", "--threads", "1"],
        input=(EXAMPLES / "sign.jpg").read_bytes(), capture_output=True, cwd=EXAMPLES.parent,
    )  # fmt: skip
    assert done.returncode == 0 and done.stdout.startswith(b"-: ") and done.stderr == b""


@pytest.mark.parametrize("several", [False, True])
def test_an_overlay_never_replaces_a_photo(tmp_path, capsys, several):
    photo = tmp_path / "a.png"
    photo.write_bytes(cv2.imencode(".png", cv2.imread(str(EXAMPLES / "sign.jpg")))[1].tobytes())
    before = photo.read_bytes()
    overlay = tmp_path / "." if several else tmp_path / "nowhere" / ".." / "a.png"
    os.makedirs(tmp_path / "nowhere", exist_ok=True)
    code, out, err = command(capsys, photo, *([WAYBILL] if several else []), "--overlay", overlay, "--threads", 1)
    assert (code, out, photo.read_bytes()) == (1, "", before) and "would write over the photo" in err and str(photo) in err


def test_overlays_of_several_images(tmp_path, capsys):
    code, _, _ = command(capsys, WAYBILL, EXAMPLES / "sign.jpg", "--no-text", "--overlay", tmp_path, "--jobs", 2)
    assert code == 0 and sorted(p.name for p in tmp_path.iterdir()) == ["sign.png", "waybill.png"]
    assert cv2.imread(str(tmp_path / "sign.png")).shape == open_image(EXAMPLES / "sign.jpg").shape
