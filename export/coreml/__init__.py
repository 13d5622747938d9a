"""Core ML packages: converted, compressed, and run."""
