"""Measurements: each command stores its results with the environment of the measurement."""

from ctpn.command import require

require("benchmarks", "torch", "safetensors", "onnx", "onnxsim", "rapidfuzz", "tqdm", "fontTools", "matplotlib")
