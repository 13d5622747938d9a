"""Core ML packages: each computes what PyTorch computes, or is not written."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ctpn.contract.spec import VGG16, DetectorSpec, RecognizerSpec, revise
from ctpn.errors import CtpnError, ModelError, ParityError
from ctpn.files import sha256
from ctpn.nn.recognizer import Crnn
from ctpn.nn.recurrent import RECURRENCES
from ctpn.nn.vgg16 import Vgg16Ctpn, Widths
from export.coreml import __main__ as coreml
from export.coreml import conversion, execution
from export.coreml.conversion import HEIGHTS
from export.coreml.execution import load
from export.coreml.reading import open_detector, open_recognizer
from export.coreml.writer import KINDS, writer
from export.exporter import Row, export
from export.mil.package import read_model
from export.mil.program import Program
from export.parity import by_page, compare_lines
from export.staging import files_of
from tests.helpers.small_nets import DETECTOR, READER, SIZE, detector, line_crops, lively, pages, use_small_samples

pytest.importorskip("coremltools", reason="coremltools is not installed: pip install -e '.[export]'")
Packages = tuple[Path, dict[str, Row]]


def written(net: torch.nn.Module, out: Path, kinds: tuple[str, ...], *, fixed: bool = False) -> dict[str, Row]:
    return {row.file: row for row in export(net, out, SIZE, writer(kinds, fixed=fixed))}


def description(package: Path) -> Any:
    return read_model(package / "Data" / "com.apple.CoreML" / "model.mlmodel").description


@pytest.fixture(scope="module")
def small() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        use_small_samples(patch)
        patch.setattr(conversion, "MIN_SIZE", 64)
        patch.setattr(conversion, "MIN_SIZE_RECOGNIZER", 64)
        yield patch


@pytest.fixture(scope="module")
def detectors(small: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Packages:
    out = tmp_path_factory.mktemp("detectors")
    return out, written(detector(), out, tuple(KINDS), fixed=True)


@pytest.fixture(scope="module")
def readers(small: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Packages:
    torch.manual_seed(0)
    out = tmp_path_factory.mktemp("readers")
    return out, written(lively(Crnn(replace(READER, widths=(32, 64)), hidden=8, neck=8)), out, ("float32",), fixed=True)


def test_each_kind_rounds_more(detectors: Packages) -> None:
    out, rows = detectors
    assert list(rows) == [f"mobile-{size}{kind}.mlpackage" for size in ("96", "64x96") for kind in ("", "-float16", "-int8", "-6bit")]
    whole, half, eight, six = (row.agreement.difference for row in list(rows.values())[:4])
    assert whole < 1e-4 < half < eight < six < 3
    assert rows["mobile-96.mlpackage"].agreement.lines == 1
    operators = {name: Program(out / name).operators for name in rows}
    assert "constexpr_affine_dequantize" in operators["mobile-96-int8.mlpackage"]
    assert "constexpr_lut_to_dense" in operators["mobile-96-6bit.mlpackage"]
    assert not any(o.startswith("constexpr") for o in operators["mobile-96-float16.mlpackage"])
    assert "gru" not in {o for counter in operators.values() for o in counter}  # Core ML's own is another one


def test_a_package_tells_what_it_takes_and_gives(detectors: Packages) -> None:
    told = description(detectors[0] / "mobile-96-float16.mlpackage")
    (image,) = told.input
    kind = image.type.imageType
    assert image.name == "image" and kind.colorSpace == kind.RGB and (kind.height, kind.width) == SIZE
    rows, columns = kind.imageSizeRange.heightRange, kind.imageSizeRange.widthRange
    assert (rows.lowerBound, rows.upperBound) == HEIGHTS and columns.lowerBound == columns.upperBound == SIZE[1]
    assert tuple(o.name for o in told.output) == DETECTOR.outputs and all(o.shortDescription for o in told.output)
    assert all(o.type.multiArrayType.dataType == o.type.multiArrayType.FLOAT32 for o in told.output)
    metadata = told.metadata
    assert metadata.author and metadata.license == "MIT" and metadata.versionString and metadata.shortDescription
    assert metadata.userDefined["class_of_use"] == "text detection"
    assert DetectorSpec.from_json(metadata.userDefined["spec"]) == DETECTOR


def test_the_rows_are_in_the_sums(detectors: Packages) -> None:
    out, rows = detectors
    sums = dict(reversed(line.split("  ")) for line in (out / "mobile.mlpackage.sha256").read_text().splitlines())
    assert {Path(name).parts[0] for name in sums} == set(rows)
    assert all(sha256(out / name) == digest for name, digest in sums.items())


def test_a_height_that_was_not_traced(detectors: Packages) -> None:
    run = load(detectors[0] / "mobile-96.mlpackage")
    assert compare_lines(by_page(run), detector(), pages(DETECTOR, (160, 96))).lines == 1
    for size in ((96, 128), (16, 96)):
        with pytest.raises(CtpnError, match=r"expected a height of \(32, 2048\) and a width of \(96, 96\)"):
            run(pages(DETECTOR, size)[0][None])


def test_a_page_higher_than_packages_take_is_refused(small: pytest.MonkeyPatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("export.coreml.writer.convert", lambda *_, **__: pytest.fail("converted"))
    with pytest.raises(CtpnError, match=r"--size 2080x32: Core ML packages take heights from 32 to 2048"):
        export(detector(), tmp_path, (HEIGHTS[1] + 32, 32), writer())
    assert list(tmp_path.iterdir()) == []


def test_a_recogniser_has_a_function_for_each_width(readers: Packages) -> None:
    out, rows = readers
    assert list(rows) == [f"crnn{w}.mlpackage" for w in ("", "-32", "-64")]
    assert all(row.agreement.difference < 1e-3 and row.agreement.lines == 1 for row in rows.values())
    told = description(out / "crnn.mlpackage")
    assert {f.name: f.input[0].type.imageType.width for f in told.functions} == {"w32": 32, "w64": 64, "w128": 128}
    assert told.defaultFunctionName == "w32" and RecognizerSpec.from_json(told.metadata.userDefined["spec"]).widths == (32, 64)
    both, one = (weights(out / f"crnn{w}.mlpackage") for w in ("", "-64"))
    assert both < 1.1 * one  # the functions share their weights


def weights(package: Path) -> int:
    return next(package.rglob("weight.bin")).stat().st_size


def test_functions_give_what_packages_of_one_width_give(readers: Packages) -> None:
    out, _ = readers
    line_crop = line_crops(READER)[1]
    together, alone = load(out / "crnn.mlpackage", "w64"), load(out / "crnn-64.mlpackage")
    assert line_crop.shape[2] == 64 and len(line_crop) == 2
    np.testing.assert_allclose(together(line_crop)["logits"], alone(line_crop)["logits"], atol=1e-5)
    with pytest.raises(CtpnError, match=r"expected a function of \['w128', 'w32', 'w64'\], got 'w96'"):
        load(out / "crnn.mlpackage", "w96")


def test_the_same_net_gives_the_same_bytes(detectors: Packages, small: pytest.MonkeyPatch, tmp_path: Path) -> None:
    out, _ = detectors
    written(detector(), tmp_path, ("float16", "6bit"), fixed=True)
    for name in ("mobile-96-float16.mlpackage", "mobile-96-6bit.mlpackage"):
        mine = files_of(tmp_path / name)
        assert len(mine) == 3 and all(f.read_bytes() == (out / f.relative_to(tmp_path)).read_bytes() for f in mine)


def test_an_app_takes_a_detector_of_one_size(small: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert list(written(detector(), tmp_path, ("float16",))) == ["mobile-64x96-float16.mlpackage"]


def test_a_picture_that_is_smaller_than_the_detector_is_padded_and_its_maps_are_cut(detectors: Packages) -> None:
    fixed, free = open_detector(detectors[0] / "mobile-64x96.mlpackage", DETECTOR), load(detectors[0] / "mobile-64x96.mlpackage")
    (page, *_) = pages(DETECTOR, (32, 64))
    whole = np.full((64, 96, 3), DETECTOR.pad, np.uint8)
    whole[:32, :64] = page
    maps, expected = fixed.maps(page), free(whole[None])
    for name in DETECTOR.outputs:
        rows, columns = expected[name].shape[1] * 32 // 64, expected[name].shape[2] * 64 // 96
        assert maps[name].shape[:2] == (rows, columns) and np.array_equal(maps[name], expected[name][0, :rows, :columns])
    assert fixed.spec.tiling.max_untiled == 1  # longer images are read in tiles that it takes
    with pytest.raises(ModelError, match="takes 64 x 96 pixels, got 96 x 64"):
        fixed.maps(pages(DETECTOR, (96, 64))[0])


def test_each_line_crop_goes_into_the_narrowest_function_that_holds_it(readers: Packages) -> None:
    out, _ = readers
    spec = replace(READER, widths=(32, 64))
    fixed, (narrow, equal, wide) = open_recognizer(out / "crnn.mlpackage", spec), line_crops(spec)
    assert list(fixed.runs) == [32, 64, 128]
    np.testing.assert_array_equal(fixed.logits(narrow), np.concatenate([fixed.runs[32](c[None])["logits"] for c in narrow]))
    np.testing.assert_array_equal(fixed.logits(equal)[1], fixed.runs[64](equal[1:])["logits"][0])
    padded = np.pad(wide, ((0, 0), (0, 0), (0, 32), (0, 0)), constant_values=spec.pad)
    np.testing.assert_array_equal(fixed.logits(wide)[0], fixed.runs[128](padded[:1])["logits"][0, : 96 // spec.stride])
    with pytest.raises(ModelError, match="take up to 128 columns, got a line crop of 160"):
        fixed.logits(np.zeros((1, spec.height, 160, 3), np.uint8))


def test_what_differs_is_refused_and_leaves_nothing(small: pytest.MonkeyPatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("export.graph._fold_std", lambda net, spec: None)
    with pytest.raises(ParityError, match=r"mobile-64x96.mlpackage: .*values: expected within 0\.0001.*nothing was written"):
        written(detector(), tmp_path, ("float32",))
    assert list(tmp_path.iterdir()) == []


def test_the_original_with_keras_recurrence(small: pytest.MonkeyPatch, tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = Vgg16Ctpn(
        revise(VGG16, {"lines": {"line_score": 0.0}, "score_threshold": 0.01}),
        recurrence=RECURRENCES["gru-keras2"],
        widths=Widths((4,) * 13, 8, 4, 8),
    )
    rows = written(net.eval(), tmp_path, ("float32",))
    assert rows["vgg16-64x96.mlpackage"].agreement.difference < 1e-4
    assert {"clip", "max_pool", "reverse"} <= set(Program(tmp_path / "vgg16-64x96.mlpackage").operators)


def test_the_shipped_detector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Real weights through the real gate, on the examples; nothing but the table on stdout."""
    from export.samples import parity_pages

    monkeypatch.setattr("export.variants.parity_pages", lambda spec, size: parity_pages(spec, size, count=0))
    assert coreml.main(["--model", "mobile", "--size", "256x128", "--out", str(tmp_path)]) == 0
    table = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in table] == ["file", "mobile-128-float16.mlpackage", "mobile-256x128-float16.mlpackage"]
    assert all(0.98 <= float(line.split()[3]) <= 1 for line in table[1:])


def test_without_coremltools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    use_small_samples(monkeypatch)
    monkeypatch.setitem(sys.modules, "coremltools", None)
    assert coreml.main(["--model", "mobile", "--size", "64x96", "--out", str(tmp_path)]) == 1
    assert "coremltools is missing; install it with" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_on_a_mac_core_ml_itself_is_asked(readers: Packages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Core ML runs on Macs alone: here something with its interface stands for it."""
    import coremltools

    class MLModel:
        def __init__(self, path: str, function_name: str | None) -> None:
            self.program = Program(Path(path), function_name)

        def predict(self, inputs: dict[str, Any]) -> dict[str, Any]:
            return dict(reversed(self.program(np.asarray(inputs["image"])[None]).items()))

    package, line_crop = readers[0] / "crnn.mlpackage", line_crops(READER)[1]
    program = load(package, "w64")
    expected = np.concatenate([program(crop[None])["logits"] for crop in line_crop])  # Core ML takes pictures one by one
    monkeypatch.setattr(execution, "ON_A_MAC", True)
    monkeypatch.setattr(coremltools.models, "MLModel", MLModel)
    run = load(package, "w64")
    assert not isinstance(run, Program) and np.array_equal(run(line_crop)["logits"], expected)
