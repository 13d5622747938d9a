"""The folder that an app takes: models, specs, charset, a golden case, and a manifest that vouches for every byte.

docs/bundle.md describes the manifest; `python -m export.bundle` writes such a folder.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctpn.errors import ModelError
from ctpn.spec import DetectorSpec, RecognizerSpec

SCHEMA = 1
KIND = "ctpn-bundle"
MANIFEST = "manifest.json"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")  # of a file: beside the manifest, nowhere else
MOST_BYTES, MOST_FILES, MOST_MANIFEST = 512 << 20, 64, 1 << 20
REMEDY = "fetch the bundle again, or write one with python -m export.bundle"
PARTS = ("detector", "recognizer")


@dataclass(frozen=True)
class Bundle:
    """A folder whose every file is what its manifest says.

    Attributes:
        folder: where it lies.
        manifest: as it was read; docs/bundle.md has its keys.
        detector_spec, recognizer_spec: how the models' inputs and outputs are meant.
    """

    folder: Path
    manifest: dict[str, Any]
    detector_spec: DetectorSpec
    recognizer_spec: RecognizerSpec

    def model(self, part: str, form: str = "onnx") -> Path:
        """The file of the "detector" or "recognizer" in a format.

        Raises:
            ModelError: the bundle does not have it in this format.
        """
        forms = self.manifest["models"][part]
        if form not in forms:
            raise ModelError(f"{self.folder}: no {part} as {form!r}, only as {', '.join(forms)}; write it with --formats {form}")
        return self.folder / str(forms[form])

    def golden(self) -> dict[str, Any]:
        """The case that every app reads at load: photo, regions, lines, tolerances."""
        case: dict[str, Any] = json.loads((self.folder / self.manifest["golden"]).read_text(encoding="utf-8"))
        return case


def open_bundle(folder: str | Path) -> Bundle:
    """Verify a bundle and open it.

    Raises:
        ModelError: which file is missing, cut short, changed, foreign or newer, and what to do.
    """
    folder = Path(folder)
    manifest = _manifest(folder)
    for name, wanted in manifest["files"].items():
        _verify(folder / name, wanted)
    specs = [_json_text(folder / manifest["specs"][part]) for part in PARTS]
    detector, recognizer = DetectorSpec.from_json(specs[0]), RecognizerSpec.from_json(specs[1])
    if (folder / manifest["charset"]).read_text(encoding="utf-8") != recognizer.charset:
        raise ModelError(f"{folder / manifest['charset']}: not the charset of {manifest['specs']['recognizer']}; {REMEDY}")
    return Bundle(folder, manifest, detector, recognizer)


def _manifest(folder: Path) -> dict[str, Any]:
    file = folder / MANIFEST
    if not file.is_file():
        raise ModelError(f"{file}: no such file, so {folder} is no bundle; {REMEDY}")
    if file.stat().st_size > MOST_MANIFEST:
        raise ModelError(f"{file}: expected at most {MOST_MANIFEST} bytes, got {file.stat().st_size}; {REMEDY}")
    try:
        data = json.loads(_json_text(file))
    except (json.JSONDecodeError, RecursionError):
        raise ModelError(f"{file}: damaged, no JSON; {REMEDY}") from None
    if not isinstance(data, dict) or data.get("kind") != KIND:
        raise ModelError(f"{file}: not the manifest of a bundle of ours (expected kind {KIND!r}); {REMEDY}")
    if data.get("schema") != SCHEMA:
        newer = isinstance(data.get("schema"), int) and data["schema"] > SCHEMA
        raise ModelError(
            f"{file}: expected schema {SCHEMA}, got {data.get('schema')!r}; "
            + ("this bundle is newer than the program: update the program" if newer else REMEDY)
        )
    problem = _problem(data)
    if problem:
        raise ModelError(f"{file}: {problem}; {REMEDY}")
    return data


def _problem(data: dict[str, Any]) -> str | None:
    """What is wrong with the form of a manifest."""
    files, models, specs = data.get("files"), data.get("models"), data.get("specs")
    if not isinstance(files, dict) or not isinstance(models, dict) or not isinstance(specs, dict):
        return "expected objects files, models and specs"
    if len(files) > MOST_FILES:
        return f"expected at most {MOST_FILES} files, got {len(files)}"
    for name, wanted in files.items():
        if not NAME.fullmatch(name) or name == MANIFEST:
            return f"expected plain names of files beside the manifest, got {name[:60]!r}"
        if not isinstance(wanted, dict) or not isinstance(wanted.get("bytes"), int) or not isinstance(wanted.get("sha256"), str):
            return f"expected bytes and sha256 for {name}"
    if not 0 < sum(w["bytes"] for w in files.values()) <= MOST_BYTES:
        return f"expected at most {MOST_BYTES} bytes in all"
    if not all(isinstance(models.get(p), dict) and models[p] for p in PARTS):
        return f"expected models of {' and '.join(PARTS)}"
    named = [*(n for p in PARTS for n in models[p].values()), *(specs.get(p) for p in PARTS), data.get("charset"), data.get("golden")]
    lost = [n for n in named if not isinstance(n, str) or n not in files]
    return f"expected every file that is named among files, got {lost[0]!r}" if lost else None


def _verify(file: Path, wanted: dict[str, Any]) -> None:
    if not file.is_file():
        raise ModelError(f"{file}: missing from the bundle; {REMEDY}")
    size = file.stat().st_size
    if size != wanted["bytes"]:
        raise ModelError(f"{file}: expected {wanted['bytes']} bytes, got {size}; {REMEDY}")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if digest != wanted["sha256"]:
        raise ModelError(f"{file}: damaged (sha256 expected {wanted['sha256'][:12]}…, got {digest[:12]}…); {REMEDY}")


def _json_text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ModelError(f"{file}: damaged, no UTF-8; {REMEDY}") from None
