"""ONNX Runtime's options: given ones are used, and nothing falls back to the CPU in silence."""

import onnxruntime as ort
import pytest

from ctpn import CtpnError, TextReader
from ctpn.reader import SHIPPED_DETECTOR
from ctpn.runtime.onnx_runtime import CPU, OnnxDetector, RuntimeOptions


def test_the_default_is_the_cpu():
    session = OnnxDetector(SHIPPED_DETECTOR, RuntimeOptions(threads=1)).session
    assert session.get_providers() == list(CPU) and session.get_session_options().intra_op_num_threads == 1


def test_given_session_options_are_used():
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.graph_optimization_level = 1, ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    reader = TextReader(session_options=options, providers=[("CPUExecutionProvider", {})])
    assert all(
        model.session.get_session_options().graph_optimization_level == ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        for model in (reader.detector, reader.recognizer)
    )
    with pytest.raises(CtpnError, match="threads and session_options are both given"):
        TextReader(session_options=options, threads=2)


@pytest.mark.parametrize("threads", [-1, 257, 10**6, 1.5, "2", True, None])
def test_a_strange_number_of_threads_is_an_error(threads):
    """ONNX Runtime would start a million of them."""
    with pytest.raises(CtpnError, match="threads: expected a number from 0 to 256"):
        TextReader(threads=threads)


@pytest.mark.parametrize("providers", [["NoSuchProvider"], ["NoSuchProvider", "CPUExecutionProvider"], []])
def test_a_provider_that_is_not_there_is_an_error(providers):
    with pytest.raises(CtpnError, match=r"expected some of .*CPUExecutionProvider"):
        TextReader(providers=providers)


def test_a_provider_that_does_not_start_is_an_error(monkeypatch):
    """ONNX Runtime says nothing and takes the CPU."""
    monkeypatch.setattr(ort, "get_available_providers", lambda: ["TensorrtExecutionProvider", *CPU])
    with pytest.warns(UserWarning, match="not in available"), pytest.raises(CtpnError, match="does not start on this machine"):
        TextReader(providers=["TensorrtExecutionProvider", *CPU])
