"""python -m export: which commands there are."""

from __future__ import annotations

COMMANDS = {
    "export.onnx": "ONNX, float and int8, any size or one width: for ONNX Runtime on every platform",
    "export.bundle": "the folder that an app takes: models, specs, charset, golden case, checksums; --check verifies one",
}


def main() -> int:
    """Print the commands; exit code 0."""
    print("Write a trained model in another format, proven equal to PyTorch:\n")
    for name, purpose in COMMANDS.items():
        print(f"  python -m {name:14s} {purpose}")
    print("\nEach explains itself with --help.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
