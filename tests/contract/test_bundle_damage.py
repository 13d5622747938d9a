"""Bundles that are damaged, forged, or of others: whatever is wrong with one is said."""

import hashlib
import json
import os
import random
import shutil
from pathlib import Path

import pytest

from ctpn import CtpnError, ModelError, TextReader
from ctpn.contract.bundle import open_bundle
from ctpn.contract.manifest import MANIFEST
from export.bundle import main, self_test
from tests.helpers.users import bound_by_permissions


@pytest.fixture
def copied(shipped_bundle, tmp_path):
    return shutil.copytree(shipped_bundle, tmp_path / "copied")


def changed(folder, **keys):
    """The manifest with other values."""
    file = folder / MANIFEST
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | keys), encoding="utf-8")


def forged(folder, name, data):
    """Another content, with the sums that belong to it."""
    (folder / name).write_bytes(data)
    files = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    files[name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    changed(folder, files=files)


def test_every_file_is_vouched_for(shipped_bundle, copied, capsys):
    names = sorted(f.name for f in shipped_bundle.iterdir())
    assert len(names) == 8
    for name in names:
        data = (shipped_bundle / name).read_bytes()
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


def test_what_a_manifest_must_be_is_checked_when_a_bundle_is_opened(copied):
    """The golden vectors have every way in which a manifest can be wrong."""
    changed(copied, schema=4)
    with pytest.raises(ModelError, match=r"manifest\.json: expected schema 3, got 4; this bundle is newer than the program"):
        open_bundle(copied)
    changed(copied, schema=3, files={"../../etc/passwd": {"bytes": 1, "sha256": "0" * 64}})
    with pytest.raises(ModelError, match=r"manifest\.json: files: expected plain names"):
        open_bundle(copied)


def test_a_key_twice_is_refused_in_the_golden_case_too(copied):
    forged(copied, "golden.json", b'{"photo": "golden.png", ' + (copied / "golden.json").read_bytes().lstrip()[1:])
    with pytest.raises(ModelError, match=r"golden\.json: damaged, no JSON \(duplicate key 'photo'\)"):
        open_bundle(copied)


def test_huge_and_deep_manifests_are_refused(copied):
    (copied / MANIFEST).write_text("[" * 500_000)
    with pytest.raises(ModelError, match="no JSON"):
        open_bundle(copied)
    (copied / MANIFEST).write_bytes(b" " * (2 << 20))
    with pytest.raises(ModelError, match="at most"):
        open_bundle(copied)


def test_parts_of_two_bundles_do_not_pass(copied):
    """Correct sums, but a charset that is not the model's."""
    forged(copied, "charset.txt", (copied / "charset.txt").read_text(encoding="utf-8")[::-1].encode())
    with pytest.raises(ModelError, match="not the charset"):
        open_bundle(copied)


def test_the_region_of_a_golden_line_is_an_integer(copied):
    """As the apps require it."""
    case = json.loads((copied / "golden.json").read_text(encoding="utf-8"))
    case["lines"][0]["region"] += 0.5
    forged(copied, "golden.json", json.dumps(case).encode())
    with pytest.raises(ModelError, match=r"golden\.json: expected four corners, region and scores"):
        open_bundle(copied)


def test_another_reading_fails_the_self_test(copied, capsys):
    case = json.loads((copied / "golden.json").read_text(encoding="utf-8"))
    case["lines"][0]["text"] += "!"
    forged(copied, "golden.json", json.dumps(case).encode())
    assert main(["--check", str(copied)]) == 1 and "computes differently" in capsys.readouterr().err


ODD = (None, True, -1, 0, 1e300, float("nan"), "", "\ud800", "../x", [], {}, [[]], {"a": 1}, [1, 2], "x" * 2000)


def mutated(data, rng):
    """Bytes of a text with one thing wrong: a value of another type, a key gone, a letter, the end."""
    try:
        tree = json.loads(data)
        nodes = list(inner(tree))
    except ValueError:
        nodes = []
    if nodes and rng.random() < 0.7:
        node = rng.choice(nodes)
        key = rng.choice(list(node) if isinstance(node, dict) else range(len(node)))
        if rng.random() < 0.2:
            del node[key]
        else:
            node[key] = rng.choice(ODD)
        return json.dumps(tree).encode()
    at = rng.randrange(len(data))
    return rng.choice((data[:at], data[at:], data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :], data[:at] * 2, b"[" * 50_000))


def inner(tree):
    if isinstance(tree, (dict, list)) and tree:
        yield tree
        for value in tree.values() if isinstance(tree, dict) else tree:
            yield from inner(value)


@pytest.mark.parametrize("name", [MANIFEST, "golden.json", "detector.spec.json", "recognizer.spec.json", "charset.txt"])
def test_forged_texts_are_refused_or_read_and_never_worse(shipped_bundle, copied, name):
    """Sums that fit, so that what stands in the file is looked at: 150 mutations of each."""
    for model in ("detector.onnx", "recognizer.onnx"):
        forged(copied, model, b"a model is not opened here")
    rng, data, manifest = random.Random(name), (copied / name).read_bytes(), (copied / MANIFEST).read_bytes()
    refused = 0
    for _ in range(150):
        new = mutated(data, rng)
        (copied / MANIFEST).write_bytes(manifest)
        if name == MANIFEST:
            (copied / name).write_bytes(new)
        else:
            forged(copied, name, new)
        try:
            open_bundle(copied).golden()
        except CtpnError:
            refused += 1
    assert refused > 30


def test_forged_models_and_pictures_are_refused(shipped_bundle, copied, capsys):
    detector, recognizer, photo = ((shipped_bundle / n).read_bytes() for n in ("detector.onnx", "recognizer.onnx", "golden.png"))
    for name, data in (("detector.onnx", recognizer), ("recognizer.onnx", detector), ("golden.png", photo[:999]), ("recognizer.onnx", b"")):
        before = (copied / name).read_bytes(), (copied / MANIFEST).read_bytes()
        forged(copied, name, data)
        assert main(["--check", str(copied)]) == 1 and capsys.readouterr().err.count("\n") == 1
        (copied / name).write_bytes(before[0])
        (copied / MANIFEST).write_bytes(before[1])


def test_a_model_with_another_spec_is_refused(copied):
    spec = json.loads((copied / "detector.spec.json").read_text(encoding="utf-8"))
    forged(copied, "detector.spec.json", json.dumps(spec | {"score_threshold": 0.123}).encode())
    with pytest.raises(ModelError, match=r"detector\.onnx: carries another spec than detector\.spec\.json"):
        TextReader(copied)


def test_a_file_that_may_not_be_read_is_told(copied):
    for file in copied.iterdir():
        file.chmod(0o644)
    with bound_by_permissions(copied):
        assert open_bundle(Path()).detector_spec.name == "mobile"
    (copied / "charset.txt").chmod(0)
    with bound_by_permissions(copied), pytest.raises(ModelError, match=r"cannot be read \(\[Errno 13\] Permission denied: 'charset\.txt'"):
        open_bundle(Path())


def linked_file(folder, outside):
    """The same bytes, but elsewhere."""
    (folder / "detector.onnx").rename(outside / "detector.onnx")
    (folder / "detector.onnx").symlink_to(outside / "detector.onnx")


def linked_within(folder, outside):
    (folder / "golden.png").rename(folder / ".golden.png")
    (folder / "golden.png").symlink_to(".golden.png")


def linked_folder(folder, outside):
    (folder / "more").symlink_to(outside)


def hanging_link(folder, outside):
    (folder / ".hidden").symlink_to("nowhere")


def more(folder, outside):
    (folder / "weights.bin").write_bytes(b"1")


def more_within(folder, outside):
    (folder / "a").mkdir()
    (folder / "a" / "b.txt").write_bytes(b"1")


def pipe(folder, outside):
    os.mkfifo(folder / "pipe")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (linked_file, r"detector\.onnx: is a link"), (linked_within, r"golden\.png: is a link"), (linked_folder, "more: is a link"),
        (hanging_link, r"\.hidden: is a link"), (more, r"weights\.bin: is not in the manifest, which names every file; remove it"),
        (more_within, r"b\.txt: is not in the manifest"), (pipe, "pipe: is not in the manifest"),
    ],
)  # fmt: skip
def test_links_and_files_that_nobody_vouches_for_are_refused(copied, tmp_path, change, message):
    (tmp_path / "outside").mkdir()
    change(copied, tmp_path / "outside")
    with pytest.raises(ModelError, match=message):
        open_bundle(copied)


def test_hidden_files_empty_folders_and_a_link_to_the_bundle_itself_are_let_be(copied, tmp_path):
    (copied / ".DS_Store").write_bytes(b"of a system")
    (copied / "empty").mkdir()
    (tmp_path / "link").symlink_to(copied)
    assert open_bundle(tmp_path / "link").detector_spec.name == "mobile"


@pytest.mark.parametrize("name", ["golden.json", "detector.spec.json"])
def test_a_text_of_any_size_is_not_read(copied, name):
    forged(copied, name, b" " * ((1 << 20) + 1))
    with pytest.raises(ModelError, match=rf"{name}: expected at most 1048576 bytes, got 1048577"):
        open_bundle(copied)
