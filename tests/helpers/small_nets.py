"""Small nets and samples of noise, for tests of the exports."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TypeVar

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ctpn.contract.spec import CRNN, MOBILE, DetectorSpec, RecognizerSpec, revise
from ctpn.nn.mobile import MobileCtpn
from ctpn.nn.recognizer import Crnn
from export.parity import LineTolerance, TextTolerance

SIZE = (64, 96)
Net = TypeVar("Net", bound=torch.nn.Module)
CHARSET = " 0123456789abc快递"
# Untrained scores lie around a half: every line must count, or nothing is compared.
DETECTOR = revise(MOBILE, {"lines": {"line_score": 0.0}, "mean": (10.0, 20.0, 30.0), "channels": "BGR"})
READER = replace(
    CRNN,
    charset=CHARSET,
    charset_sha256=hashlib.sha256(CHARSET.encode()).hexdigest(),
    widths=(64,),
    max_width=128,
    mean=(10.0, 20.0, 30.0),
)


def pages(spec: DetectorSpec, size: tuple[int, int], count: int = 3) -> list[NDArray[np.uint8]]:
    return list(np.random.default_rng(3).integers(0, 256, (count, *size, 3), dtype=np.uint8))


def line_crops(spec: RecognizerSpec) -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(4)
    return [rng.integers(0, 256, (2, spec.height, w, 3), dtype=np.uint8) for w in (32, 64, 96)]


def use_small_samples(monkeypatch: pytest.MonkeyPatch, min_hmean: float = 0.3) -> None:
    """Nets of noise lose lines and texts by rounding: `min_hmean` says how many of the lines must stay."""
    monkeypatch.setattr("export.variants.parity_pages", pages)
    monkeypatch.setattr("export.variants.parity_line_crops", line_crops)
    monkeypatch.setattr("export.onnx.writer.calibration_pages", pages)
    monkeypatch.setattr("export.variants.QUANTIZED_LINES", LineTolerance(value=None, min_hmean=min_hmean))
    monkeypatch.setattr("export.variants.QUANTIZED_TEXTS", TextTolerance(value=2.0, min_same=0.0))


def detector() -> MobileCtpn:
    torch.manual_seed(0)
    return lively(MobileCtpn(DETECTOR, width=16, hidden=8))


def reader() -> Crnn:
    torch.manual_seed(0)
    return lively(Crnn(READER, hidden=8, neck=8))


def lively(net: Net) -> Net:
    """Batch norms that are not the identity."""
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            assert module.running_mean is not None and module.running_var is not None
            torch.nn.init.uniform_(module.running_mean, -0.2, 0.2)
            torch.nn.init.uniform_(module.running_var, 0.5, 2)
    return net.eval()
