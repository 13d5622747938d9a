"""Networks in PyTorch; everything else of ctpn works without."""

from ctpn.nn.detector import load_detector

__all__ = ["load_detector"]
