"""Options that all export commands have in common."""

from __future__ import annotations

import argparse


def size(text: str) -> tuple[int, int]:
    """(H, W) of "960x960", for argparse."""
    try:
        height, width = (int(v) for v in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected HxW, such as 960x960, got {text!r}") from None
    if height % 32 or width % 32 or not 0 < height <= 4096 or not 0 < width <= 4096:
        raise argparse.ArgumentTypeError(f"expected multiples of 32 up to 4096, got {text!r}")
    return height, width
