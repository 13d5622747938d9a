"""A model's card from its weights' metadata: python -m ctpn.training.card ctpn/weights/mobile.safetensors

NAME.json beside NAME.safetensors gets `weights`, `recipe` (resolved, with its hash) and `training` (steps, seconds and losses of
each stage). What was measured since (`measured`, see benchmarks.card) stays.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from ctpn import command
from ctpn.errors import ModelError
from ctpn.files import write
from ctpn.nn.checkpoint import load_weights
from ctpn.training.record import Record

STATISTICS = ("running_mean", "running_var", "num_batches_tracked")  # of batch norm, not learned


def training_card(weights: Path) -> Record:
    """What the weights' metadata say of their origin: `weights`, `recipe` and `training` of a model's card.

    Raises:
        ModelError: weights that were neither trained by a recipe nor stamped with one.
    """
    tensors, metadata = load_weights(weights)
    if "recipe" not in metadata:
        raise ModelError(
            f"{weights}: no recipe in its metadata; train it with python -m ctpn.train, or stamp it: python -m export.stamp --recipe"
        )
    origin = metadata.get("recipe_origin", "written by the training")
    learned = sum(t.numel() for name, t in tensors.items() if not name.endswith(STATISTICS))
    return {
        "weights": {"sha256": hashlib.sha256(weights.read_bytes()).hexdigest(), "parameters": learned},
        "recipe": {"sha256": metadata["recipe_sha256"], "origin": origin, **json.loads(metadata["recipe"])},
        "training": json.loads(metadata["training"]),
    }


def update(weights: Path) -> Path:
    """Write the card beside the weights; returns its path.

    Raises:
        ModelError: as `training_card`.
    """
    file = weights.with_suffix(".json")
    old = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    kept = {key: value for key, value in old.items() if key == "measured"}
    write(file, json.dumps(training_card(weights) | kept, ensure_ascii=False, indent=1) + "\n")
    return file


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 written, 1 failed; usage errors exit 2."""
    parser = command.parser("ctpn.training.card", __doc__)
    parser.add_argument("weights", type=Path, nargs="+", help=".safetensors files")
    files = parser.parse_args(argv).weights
    return command.run("ctpn.training.card", lambda: "\n".join(str(update(file)) for file in files))


if __name__ == "__main__":
    sys.exit(main())
