"""Networks in PyTorch. They are for training and export; reading does not need them."""

from ctpn.nn.detector import load_detector

__all__ = ["load_detector"]
