"""A timer of the stages of the reader, by patching the functions where they are called."""

from __future__ import annotations

import pkgutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

STAGES = {  # what a stage's time is made of: names where their callers look them up
    "open": ("ctpn.reader.open_image",),
    "fit": ("ctpn.reader.fit",),
    "detector": ("ctpn.runtime.onnx_runtime.OnnxDetector.maps",),
    "decode": ("ctpn.detection.postprocess.decode",),
    "nms": ("ctpn.detection.postprocess.suppress",),
    "lines": ("ctpn.detection.postprocess.text_lines",),
    "rectify": ("ctpn.recognition.policy.rectify", "ctpn.recognition.policy.padded"),
    "recogniser": ("ctpn.runtime.onnx_runtime.OnnxRecognizer.logits",),
    "ctc": ("ctpn.recognition.policy.greedy",),
}


@contextmanager
def stage_timer() -> Iterator[dict[str, float]]:
    """Milliseconds spent in each stage while the block runs; none of them calls another."""
    times = dict.fromkeys(STAGES, 0.0)
    with ExitStack() as stack:
        for stage, names in STAGES.items():
            for name in names:
                stack.enter_context(patch(name, _timed(_found(name), stage, times)))
        yield times


def _found(name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = pkgutil.resolve_name(name)
    return function


def _timed(function: Callable[..., Any], stage: str, times: dict[str, float]) -> Callable[..., Any]:
    def timed(*args: Any, **named: Any) -> Any:
        begin = time.perf_counter()
        try:
            return function(*args, **named)
        finally:
            times[stage] += 1000 * (time.perf_counter() - begin)

    return timed
