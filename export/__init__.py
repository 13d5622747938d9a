"""PyTorch to files: one command per format; each file is compared with PyTorch before it gets its name."""

from ctpn.command import require

require("export", "torch", "onnx", "onnxsim", "safetensors", "tqdm")
