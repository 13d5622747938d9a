"""Small nets and samples of noise, for tests of the exports."""

import hashlib
from dataclasses import replace

import numpy as np
import torch

from ctpn.contract.spec import CRNN, MOBILE
from ctpn.nn.mobile import MobileCtpn
from ctpn.nn.recognizer import Crnn

SIZE = (64, 96)
CHARSET = " 0123456789abc快递"
# Untrained scores lie around a half: every line must count, or nothing is compared.
DETECTOR = replace(MOBILE, line_score=0.0, mean=(10.0, 20.0, 30.0), channels="BGR")
READER = replace(CRNN, charset=CHARSET, charset_sha256=hashlib.sha256(CHARSET.encode()).hexdigest(), widths=(64,), mean=(10.0, 20.0, 30.0))


def pages(spec, size, count=3):
    return list(np.random.default_rng(3).integers(0, 256, (count, *size, 3), dtype=np.uint8))


def strips(spec):
    rng = np.random.default_rng(4)
    return [rng.integers(0, 256, (2, spec.height, w, 3), dtype=np.uint8) for w in (32, 64, 96)]


def use_small_samples(monkeypatch, least_hmean=0.3):
    """Nets of noise lose lines and texts by rounding: `least_hmean` says how many of the lines must stay."""
    monkeypatch.setattr("export.forms.parity_pages", pages)
    monkeypatch.setattr("export.forms.parity_strips", strips)
    monkeypatch.setattr("export.onnx.calibration_pages", pages)
    monkeypatch.setattr("export.forms.ROUNDED_LINES", {"value_tolerance": None, "least_hmean": least_hmean})
    monkeypatch.setattr("export.forms.ROUNDED_TEXTS", {"value_tolerance": 2.0, "least_same": 0.0})


def detector():
    torch.manual_seed(0)
    return lively(MobileCtpn(DETECTOR, width=16, hidden=8))


def reader():
    torch.manual_seed(0)
    return lively(Crnn(READER, hidden=8, neck=8))


def lively(net):
    """Batch norms that are not the identity."""
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.2, 0.2)
            torch.nn.init.uniform_(module.running_var, 0.5, 2)
    return net.eval()
