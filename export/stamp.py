"""Take trained weights over as the shipped ones: python -m export.stamp IN.safetensors OUT.safetensors

The file's spec is replaced by the model's present one, because thresholds and the like are chosen after training. What the
net was trained with (anchors, grid, charset, channels, mean, deviation …) must be the same.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ctpn import command
from ctpn.contract.spec import CRNN, DETECTORS, DetectorSpec, RecognizerSpec
from ctpn.errors import ModelError
from ctpn.nn.checkpoint import load_weights, save_weights

SPECS: dict[str, DetectorSpec | RecognizerSpec] = {**DETECTORS, CRNN.name: CRNN}
TRAINED_WITH = {
    "detector": ("anchor_heights", "stride_x", "stride_y", "outputs", "channels", "mean", "std"),
    "recognizer": ("charset_sha256", "height", "stride", "pad", "channels", "mean", "std"),
}


def stamp(source: Path, target: Path) -> None:
    """Copy weights with the present spec of their model.

    Raises:
        ModelError: no weights, no spec in them, or one that the net was not trained with.
    """
    tensors, metadata = load_weights(source)
    old = json.loads(metadata.get("spec", "{}"))
    if old.get("name") not in SPECS:
        raise ModelError(f"{source}: expected weights of {', '.join(sorted(SPECS))}, got {old.get('name')!r}")
    spec = SPECS[old["name"]]
    new = json.loads(spec.to_json())
    changed = [f for f in TRAINED_WITH[new["kind"]] if old.get(f) != new[f]]
    if changed:
        raise ModelError(f"{source}: trained with other {', '.join(changed)} than the present spec has; train again")
    save_weights(target, tensors, metadata | {"spec": spec.to_json()})


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 written, 1 failed, 130 stopped by hand; usage errors exit 2."""
    parser = command.parser("export.stamp", __doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    args = parser.parse_args(argv)

    def stamped() -> str:
        stamp(args.source, args.target)
        return f"{args.target}: written"

    return command.finish("export.stamp", stamped)


if __name__ == "__main__":
    sys.exit(main())
