"""Bundles: two runs give the same bytes, and whatever is wrong with one is said."""

import hashlib
import json
import shutil

import pytest

from ctpn import ModelError, TextReader
from ctpn.__main__ import main as read_main
from ctpn.bundle import MANIFEST, open_bundle
from ctpn.image import open_image
from export import bundle as export_bundle
from export.bundle import main, self_test, write


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle") / "made"
    assert main(["--out", str(folder)]) == 0
    return folder


@pytest.fixture
def copied(made, tmp_path):
    return shutil.copytree(made, tmp_path / "copied")


def changed(folder, **keys):
    """The manifest with other values."""
    file = folder / MANIFEST
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | keys), encoding="utf-8")


def test_two_runs_give_the_same_bytes(made, tmp_path):
    write(tmp_path / "again", ["onnx"])
    names = sorted(f.name for f in made.iterdir())
    assert names == sorted(f.name for f in (tmp_path / "again").iterdir()) and MANIFEST in names
    assert [n for n in names if (made / n).read_bytes() != (tmp_path / "again" / n).read_bytes()] == []


def test_a_reader_of_a_bundle_is_the_shipped_one(made):
    photo = open_image(made / "golden.png")
    ours, theirs = (reader.read(photo) for reader in (TextReader(made, threads=1), TextReader(threads=1)))
    assert [(line.text, line.quad.tolist()) for line in ours] == [(line.text, line.quad.tolist()) for line in theirs] != []


def test_the_command_line_reads_with_a_bundle(made, capsys):
    assert read_main([str(made / "golden.png"), "--bundle", str(made), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["lines"]
    assert main(["--check", str(made)]) == 0


def test_every_file_is_vouched_for(made, copied, capsys):
    names = sorted(f.name for f in made.iterdir())
    assert len(names) == 8
    for name in names:
        data = (made / name).read_bytes()
        middle = len(data) // 2
        for damage in (None, data[:middle], data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :], b"", b"\xff" * len(data)):
            (copied / name).unlink(missing_ok=True)
            if damage is not None:
                (copied / name).write_bytes(damage)
            if name == MANIFEST and damage and len(damage) == len(data) and b"\xff\xff" not in damage:
                continue  # a changed letter of a card is still a manifest
            with pytest.raises(ModelError, match=name):
                TextReader(copied)
            assert main(["--check", str(copied)]) == 1 and capsys.readouterr().err.count("\n") == 1
        (copied / name).write_bytes(data)
    self_test(open_bundle(copied))


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"schema": 2}, "newer than the program: update"), ({"schema": "1"}, "got '1'"), ({"kind": "zip"}, "not the manifest"),
        ({"files": []}, "expected objects"), ({"models": {"detector": {"onnx": "detector.onnx"}}}, "detector and recognizer"),
        ({"charset": "../charset.txt"}, "'../charset.txt'"), ({"golden": None}, "got None"),
        ({"files": {"../../etc/passwd": {"bytes": 1, "sha256": ""}}}, "plain names"),
        ({"files": {"a": {"bytes": 1 << 40, "sha256": ""}}}, "bytes in all"), ({"files": {"a": {"bytes": "1"}}}, "bytes and sha256"),
        ({"files": {f"f{i}": {"bytes": 1, "sha256": ""} for i in range(65)}}, "at most 64"),
    ],
)  # fmt: skip
def test_manifests_of_others_are_refused(copied, keys, said):
    changed(copied, **keys)
    with pytest.raises(ModelError, match=MANIFEST) as e:
        open_bundle(copied)
    assert said in str(e.value)


def test_huge_and_deep_manifests_are_refused(copied):
    (copied / MANIFEST).write_text("[" * 500_000)
    with pytest.raises(ModelError, match="no JSON"):
        open_bundle(copied)
    (copied / MANIFEST).write_bytes(b" " * (2 << 20))
    with pytest.raises(ModelError, match="at most"):
        open_bundle(copied)


def test_parts_of_two_bundles_do_not_pass(copied):
    """Correct sums, but a charset that is not the model's."""
    text = (copied / "charset.txt").read_text(encoding="utf-8")[::-1].encode()
    (copied / "charset.txt").write_bytes(text)
    files = json.loads((copied / MANIFEST).read_text(encoding="utf-8"))["files"]
    files["charset.txt"] = {"bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}
    changed(copied, files=files)
    with pytest.raises(ModelError, match="not the charset"):
        open_bundle(copied)


def test_another_reading_fails_the_self_test(copied, capsys):
    case = json.loads((copied / "golden.json").read_text(encoding="utf-8"))
    case["lines"][0]["text"] += "!"
    text = json.dumps(case).encode()
    (copied / "golden.json").write_bytes(text)
    files = json.loads((copied / MANIFEST).read_text(encoding="utf-8"))["files"]
    files["golden.json"] = {"bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}
    changed(copied, files=files)
    assert main(["--check", str(copied)]) == 1 and "computes otherwise" in capsys.readouterr().err


def test_nothing_else_is_overwritten(tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    assert main(["--out", str(tmp_path / "mine")]) == 1 and "choose another --out" in capsys.readouterr().err
    assert (tmp_path / "mine" / "thesis.txt").exists() and [p.name for p in tmp_path.iterdir()] == ["mine"]


def test_a_failure_leaves_the_old_bundle(copied, monkeypatch):
    before = (copied / MANIFEST).read_bytes()
    monkeypatch.setattr(export_bundle, "self_test", lambda bundle: (_ for _ in ()).throw(OSError("no space left on device")))
    assert main(["--out", str(copied)]) == 1
    assert (copied / MANIFEST).read_bytes() == before and [p.name for p in copied.parent.iterdir()] == ["copied"]
