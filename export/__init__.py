"""PyTorch to files: one command per format; each file is compared with PyTorch before it gets its name."""

from ctpn.command import need

need("export", "torch", "onnx", "onnxsim")
