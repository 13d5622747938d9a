"""Bundles: two runs give the same bytes, and a reader of one reads what the shipped models read."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from ctpn import ModelError, TextReader
from ctpn.__main__ import main as read_main
from ctpn.contract.bundle import open_bundle
from ctpn.contract.manifest import MANIFEST
from ctpn.files import sha256
from ctpn.imaging.decode import open_image
from ctpn.reader import WEIGHTS
from export import bundle as export_bundle
from export import bundle_models, variants
from export.bundle import main, self_test, write
from export.coreml.fixed_size import FixedDetector
from export.exporter import ExportedFile


@pytest.fixture
def copied(shipped_bundle, tmp_path):
    return shutil.copytree(shipped_bundle, tmp_path / "copied")


def test_two_runs_give_the_same_bytes(shipped_bundle, tmp_path):
    write(tmp_path / "again", ["onnx"])
    names = sorted(f.name for f in shipped_bundle.iterdir())
    assert names == sorted(f.name for f in (tmp_path / "again").iterdir()) and MANIFEST in names
    assert [n for n in names if (shipped_bundle / n).read_bytes() != (tmp_path / "again" / n).read_bytes()] == []


def test_a_reader_of_a_bundle_is_the_shipped_one(shipped_bundle):
    photo = open_image(shipped_bundle / "golden.png")
    ours, theirs = (reader.read(photo) for reader in (TextReader(shipped_bundle, threads=1), TextReader(threads=1)))
    assert [(line.text, line.quad.tolist()) for line in ours] == [(line.text, line.quad.tolist()) for line in theirs] != []


def test_the_command_line_reads_with_a_bundle(shipped_bundle, capsys):
    assert read_main([str(shipped_bundle / "golden.png"), "--bundle", str(shipped_bundle), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["lines"]
    assert main(["--check", str(shipped_bundle)]) == 0


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


def test_a_shipped_model_that_nobody_vouches_for_is_refused(tmp_path, monkeypatch, capsys):
    weights = shutil.copytree(bundle_models.WEIGHTS, tmp_path / "weights")
    monkeypatch.setattr(bundle_models, "WEIGHTS", weights)
    (weights / "mobile.onnx.json").unlink()
    assert main(["--out", str(tmp_path / "b")]) == 1 and "make ship" in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["weights"]


def test_a_package_and_several_widths_lie_in_a_bundle_too(tmp_path, monkeypatch):
    def packages(variants, folder):
        package = folder / f"{variants[0].graph.spec.name}-96.mlpackage"
        (package / "Data").mkdir(parents=True)
        (package / "Data" / "weights.bin").write_bytes(b"weights")
        yield ExportedFile(package, [])

    monkeypatch.setitem(bundle_models.WRITERS, "coreml", packages)
    monkeypatch.setattr(variants, "parity_pages", lambda spec, size: [np.zeros((*size, 3), np.uint8)])
    monkeypatch.setattr(variants, "parity_line_crops", lambda spec: [])
    monkeypatch.setattr(export_bundle, "TOOLS", {"": ("numpy",)})
    monkeypatch.setattr(export_bundle, "core_ml_reader", lambda bundle: None)  # these packages hold nothing to be run
    write(tmp_path / "b", ["coreml"], (64, 96))
    bundle = open_bundle(tmp_path / "b")
    assert main(["--check", str(tmp_path / "b")]) == 0
    assert bundle.model("detector", "coreml-96") == tmp_path / "b" / "detector-96.mlpackage"
    assert bundle.manifest.measured["parity"]["detector-96.mlpackage"]["lines"] == 1
    with pytest.raises(ModelError, match="only as coreml-96, onnx"):
        bundle.model("recognizer", "executorch")
    (tmp_path / "b" / "detector-96.mlpackage" / "Data" / "weights.bin").write_bytes(b"wEights")
    with pytest.raises(ModelError, match=r"weights\.bin: damaged"):
        TextReader(tmp_path / "b")


def test_the_golden_case_is_kept_with_other_roundings(shipped_bundle):
    """Float16 and ARM's int8 round otherwise than this machine's int8: the float32 detector stands for them."""
    self_test(open_bundle(shipped_bundle), TextReader(detector=WEIGHTS / "mobile.onnx", threads=1))


@pytest.mark.parametrize("detector", [None, WEIGHTS / "mobile.onnx"])
def test_the_golden_case_is_kept_by_a_detector_of_one_size(shipped_bundle, detector):
    reader = TextReader(detector=detector, threads=1)

    def run(pixels):
        return {name: values[None] for name, values in reader.detector.maps(pixels[0]).items()}

    self_test(open_bundle(shipped_bundle), TextReader.of(FixedDetector(run, (960, 960), reader.detector.spec), reader.recognizer))


def test_fields_that_padding_reads_otherwise_are_in_no_golden_case(monkeypatch, tmp_path):
    calls = []

    def blind_at_first(self, pixels):
        calls.append(pixels)
        maps = {name: values[0] for name, values in self.run(pixels[None]).items()}
        return {name: np.zeros_like(values) for name, values in maps.items()} if len(calls) == 1 else maps

    monkeypatch.setattr(FixedDetector, "maps", blind_at_first)
    export_bundle._golden(tmp_path, TextReader(threads=1))
    regions = json.loads((tmp_path / "golden.json").read_text())["regions"]
    assert [53, 73, 278, 67] not in regions and [136, 215, 435, 49] in regions


class Shifted:
    """Reads what the shipped models read, so many pixels to the right, the last lines first, and some of it wrongly."""

    def __init__(self, pixels, wrong=0):
        self.pixels, self.wrong, self.reader = pixels, wrong, TextReader(threads=1)

    def read(self, rgb, regions=None):
        lines = [replace(line, quad=line.quad + np.float32(self.pixels)) for line in self.reader.read(rgb, regions)]
        sure = [i for i, line in enumerate(lines) if line.text_score >= export_bundle.CONFIDENT]
        return [replace(line, text="?") if i in sure[: self.wrong] else line for i, line in enumerate(lines)][::-1]


@pytest.mark.parametrize(("pixels", "wrong", "passes"), [(1.0, 0, True), (40.0, 0, False), (0.0, 2, False)])
def test_whole_photos_are_compared_with_the_packages(shipped_bundle, monkeypatch, tmp_path, capsys, pixels, wrong, passes):
    monkeypatch.setattr(export_bundle, "core_ml_reader", lambda bundle: Shifted(pixels, wrong))
    monkeypatch.setattr(export_bundle, "WEIGHTS", tmp_path)  # the float32 detector is compared with; here the int8 one stands for it
    shutil.copyfile(shipped_bundle / "detector.onnx", tmp_path / "mobile.onnx")
    (tmp_path / "mobile.onnx.sha256").write_text(f"{sha256(tmp_path / 'mobile.onnx')}  mobile.onnx\n")
    blank = tmp_path / "blank.png"
    cv2.imwrite(str(blank), np.full((64, 64, 3), 255, np.uint8))
    code = main(["--check", str(shipped_bundle), "--photos", str(blank), str(shipped_bundle / "golden.png")])
    said = capsys.readouterr().err
    assert (code, "expected 0.98 of the lines and 0.97 of the texts" in said) == (int(not passes), not passes)
    assert f"{blank}: 0 of 0 lines, 0 found; 0 of 0 texts the same" in said and "golden.png: " in said


def test_photos_belong_to_check(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["--out", str(tmp_path), "--photos", "a.jpg"])
    assert "--photos with --check" in capsys.readouterr().err


SMALL = """
import sys
from ctpn.imaging.decode import open_image
from ctpn.imaging.tiling import fit
from ctpn.reader import TextReader
from ctpn.recognition.line_crop import rectify
from export import bundle, samples, variants
rgb = open_image(bundle.PHOTO)[560:720]
variants.parity_pages = lambda spec, size: [samples.place(fit(rgb, spec).pixels, (160, 480), spec)]
lines = TextReader(threads=1).detect(rgb)[:3]
variants.parity_line_crops = lambda spec: samples.batched([rectify(rgb, line.quad, spec) for line in lines], spec)
sys.exit(bundle.main(["--out", sys.argv[1], "--formats", "ort", "torchscript", "--size", "160x480"]))
"""


def test_exported_formats_give_the_same_bytes_in_two_processes(tmp_path):
    for seed, name in (("1", "a"), ("2", "b")):
        env = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])}
        done = subprocess.run([sys.executable, "-c", SMALL, str(tmp_path / name)], env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    names = sorted(f.name for f in (tmp_path / "a").iterdir())
    assert {"detector.ort", "recognizer.ort", "ort.config", "detector.ptl", "recognizer.ptl"} < set(names)
    assert [n for n in names if (tmp_path / "a" / n).read_bytes() != (tmp_path / "b" / n).read_bytes()] == []
    self_test(open_bundle(tmp_path / "a"))
