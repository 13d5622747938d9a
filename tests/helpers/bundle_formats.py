"""A bundle with models in every format, for readers that use only one of them: made in a moment, because only ONNX is real."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from ctpn.contract.manifest import MANIFEST

# Format and name, as `python -m export.bundle --formats onnx ort torchscript executorch coreml` writes them; a package is a folder.
OTHERS = {
    "detector": {
        "ort": ".ort", "torchscript": ".ptl", "executorch-960": "-960.pte", "coreml-960x960-float16": "-960x960-float16.mlpackage",
    },
    "recognizer": {
        "ort": ".ort", "torchscript": ".ptl", "executorch-160": "-160.pte", "executorch-320": "-320.pte", "executorch-640": "-640.pte",
        "coreml-float16": "-float16.mlpackage",
    },
}  # fmt: skip
PACKAGE = ("Manifest.json", "Data/com.apple.CoreML/model.mlmodel", "Data/com.apple.CoreML/weights/weight.bin")


def with_all_formats(bundle: Path, folder: Path) -> None:
    """Copy a bundle of ONNX models to a new folder, and add models of the other formats whose content no reader looks at."""
    shutil.copytree(bundle, folder)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    added = ["ort.config"]
    for model, formats in OTHERS.items():
        for name, ending in formats.items():
            manifest["models"][model][name] = model + ending
            added += [f"{model}{ending}/{part}" for part in PACKAGE] if ending.endswith(".mlpackage") else [model + ending]
    for name in added:
        content = f"content of {name}".encode()
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        manifest["files"][name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
