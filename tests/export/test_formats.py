"""TorchScript, ExecuTorch, float16 and .ort: each file computes what PyTorch computes, or is not written."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from ctpn.contract.spec import DetectorSpec
from ctpn.errors import CtpnError, ParityError
from ctpn.files import sha256
from ctpn.reader import WEIGHTS
from export import executorch, torchscript
from export.exporter import export, table
from export.graph import DetectorGraph
from export.onnx import ort
from export.onnx.mobile_compatibility import IR, OPSET, accelerators
from export.onnx.model import write_model
from export.onnx.session import Session
from export.onnx.writer import writer
from tests.helpers.small_nets import DETECTOR, SIZE, detector, pages, reader, use_small_samples


@pytest.fixture(autouse=True)
def small_samples(monkeypatch):
    use_small_samples(monkeypatch)


def test_torchscript_of_both_nets_in_both_variants(tmp_path):
    rows = export(detector(), tmp_path, SIZE, torchscript.write_files) + export(reader(), tmp_path, SIZE, torchscript.write_files)
    names = ["mobile", "mobile-96", "crnn", "crnn-64"]
    assert [r.file for r in rows] == [name + ending for name in names for ending in (".pt", ".ptl")]
    assert all(r.agreement.difference < 1e-4 and r.agreement.lines == 1 for r in rows)
    parity = json.loads((tmp_path / "mobile.pt.json").read_text())
    assert parity["mobile-96.ptl"]["sha256"] == sha256(tmp_path / "mobile-96.ptl") and parity["mobile-96.ptl"]["difference"] < 1e-4


def test_torchscript_loads_where_there_is_no_ctpn(tmp_path):
    export(detector(), tmp_path, SIZE, torchscript.write_files)
    code = (
        "import sys, torch; more = {'spec': ''}; net = torch.jit.load('mobile.pt', _extra_files=more)\n"
        "print([list(m.shape) for m in net(torch.zeros(1, 128, 160, 3, dtype=torch.uint8))], 'ctpn' in sys.modules)\n"
        "print(more['spec'].decode())"
    )
    shown = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True).stdout.splitlines()
    k = DETECTOR.anchors
    assert shown[0] == f"{[*([1, 16, 10, n] for n in (k, 2 * k, 2 * k, k)), [1, 8, 10, 3]]} False"
    assert DetectorSpec.from_json(shown[1]) == DETECTOR


def test_what_differs_is_refused_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("export.graph._fold_std", lambda net, spec: None)
    with pytest.raises(ParityError, match=r"mobile\.pt: .*values: expected within 0\.0001.*nothing was written"):
        export(detector(), tmp_path, SIZE, torchscript.write_files)
    assert list(tmp_path.iterdir()) == []


def test_executorch(tmp_path):
    runtime = pytest.importorskip("executorch.runtime", reason="executorch is not installed")
    (row,) = export(detector(), tmp_path, SIZE, executorch.write_files)
    assert row.file == "mobile-96.pte" and row.agreement.difference < 1e-4 and row.agreement.lines == 1
    (spec,) = runtime.Runtime.get().load_program(tmp_path / row.file).load_method("spec").execute([])
    assert DetectorSpec.from_json(spec) == DETECTOR


def test_executorch_that_computes_otherwise_is_refused(tmp_path, monkeypatch):
    """One file, of the recogniser, whose runtime gives the logits of another line crop."""
    pytest.importorskip("executorch", reason="executorch is not installed")
    runner = executorch.runner
    monkeypatch.setattr(executorch, "runner", lambda *args: lambda pixels: runner(*args)(pixels[:, :, ::-1].copy()))
    with pytest.raises(ParityError, match=r"crnn-64\.pte: values: expected within 0\.001"):
        export(reader(), tmp_path, SIZE, executorch.write_files)
    assert list(tmp_path.iterdir()) == []


def test_executorch_that_is_missing_is_told_before_anything_is_drawn(monkeypatch):
    monkeypatch.setitem(sys.modules, "executorch.runtime", None)
    monkeypatch.setattr("export.variants.parity_pages", lambda *_: pytest.fail("drawn"))
    with pytest.raises(CtpnError, match=r"executorch is missing .*pip install -c constraints\.txt -e '\.\[executorch\]'"):
        next(executorch.write_files(iter([]), None))


@pytest.mark.parametrize("accelerated", [True, False])
def test_what_is_int8_stays_int8_in_ort(tmp_path, accelerated):
    file = Path(shutil.copy(WEIGHTS / "crnn-int8.onnx", tmp_path))
    ort.convert(file, tmp_path / "crnn-int8.ort", accelerated=accelerated)
    assert (tmp_path / "crnn-int8.ort").stat().st_size < 1.1 * file.stat().st_size


def test_onnx_with_fewer_bits_and_as_ort(tmp_path):
    rows = {r.file: r for r in export(detector(), tmp_path, SIZE, writer(int8=True, float16=True, ort=True))}
    stems = ["mobile", "mobile-int8", "mobile-float16", "mobile-96", "mobile-96-int8", "mobile-96-float16"]
    assert [f for f in rows if f.endswith(".onnx")] == [f"{s}.onnx" for s in stems]
    assert [f for f in rows if f.endswith(".ort")] == [f"{s}.ort" for s in stems if "float16" not in s]
    half, whole = (onnx.load(tmp_path / f"mobile{s}.onnx") for s in ("-float16", ""))
    kinds = {i.data_type for i in half.graph.initializer if len(i.dims) == 4}
    assert kinds == {onnx.TensorProto.FLOAT16} and 1e-6 < rows["mobile-float16.onnx"].agreement.difference < 0.05
    assert [o.type for o in half.graph.output] == [o.type for o in whole.graph.output]  # float32
    for name in rows:
        if name.endswith(".onnx"):
            model = onnx.load(tmp_path / name)
            assert (model.ir_version, [(o.domain, o.version) for o in model.opset_import]) == (IR, [("", OPSET)])
            assert DetectorSpec.from_json(model.metadata_props[0].value) == DETECTOR
    needed = (tmp_path / "mobile.ort.config").read_text()
    assert str(tmp_path) not in needed and "# - mobile-int8.ort" in needed
    operators = [line for line in needed.splitlines() if line.startswith("ai.onnx;")]
    assert all(any(op in line for line in operators) for op in ("GRU", "Conv"))
    assert Session(tmp_path / "mobile.ort").session.get_modelmeta().custom_metadata_map == {"spec": DETECTOR.to_json()}
    assert "NNAPI" in table(list(rows.values())) and " % in " in rows["mobile-96.onnx"].details["Core ML"]


def test_accelerators_take_the_unrolled_form_and_not_the_gru(tmp_path):
    shares = {}
    for fixed in (False, True):
        write_model(DetectorGraph(detector(), unrolled=fixed), tmp_path / "a.onnx", SIZE, fixed_width=fixed)
        shares[fixed] = accelerators(tmp_path / "a.onnx", (1, *SIZE, 3))
    assert shares[False].keys() == {"NNAPI", "Core ML"}
    for name in shares[False]:
        free, fixed = (float(shares[f][name].split(" %")[0]) for f in (False, True))
        assert 50 < free < fixed and fixed > 98


def test_files_that_old_runtimes_refuse_are_refused(tmp_path):
    write_model(DetectorGraph(detector(), unrolled=False), tmp_path / "a.onnx", SIZE, fixed_width=False)
    model = onnx.load(tmp_path / "a.onnx")
    model.ir_version = IR + 1
    onnx.save(model, tmp_path / "a.onnx")
    with pytest.raises(CtpnError, match=rf"a\.onnx: expected IR version {IR}.* got {IR + 1}"):
        accelerators(tmp_path / "a.onnx", (1, *SIZE, 3))


def test_the_free_height_is_fixed_by_its_name(tmp_path):
    """What an app does for an accelerator: one file, and the size is set when it is loaded."""
    import onnxruntime

    write_model(DetectorGraph(detector(), unrolled=True), tmp_path / "a.onnx", SIZE, fixed_width=True)
    options = onnxruntime.SessionOptions()
    options.add_free_dimension_override_by_name("height", SIZE[0])
    session = onnxruntime.InferenceSession(str(tmp_path / "a.onnx"), options, providers=["CPUExecutionProvider"])
    assert session.get_inputs()[0].shape == [1, *SIZE, 3]
    page = pages(DETECTOR, SIZE)[0][None]
    for ours, theirs in zip(session.run(None, {"image": page}), Session(tmp_path / "a.onnx")(page).values(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
