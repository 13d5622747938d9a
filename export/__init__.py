"""PyTorch to files: one command a format, each file compared with PyTorch before it gets its name."""

from ctpn.command import need

need("export", "torch", "onnx", "onnxsim")
