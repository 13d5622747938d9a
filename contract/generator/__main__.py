"""Write the golden vectors and the specs that they start from, or compare what is stored: python -m contract.generator [--check]"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from contract.generator import boxes, directions, lines, pictures, readings, signatures, texts
from contract.generator.encoding import HERE, difference, write
from contract.generator.stages import MOBILE, load
from ctpn import command
from ctpn.contract.spec import CRNN, DetectorSpec, RecognizerSpec
from ctpn.errors import CtpnError

# name: (what it is about, tolerance by the name of a value, cases); what has no tolerance is equal.
FILES: dict[str, tuple[str, dict[str, float], Callable[[], list[dict[str, Any]]]]] = {
    "resample": ("halving, scaling, sampling", {}, pictures.resample_cases),
    "fit": ("a photo to the network's scale; long ones in tiles", {"scale_x": 1e-12, "scale_y": 1e-12}, pictures.fit_cases),
    "direction": ("which parts are looked at again, rotated", {"quads": 1e-6}, directions.direction_cases),
    "rotate": ("rotated parts of a picture", {"corners": 1e-3}, directions.rotate_cases),
    "regions": ("marked regions and what lies in them", {"outline": 1e-4, "scale": 1e-6, "fraction": 1e-9}, boxes.region_cases),
    "reading_order": ("rows from the top, each from the left", {}, boxes.order_cases),
    "decode": ("maps to proposals", {"boxes": 1e-3, "ends": 1e-4}, boxes.decode_cases),
    "suppress": ("suppression within a column", {}, boxes.suppress_cases),
    "lines": ("proposals to text lines", {"quads": 1e-2, "scores": 1e-5}, lines.cases),
    "postprocess": ("maps to text lines", {"quads": 1e-2, "scores": 1e-5}, boxes.postprocess_cases),
    "rectify": ("quads to line crops", {}, pictures.rectify_cases),
    "line_crop": ("directions, split points, batches", {"quads": 1e-4}, pictures.line_crop_cases),
    "columns": ("columns of characters", {"quad": 1e-4, "cells": 1e-9}, directions.column_cases),
    "ctc": ("logits to text, and parts joined", {"score": 1e-5, "scores": 1e-5}, texts.greedy_cases),
    "calibration": ("the probabilities of characters to a text's", {"probability": 1e-9}, texts.calibration_cases),
    "reading_policy": ("which lines are read again, and which reading wins", {"quads": 1e-3, "scores": 1e-5}, readings.policy_cases),
    "reading": (
        "whole readings: regions, scale, tiles, score slack, confirmation, order",
        {"quads": 2e-2, "scores": 1e-5, "text_scores": 1e-5},
        readings.reading_cases,
    ),
    "spec": ("specs, whole and damaged", {}, texts.spec_cases),
    "manifest": ("manifests of bundles, whole and damaged", {}, texts.manifest_cases),
    "signature": ("signatures of manifests, good, foreign, expired and damaged", {}, signatures.cases),
}


SPECS: dict[str, DetectorSpec | RecognizerSpec] = {"detector": MOBILE, "recognizer": CRNN}  # a case's `spec` names what differs from these


def make(folder: Path) -> list[Path]:
    """Write all files."""
    for part, spec in SPECS.items():
        file = folder / "specs" / f"{part}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(json.loads(spec.to_json()), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return [write(name, about, tolerance, cases(), folder) for name, (about, tolerance, cases) in FILES.items()]


def check(folder: Path = HERE) -> list[str]:
    """What differs between the stored files and fresh ones: empty if nothing."""
    with tempfile.TemporaryDirectory() as fresh:
        made = {f.name: load(f) for f in make(Path(fresh))}
        changed = [
            f"specs/{p}.json"
            for p in SPECS
            if (Path(fresh) / f"specs/{p}.json").read_text(encoding="utf-8") != _text(folder / f"specs/{p}.json")
        ]
    if changed:
        return [f"{file}: expected the present spec" for file in changed]
    stored = {f.name: load(f) for f in folder.glob("*.json")}
    if set(made) != set(stored):
        return [f"expected the files {sorted(made)}, got {sorted(stored)}"]
    return [f"{name}: {d}" for name in made if (d := difference(stored[name], made[name], made[name]["tolerance"]))]


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 written or equal, 1 different; usage errors exit 2."""
    parser = command.parser("contract.generator", __doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; compare with the stored files")
    compare = parser.parse_args(argv).check

    def done() -> str:
        if not compare:
            return f"{sum(f.stat().st_size for f in make(HERE)) / 1000:.0f} kB in {HERE}"
        if problems := check():
            raise CtpnError("\n".join(problems))
        return "the golden vectors are what the stages answer"

    return command.run("contract.generator", done)


if __name__ == "__main__":
    sys.exit(main())
