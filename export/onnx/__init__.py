"""ONNX files: traced, quantized, converted to ONNX Runtime's own format, and run."""
