"""The parity table: how far, where, which lines and texts, and what did not run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper

from benchmarks import parity
from benchmarks.agreement import compare_line_crops, compare_pages, equal_lines
from benchmarks.model_formats import FORMATS
from benchmarks.reference import Reference
from benchmarks.samples import EXAMPLES, Photo, Sample, line_crop_inputs, page_inputs
from ctpn.contract.spec import CRNN, MOBILE
from ctpn.detection.postprocess import postprocess
from ctpn.errors import ParityError
from ctpn.imaging.decode import open_image
from ctpn.nn.detector import load_detector
from export.exporter import WEIGHTS
from export.graph import LOGITS, DetectorGraph
from export.onnx.model import write_model
from export.parity import Maps

SQUARE = np.float32([[0, 0], [10, 0], [10, 4], [0, 4]])


def photo() -> Photo:
    """Two fields of the sample waybill."""
    return Photo("waybill", open_image(EXAMPLES / "waybill.jpg")[240:368, :320])


def test_equal_lines_are_counted_one_to_one() -> None:
    assert equal_lines(np.stack([SQUARE, SQUARE + 0.05, SQUARE + 9]), np.stack([SQUARE, SQUARE + 50])) == 1
    assert equal_lines(np.zeros((0, 4, 2), np.float32), np.stack([SQUARE])) == 0
    assert equal_lines(np.stack([SQUARE + 50, SQUARE]), np.stack([SQUARE, SQUARE + 50.09])) == 2


def _logits(*texts: str) -> Maps:
    """Sharp logits that say these texts, four steps each, a blank between."""
    found = np.zeros((len(texts), 8, CRNN.classes), np.float32)
    found[:, :, 0] = 5
    for row, text in zip(found, texts, strict=True):
        for i, character in enumerate(text):
            row[2 * i, CRNN.charset.index(character) + 1] = 10
    return {LOGITS: found}


def test_a_difference_is_placed_and_its_text_shown() -> None:
    sample = Sample(["a, line 1", "a, line 2"], np.zeros((2, 32, 32, 3), np.uint8))
    expected, got = _logits("ab", "12"), _logits("ab", "12")
    got[LOGITS][1, 2, CRNN.charset.index("7") + 1] = 11.5
    found = compare_line_crops(lambda _: got, [expected], [sample], CRNN)
    assert found["largest_difference"] == 11.5 and found["lines"] is None
    place = [2, CRNN.charset.index("7") + 1]
    assert found["where"] == {"page": "a, line 2", "map": LOGITS, "place": place, "reference": 0.0, "file": 11.5}
    assert found["texts"] == {"of": 2, "equal": 1, "characters": 0.75, "example": ["a, line 2", "12", "17"]}


def test_two_empty_texts_are_no_agreement() -> None:
    sample = Sample(["a, line 1"], np.zeros((1, 32, 32, 3), np.uint8))
    found = compare_line_crops(lambda _: _logits(""), [_logits("")], [sample], CRNN)["texts"]
    assert found == {"of": 0, "equal": 0, "characters": None, "example": None}


def test_other_outputs_are_refused_with_the_page() -> None:
    sample = Sample(["a, line 1"], np.zeros((1, 32, 32, 3), np.uint8))
    with pytest.raises(ParityError, match=r"a, line 1: logits: expected float32 \(1, 8"):
        compare_line_crops(lambda _: {LOGITS: np.zeros((1, 7, CRNN.classes), np.float32)}, [_logits("a")], [sample], CRNN)


def test_lines_lost_and_found_are_counted() -> None:
    net = Reference("mobile", [photo()])
    (sample,), (expected,) = net.samples[None], net.expected[None]
    quads = postprocess({n: m[0] for n, m in expected.items()}, MOBILE)[0]
    assert len(quads) > 1
    ours = {n: m.copy() for n, m in expected.items()}
    ours["score"][:, : int(quads[:, :, 1].mean() // MOBILE.stride_y)] = 0  # the upper half is blind

    def texts(page: NDArray[np.uint8], lines: NDArray[np.float32]) -> list[str]:
        return [str(int(line[0, 1])) for line in lines]

    found = compare_pages(lambda _: ours, [expected], [sample], net.spec, texts)
    assert found["where"]["map"] == "score" and found["where"]["page"] == "waybill" and found["where"]["file"] == 0
    assert found["lines"]["of"] == len(quads) and 0 < found["lines"]["equal"] <= found["lines"]["matched"] < len(quads)
    assert found["lines"]["apart"][0] <= found["lines"]["apart"][1] and found["lines"]["found"] >= found["lines"]["matched"]
    assert found["texts"]["of"] == len(quads) and found["lines"]["equal"] <= found["texts"]["equal"] < len(quads)
    assert 0 < found["texts"]["characters"] < 1 and found["texts"]["example"][2] == ""


def test_inputs_are_named_and_of_the_size_asked_for() -> None:
    (free,), (fixed,) = page_inputs([photo()], MOBILE), page_inputs([photo()], MOBILE, (None, 960))
    assert free.pixels.shape == (1, 128, 320, 3) and fixed.pixels.shape == (1, 128, 960, 3)
    assert np.array_equal(fixed.pixels[:, :, :320], free.pixels) and (fixed.pixels[:, :, 320:] == MOBILE.pad).all()
    crops = [(f"line {w}", np.full((32, w, 3), w % 256, np.uint8)) for w in (40, 400, 50)]
    assert [s.names for s in line_crop_inputs(crops, CRNN, 320)] == [["line 40", "line 50"]]
    assert sorted(n for s in line_crop_inputs(crops, CRNN) for n in s.names) == ["line 40", "line 400", "line 50"]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with mobile.onnx, and one page to compare over."""
    monkeypatch.setattr(parity, "examples", lambda: [photo()])
    monkeypatch.setattr(parity, "real", lambda count: [])
    monkeypatch.setattr(parity, "synthetic", lambda count: [])
    monkeypatch.setattr(parity, "FORMATS", [f for f in FORMATS if f.name in ("ONNX", "ExecuTorch")])
    net = load_detector(WEIGHTS / "mobile.safetensors")
    write_model(DetectorGraph(net, unrolled=False), tmp_path / "mobile.onnx", (64, 96), fixed_width=False)
    return tmp_path


def _command(folder: Path) -> tuple[int, dict[str, object]]:
    out = folder / "parity.json"
    code = parity.main(["--model", "mobile", "--models", str(folder), "--out", str(out)])
    return code, json.loads(out.read_text(encoding="utf-8"))


def test_the_command_stores_rows_and_what_did_not_run(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, result = _command(small)
    assert code == 0 and result["environment"] and result["pages"] == ["waybill"]  # type: ignore[comparison-overlap]
    (row,) = result["rows"]  # type: ignore[misc]
    assert (row["file"], row["precision"], row["variant"], row["pages"]) == ("mobile.onnx", "float32", "any size", 1)
    assert 0 < row["largest_difference"] < 1e-4 and row["lines"]["of"] == row["lines"]["equal"] > 0
    assert row["texts"]["of"] == row["texts"]["equal"] > 0 and "another order" in row["why"]
    missing = {m["what"]: m for m in result["missing"]}  # type: ignore[attr-defined]
    assert len(missing) == 6 and "python -m export.onnx --quantize" in missing["mobile-int8.onnx, ONNX"]["do"]
    out = capsys.readouterr().out
    assert "| mobile.onnx | ONNX | 1." in out and "not run: mobile-960.pte, ExecuTorch: " in out


def test_a_file_of_other_weights_fails(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = onnx.load(small / "mobile.onnx")
    bias = next(i for i in model.graph.initializer if i.name == "net.link.bias")
    bias.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(bias) + np.float32(0.01), bias.name))
    onnx.save(model, small / "mobile.onnx")
    code, result = _command(small)
    assert code == 1 and result["rows"][0]["where"]["map"] == "link"  # type: ignore[index]
    assert "mobile.onnx, ONNX: expected values within 0.0001, got" in capsys.readouterr().err


def test_a_damaged_file_is_reported_and_the_rest_goes_on(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (small / "mobile-960.onnx").write_bytes(b"no model")
    code, result = _command(small)
    assert code == 1 and len(result["rows"]) == 1  # type: ignore[arg-type]
    assert "mobile-960.onnx, ONNX: " in capsys.readouterr().err
    (missing,) = [m for m in result["missing"] if m["what"] == "mobile-960.onnx, ONNX"]  # type: ignore[attr-defined]
    assert "mobile-960.onnx" in missing["why"] and "python -m export.onnx" in missing["do"]
    assert str(small) not in json.dumps(result)  # no path of this machine


def test_no_file_at_all_is_an_error(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (small / "mobile.onnx").unlink()
    assert parity.main(["--model", "mobile", "--models", str(small), "--out", str(small / "parity.json")]) == 1
    assert "no exported file in it; python -m export.onnx" in capsys.readouterr().err
    assert not (small / "parity.json").exists()


def test_what_may_differ_depends_on_the_bits() -> None:
    row = {"model": "mobile", "precision": "float32", "largest_difference": 9e-5}
    assert parity.wrong(row) is None and "0.0001" in str(parity.wrong(row | {"largest_difference": 2e-4}))
    small = {"model": "mobile", "precision": "int8", "largest_difference": 0.6, "lines": {"of": 10, "found": 10, "matched": 9}}
    small["texts"] = {"of": 10, "equal": 0}  # judged by its lines
    assert parity.wrong(small) is None and "lines" in str(parity.wrong(small | {"lines": {"of": 10, "found": 10, "matched": 8}}))
    text = {"model": "crnn", "precision": "int8", "largest_difference": 0.6, "lines": None, "texts": {"of": 10, "equal": 8}}
    assert "texts, got 0.800" in str(parity.wrong(text))


def test_every_format_has_a_reason_for_every_kind_of_file() -> None:
    for form in FORMATS:
        for kind in form.precisions:
            for model in parity.MODELS:
                assert form.reasons.get(f"{model} {kind}") or form.reasons[kind], (form.name, model, kind)
