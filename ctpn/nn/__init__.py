"""Networks in PyTorch. They are for training and export; reading does not need them."""

from ctpn.command import require

require("train", "torch", "safetensors")

from ctpn.nn.detector import load_detector  # noqa: E402

__all__ = ["load_detector"]
