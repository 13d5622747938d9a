"""What is shipped: the exported files are the shipped weights, and nothing else passes for them."""

import json
import shutil
from pathlib import Path

import onnx
import pytest

from benchmarks.report.__main__ import RESULTS
from ctpn.contract.spec import CRNN, MOBILE
from ctpn.errors import ModelError, ParityError
from ctpn.files import sha256
from ctpn.imaging.decode import open_image
from ctpn.imaging.tiling import fit
from ctpn.nn.checkpoint import load_weights, save_weights
from ctpn.nn.detector import load_detector
from ctpn.nn.recognizer import load_recognizer
from ctpn.reader import TextReader
from ctpn.recognition.line_crop import rectify
from export import bundle, stamp
from export.exporter import WEIGHTS
from export.onnx.session import Session
from export.parity import LineTolerance, TextTolerance, by_page, compare_lines, compare_texts
from export.samples import batched

INT8_LINES, INT8_TEXTS = LineTolerance(value=None, min_hmean=0.96), TextTolerance(value=None, min_same=0.995, min_confidence=0.7)
EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.jpg"))
FILE, TEXT_FILE = WEIGHTS / "mobile.safetensors", WEIGHTS / "crnn.safetensors"


@pytest.fixture(scope="module")
def pages():
    return [fit(open_image(p), MOBILE).pixels for p in EXAMPLES]


def test_the_shipped_spec_is_the_present_one():
    assert load_detector(FILE).spec == MOBILE


def test_the_float_file_is_the_weights(pages):
    assert compare_lines(by_page(Session(WEIGHTS / "mobile.onnx")), load_detector(FILE), pages).lines == 1.0


def test_the_int8_file_finds_the_same_lines(pages):
    found = compare_lines(
        by_page(Session(WEIGHTS / "mobile-int8.onnx")), load_detector(FILE), pages, LineTolerance(value=None, min_hmean=0.96)
    )
    assert found.difference > 0.01  # int8 it is


def test_the_int8_file_is_small():
    assert (WEIGHTS / "mobile-int8.onnx").stat().st_size <= 800_000


def test_other_weights_are_noticed(pages):
    changed = load_detector(FILE)
    changed.link.bias.data += 0.01
    with pytest.raises(ParityError, match="values"):
        compare_lines(by_page(Session(WEIGHTS / "mobile.onnx")), changed, pages[:1])


def test_the_training_card_is_of_these_weights():
    card = json.loads((WEIGHTS / "mobile.json").read_text(encoding="utf-8"))
    assert card["weights"]["sha256"] == sha256(FILE) and card["weights"]["parameters"] <= 400_000


@pytest.fixture(scope="module")
def line_crops():
    reader = TextReader(threads=1)
    return batched([rectify(rgb, line.quad, CRNN) for rgb in map(open_image, EXAMPLES) for line in reader.detect(rgb)], CRNN)


def test_the_int8_recogniser_reads_what_its_weights_read(line_crops):
    net = load_recognizer(TEXT_FILE)
    assert net.spec == CRNN
    found = compare_texts(Session(WEIGHTS / "crnn-int8.onnx"), net, line_crops, INT8_TEXTS)
    assert found.difference > 0.01  # int8 it is


def test_other_characters_are_noticed(line_crops):
    changed = load_recognizer(TEXT_FILE)
    changed.characters.weight.data = changed.characters.weight.data.roll(1, 0)
    with pytest.raises(ParityError, match="texts"):
        compare_texts(Session(WEIGHTS / "crnn-int8.onnx"), changed, line_crops, INT8_TEXTS)


def test_the_recognisers_training_card_is_of_these_weights():
    card = json.loads((WEIGHTS / "crnn.json").read_text(encoding="utf-8"))
    assert card["weights"]["sha256"] == sha256(TEXT_FILE)


def test_the_stored_results_are_of_the_shipped_models():
    """README and the report show them."""
    names = ("peers", "reading", "latency", "arm", "confirmation_sweep")
    stored = {name: json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8")) for name in names}
    told = [*stored["peers"]["models"]["ours float"].items(), *stored["peers"]["models"]["ours int8"].items()]
    told += [*stored["reading"]["models"]["ours"].items(), *((r["file"], r["sha256"]) for r in stored["arm"]["rows"])]
    told += [(r["file"], r["sha256"]) for part in stored["latency"]["models"].values() for r in part["rows"]]
    told += stored["confirmation_sweep"]["models"].items()
    known = [(name, digest) for name, digest in told if (WEIGHTS / name).is_file()]
    assert {name for name, _ in known} == {"mobile.onnx", "mobile-int8.onnx", "crnn-int8.onnx"}
    assert [name for name, digest in known if digest != sha256(WEIGHTS / name)] == [], "measure again: make measure"


@pytest.mark.parametrize("digests", [{"mobile-int8.onnx": "0" * 64}, {}])
@pytest.mark.parametrize("model", ["mobile", "crnn"])
def test_a_bundle_does_not_name_the_accuracy_of_other_models(tmp_path, monkeypatch, capsys, model, digests):
    for name in ("mobile", "crnn"):
        shutil.copy(WEIGHTS / f"{name}.json", tmp_path)
    card = json.loads((tmp_path / f"{model}.json").read_text(encoding="utf-8"))
    card["measured"]["sha256"] = digests
    (tmp_path / f"{model}.json").write_text(json.dumps(card), encoding="utf-8")
    monkeypatch.setattr(bundle, "CARDS", tmp_path)
    assert bundle.main(["--out", str(tmp_path / "b")]) == 1 and not (tmp_path / "b").exists()
    assert f"{model}.json: measured with other models than the shipped ones; measure again with" in capsys.readouterr().err


def test_a_bundle_without_a_card_names_the_missing_file(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bundle, "CARDS", tmp_path)
    assert bundle.main(["--out", str(tmp_path / "b")]) == 1
    assert "mobile.json: missing; it belongs to" in capsys.readouterr().err


def test_stamping_changes_thresholds_and_nothing_that_was_trained(tmp_path):
    tensors, metadata = load_weights(FILE)
    spec = json.loads(metadata["spec"])
    first = spec | {"schema": 1, "builder": "links", "line_score": 0.1}
    save_weights(tmp_path / "old.safetensors", tensors, {"spec": json.dumps({k: v for k, v in first.items() if k != "lines"})})
    with pytest.raises(ModelError, match=r"expected schema 3, got 1; .* python -m export.stamp"):
        load_detector(tmp_path / "old.safetensors")
    save_weights(tmp_path / "foreign", tensors, {"spec": json.dumps(spec | {"stride_y": 16})})
    assert stamp.main([str(tmp_path / "old.safetensors"), str(tmp_path / "new")]) == 0
    assert load_detector(tmp_path / "new").spec == MOBILE
    assert stamp.main([str(tmp_path / "foreign"), str(tmp_path / "no")]) == 1 and not (tmp_path / "no").exists()


@pytest.mark.parametrize("file", sorted(WEIGHTS.glob("*.onnx")), ids=lambda f: f.name)
def test_stamping_an_onnx_file_leaves_its_graph_alone(tmp_path, file):
    model = onnx.load(file)
    spec = json.loads(next(p.value for p in model.metadata_props if p.key == "spec"))
    onnx.helper.set_model_props(model, {"spec": json.dumps(spec | {"schema": 1}), "note": "kept"})
    onnx.save(model, tmp_path / "old.onnx")
    assert stamp.main([str(tmp_path / "old.onnx"), str(tmp_path / "new.onnx")]) == 0
    new = onnx.load(tmp_path / "new.onnx")
    assert new.graph.SerializeToString() == model.graph.SerializeToString()
    assert {p.key: p.value for p in new.metadata_props} == {"spec": stamp.SPECS[spec["name"]].to_json(), "note": "kept"}
    (tmp_path / "cut.onnx").write_bytes(file.read_bytes()[:1000])
    assert stamp.main([str(tmp_path / "cut.onnx"), str(tmp_path / "no.onnx")]) == 1 and not (tmp_path / "no.onnx").exists()


def test_shipped_files_are_stamped_together(tmp_path):
    """The sums that cards and results name follow."""
    weights, results = tmp_path / "weights", tmp_path / "results"
    weights.mkdir(), results.mkdir()
    shutil.copy(WEIGHTS / "mobile-int8.onnx", weights)
    model = onnx.load(weights / "mobile-int8.onnx")
    spec = json.loads(next(p.value for p in model.metadata_props if p.key == "spec"))
    onnx.helper.set_model_props(model, {"spec": json.dumps(spec | {"schema": 2})})
    onnx.save(model, weights / "mobile-int8.onnx")
    old, other = sha256(weights / "mobile-int8.onnx"), "f" * 64
    (weights / "card.json").write_text(json.dumps({"a": old, "b": other}), encoding="utf-8")
    (results / "r.json").write_text(json.dumps([old]), encoding="utf-8")
    assert [file.name for file in stamp.stamp_shipped(weights, results)] == ["mobile-int8.onnx"]
    new = sha256(weights / "mobile-int8.onnx")
    assert json.loads((weights / "card.json").read_text(encoding="utf-8")) == {"a": new, "b": other}
    assert json.loads((results / "r.json").read_text(encoding="utf-8")) == [new] != [old]


@pytest.mark.parametrize("arguments", [[], ["one"], ["one", "two", "--shipped"]])
def test_stamping_takes_two_files_or_all(arguments):
    with pytest.raises(SystemExit, match="2"):
        stamp.main(arguments)
