"""Inference: the graphs under ONNX Runtime."""
