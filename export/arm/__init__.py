"""The aarch64 build of ONNX Runtime under emulation: what an ARM phone computes, and in how many instructions."""
