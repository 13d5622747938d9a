"""Whether a phone runs an ONNX file: ONNX Runtime's own mobile usability checker, and the versions that its mobile builds read."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
from onnxruntime.tools.make_dynamic_shape_fixed import fix_output_shapes, make_input_shape_fixed
from onnxruntime.tools.mobile_helpers import usability_checker
from onnxruntime.tools.onnx_model_utils import ModelProtoWithShapeInfo, optimize_model

from ctpn.errors import CtpnError
from export.graph import INPUT

# The highest opset of the exporter that keeps module names, and the file version that belongs to it. ONNX Runtime reads both
# since 1.14; what the packages write by default is read only by the versions of this year.
OPSET, IR = 17, 8
ML_PROGRAM = "coreml_supported_mlprogram_ops.md"


def accelerators(file: Path, shape: tuple[int, ...]) -> dict[str, str]:
    """Share of nodes that NNAPI and Core ML take, and in how many partitions: {"NNAPI": "99.8 % in 1"}.

    Args:
        shape: of the input. Accelerators want fixed sizes, to which an app sets the free ones when it loads the file.

    Raises:
        CtpnError: the file is of a version that mobile builds of ONNX Runtime refuse, or needs operators of another domain.
    """
    model = onnx.load(file)
    _check_versions(file, model)
    make_input_shape_fixed(model.graph, INPUT, list(shape))
    fix_output_shapes(model)
    with TemporaryDirectory(prefix=".compatibility-", dir=file.parent) as name:
        fixed, ready = Path(name, "fixed.onnx"), Path(name, "ready.onnx")
        onnx.save(model, fixed)
        optimize_model(fixed, ready)
        shaped = ModelProtoWithShapeInfo(ready).model_with_shape_info
    found = {
        "NNAPI": usability_checker.check_nnapi_partitions(shaped, True),
        "Core ML": usability_checker.check_coreml_partitions(shaped, True, ML_PROGRAM),
    }
    return {name: f"{100 * i.num_supported_nodes / i.num_nodes:.1f} % in {i.num_partitions}" for name, i in found.items()}


def _check_versions(file: Path, model: onnx.ModelProto) -> None:
    others = sorted({f"{n.domain}.{n.op_type}" for n in model.graph.node if n.domain})
    opset = next((o.version for o in model.opset_import if not o.domain), 0)
    if model.ir_version > IR or opset > OPSET or others:
        raise CtpnError(
            f"{file.name}: expected IR version {IR}, opset {OPSET} and no operator of another domain, "
            f"got {model.ir_version}, {opset}, {others}; mobile builds of ONNX Runtime would refuse it"
        )
