"""Give a model file the present spec of its model: python -m export.stamp IN OUT

IN is a .safetensors file of weights or an exported .onnx file; only the spec in its metadata is replaced, because thresholds and
the like are chosen after training. What the net was trained with (anchors, grid, charset, channels, mean, deviation …) must be
the same. The spec that is replaced may be of an earlier schema.

    python -m export.stamp --shipped

gives all shipped files the present specs, and puts their new sums into the cards and the stored results that name the old ones. Do
this after a number or a field of a spec was changed, and keep the weights.

With --recipe FILE the weights' metadata get the recipe's text and hash too, and a note that they were added afterwards. This is for
weights that were trained with the recipe's values, but not by it.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from ctpn import command
from ctpn.contract.spec import CRNN, DETECTORS, DetectorSpec, RecognizerSpec
from ctpn.errors import ModelError
from ctpn.files import atomic_write, sha256, write, write_sum
from ctpn.nn.checkpoint import load_weights, save_weights
from ctpn.training.recipe import digest, load_recipe, resolved
from export.exporter import WEIGHTS

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results"

SPECS: dict[str, DetectorSpec | RecognizerSpec] = {**DETECTORS, CRNN.name: CRNN}
TRAINED_WITH = {
    "detector": ("anchor_heights", "stride_x", "stride_y", "outputs", "channels", "mean", "std"),
    "recognizer": ("charset_sha256", "height", "stride", "pad", "channels", "mean", "std"),
}


def stamp(source: Path, target: Path, recipe: Path | None = None) -> None:
    """Copy a model file with the present spec of its model.

    Args:
        recipe: of weights; None keeps what their metadata say.

    Raises:
        ModelError: no model file, no spec in it, or one that the net was not trained with; or a recipe of other weights.
        RecipeError: not a recipe.
    """
    if source.suffix == ".onnx":
        if recipe:
            raise ModelError(f"{source}: expected weights (.safetensors) for a recipe, got an exported file; omit --recipe")
        _stamp_onnx(source, target)
        return
    tensors, metadata = load_weights(source)
    if source == target and not recipe and metadata.get("spec") == present_spec(metadata.get("spec", "{}"), source):
        return  # safetensors writes its metadata in any order, so the sum would change for nothing
    present = {"spec": present_spec(metadata.get("spec", "{}"), source)}
    save_weights(target, tensors, metadata | present | (_origin(recipe, metadata, source) if recipe else {}))


def stamp_shipped(weights: Path = WEIGHTS, results: Path = RESULTS) -> list[Path]:
    """Stamp every model file of a folder in place, and replace its sum in the JSON files of both folders: what was stamped."""
    files = sorted([*weights.glob("*.safetensors"), *weights.glob("*.onnx")])
    sums: dict[str, str] = {}
    for file in files:
        before = sha256(file)
        stamp(file, file)
        sums[before] = sha256(file)
    for file in [*weights.glob("*.json"), *results.glob("*.json")]:
        text = file.read_text(encoding="utf-8")
        new = re.sub(r"\b[0-9a-f]{64}\b", lambda found: sums.get(found[0], found[0]), text)
        if new != text:
            write(file, new)
    return files


def _origin(file: Path, metadata: dict[str, str], source: Path) -> dict[str, str]:
    """What the metadata say of a recipe that was written after the training."""
    recipe = load_recipe(file)
    trained, last = (json.loads(metadata["spec"])["kind"], metadata.get("step")), recipe.runs[-1]
    if trained != (recipe.task, str(last.steps)):
        expected = f"a {recipe.task} after {last.steps} steps, as {file} ends"
        raise ModelError(f"{source}: expected {expected}, got a {trained[0]} after {trained[1]}; name its own recipe")
    added = {"recipe": resolved(recipe), "recipe_sha256": digest(recipe), "recipe_origin": "added after the training, see its notes"}
    return {"training": metadata.get("training", "[]")} | added


def present_spec(text: str, source: Path) -> str:
    """The JSON of the present spec of a model whose file carries the spec `text`, of any schema.

    Raises:
        ModelError: no spec of a model of ours, or one that the net was not trained with.
    """
    try:
        old = json.loads(text)
    except ValueError:
        old = None
    name = old.get("name") if isinstance(old, dict) else None
    if name not in SPECS:
        raise ModelError(f"{source}: expected the spec of {', '.join(sorted(SPECS))} in its metadata, got {name!r}; name another file")
    spec = SPECS[name]
    new = json.loads(spec.to_json())
    changed = [f for f in TRAINED_WITH[new["kind"]] if old.get(f) != new[f]]
    if changed:
        raise ModelError(f"{source}: trained with other {', '.join(changed)} than the present spec has; train again")
    return spec.to_json()


def _stamp_onnx(source: Path, target: Path) -> None:
    """Replace the spec in an ONNX file's metadata; the graph's bytes stay the same."""
    import onnx

    try:
        model = onnx.load(source)
    except Exception as e:  # protobuf's own exceptions share no public root
        raise ModelError(f"{source}: not a whole ONNX file ({e}); export it again with python -m export.onnx") from None
    metadata = {p.key: p.value for p in model.metadata_props}
    onnx.helper.set_model_props(model, metadata | {"spec": present_spec(metadata.get("spec", "{}"), source)})
    with atomic_write(target) as new:
        new.write_bytes(model.SerializeToString(deterministic=True))
    write_sum(target)


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 written, 1 failed, 130 stopped by hand; usage errors exit 2."""
    parser = command.parser("export.stamp", __doc__)
    parser.add_argument("source", type=Path, nargs="?")
    parser.add_argument("target", type=Path, nargs="?")
    parser.add_argument("--shipped", action="store_true", help="stamp all shipped files in place")
    parser.add_argument("--recipe", type=Path, metavar="FILE", help="recipe of weights that were trained before it was written")
    args = parser.parse_args(argv)
    if args.shipped is not (args.target is None):
        parser.error("expected IN and OUT, or --shipped alone")

    def stamped() -> str:
        if args.shipped:
            return ", ".join(file.name for file in stamp_shipped()) + ": stamped; the sums in cards and results are theirs"
        stamp(args.source, args.target, args.recipe)
        return f"{args.target}: written"

    return command.run("export.stamp", stamped)


if __name__ == "__main__":
    sys.exit(main())
