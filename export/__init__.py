"""PyTorch to files: one command a format, each file compared with PyTorch before it gets its name."""
