"""The folder that an app takes: models, specs, charset, a golden case, and a manifest that vouches for every byte.

docs/bundle.md describes the manifest; `python -m export.bundle` writes such a folder.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ctpn.contract.spec import DetectorSpec, RecognizerSpec, read_spec
from ctpn.errors import ModelError

SCHEMA = 1
KIND = "ctpn-bundle"
MANIFEST = "manifest.json"
NAME = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._-]{0,99}/){0,4}[A-Za-z0-9][A-Za-z0-9._-]{0,99}")  # of a file: below the manifest
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

    def check(self, part: str, spec: DetectorSpec | RecognizerSpec) -> None:
        """Whether a model's own spec is that of the bundle.

        Raises:
            ModelError: it is not, so its parts come from two bundles.
        """
        if spec != (self.detector_spec if part == "detector" else self.recognizer_spec):
            raise ModelError(f"{self.model(part)}: carries another spec than {self.manifest['specs'][part]}; {REMEDY}")

    def golden(self) -> dict[str, Any]:
        """The case that every app reads at load: photo, regions, lines, tolerances.

        Raises:
            ModelError: it has another form.
        """
        return _golden(self.folder / self.manifest["golden"], self.manifest["files"])


def open_bundle(folder: str | Path) -> Bundle:
    """Verify a bundle and open it.

    Raises:
        ModelError: which file is missing, cut short, changed, foreign or newer, and what to do.
    """
    folder = Path(folder)
    try:
        manifest = _manifest(folder)
        for name, wanted in manifest["files"].items():
            _verify(folder / name, wanted)
        bundle = Bundle(folder, manifest, *_specs(folder, manifest))
        bundle.golden()
    except OSError as e:
        raise ModelError(f"{folder}: cannot be read ({e}); {REMEDY}") from None
    return bundle


def _specs(folder: Path, manifest: dict[str, Any]) -> tuple[DetectorSpec, RecognizerSpec]:
    files = [folder / manifest["specs"][part] for part in PARTS]
    detector, recognizer = (read_spec(DetectorSpec, _text(files[0]), files[0]), read_spec(RecognizerSpec, _text(files[1]), files[1]))
    if _text(folder / manifest["charset"]) != recognizer.charset:
        raise ModelError(f"{folder / manifest['charset']}: not the charset of {files[1].name}; {REMEDY}")
    return detector, recognizer


def _manifest(folder: Path) -> dict[str, Any]:
    file = folder / MANIFEST
    if not file.is_file():
        raise ModelError(f"{file}: no such file, so {folder} is no bundle; {REMEDY}")
    if file.stat().st_size > MOST_MANIFEST:
        raise ModelError(f"{file}: expected at most {MOST_MANIFEST} bytes, got {file.stat().st_size}; {REMEDY}")
    data = _json(file)
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
    if not all(isinstance(specs.get(p), str) for p in PARTS):
        return f"expected specs of {' and '.join(PARTS)}"
    folders = {parent.as_posix() for name in files for parent in PurePosixPath(name).parents}  # a Core ML package is one
    named = [(n, {*files, *folders}) for p in PARTS for n in models[p].values()]
    named += [(n, set(files)) for n in (*(specs[p] for p in PARTS), data.get("charset"), data.get("golden"))]
    lost = [n for n, known in named if not isinstance(n, str) or n not in known]
    return f"expected every file that is named among files, got {lost[0]!r}" if lost else None


def _golden(file: Path, files: dict[str, Any]) -> dict[str, Any]:
    """The golden case, of the form that docs/bundle.md describes."""
    case = _json(file)
    photo = case.get("photo") if isinstance(case, dict) else None
    if not isinstance(photo, str) or photo not in files or not isinstance(case.get("lines"), list):
        raise ModelError(f"{file}: expected a photo of the bundle and lines; {REMEDY}")
    tolerance, regions = case.get("tolerance"), case.get("regions")
    if not isinstance(tolerance, dict) or not _numbers([tolerance.get("quad"), tolerance.get("score")], 2):
        raise ModelError(f"{file}: expected tolerances quad and score, got {str(tolerance)[:60]}; {REMEDY}")
    if not isinstance(regions, list) or not all(_numbers(r, 4) for r in regions):
        raise ModelError(f"{file}: expected regions of four numbers, got {str(regions)[:60]}; {REMEDY}")
    for line in case["lines"]:
        if not isinstance(line, dict) or not isinstance(line.get("text"), str) or not isinstance(line.get("quad"), list):
            raise ModelError(f"{file}: expected lines with text and quad, got {str(line)[:60]}; {REMEDY}")
        corners = len(line["quad"]) == 4 and all(_numbers(corner, 2) for corner in line["quad"])
        if not corners or not _numbers([line.get(k) for k in ("region", "score", "text_score")], 3):
            raise ModelError(f"{file}: expected four corners, region and scores, got {str(line)[:60]}; {REMEDY}")
    return case


def _numbers(values: Any, count: int) -> bool:
    """Whether this is a list of so many finite numbers."""
    if not isinstance(values, list) or len(values) != count:
        return False
    return all(isinstance(v, (int, float)) and not isinstance(v, bool) and abs(v) < 1e9 for v in values)


def _verify(file: Path, wanted: dict[str, Any]) -> None:
    if not file.is_file():
        raise ModelError(f"{file}: missing from the bundle; {REMEDY}")
    size = file.stat().st_size
    if size != wanted["bytes"]:
        raise ModelError(f"{file}: expected {wanted['bytes']} bytes, got {size}; {REMEDY}")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if digest != wanted["sha256"]:
        raise ModelError(f"{file}: damaged (sha256 expected {wanted['sha256'][:12]}…, got {digest[:12]}…); {REMEDY}")


def _json(file: Path) -> Any:
    try:
        return json.loads(_text(file))
    except (ValueError, RecursionError):
        raise ModelError(f"{file}: damaged, no JSON; {REMEDY}") from None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ModelError(f"{file}: damaged, no UTF-8; {REMEDY}") from None
