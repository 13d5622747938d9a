"""The folder that an app reads with: models, specs, charset, a golden case, and a manifest with the checksum of every file.

docs/bundle.md describes it; `python -m export.bundle` writes one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctpn.contract.json_text import parse, whole_number
from ctpn.contract.manifest import HINT, MANIFEST, MAX_MANIFEST, PARTS, FileSum, Manifest, parse_manifest
from ctpn.contract.signature import MAX_SIGNATURE, SIGNATURE, Signature, Trust, verify
from ctpn.contract.spec import DetectorSpec, RecognizerSpec, read_spec
from ctpn.errors import ModelError
from ctpn.files import sha256


@dataclass(frozen=True)
class GoldenLine:
    """A line that the golden case must give.

    Attributes:
        region: index of the region that it is in.
        quad: four corners (x, y) in pixels of the photo, clockwise from the top left of the text.
        score, text_score: probabilities of the detector and of the recogniser.
        text: what is read.
    """

    region: int
    quad: tuple[tuple[float, float], ...]
    score: float
    text: str
    text_score: float


@dataclass(frozen=True)
class Tolerance:
    """How far a corner, in pixels, and a score may be from the golden case's."""

    quad: float
    score: float


@dataclass(frozen=True)
class GoldenCase:
    """The case that every app reads when it loads the models; its fields are those of golden.json, in their order.

    Attributes:
        photo: name of a file of the bundle.
        regions: rectangles (x, y, width, height) in pixels of the photo.
        tolerance: of quads and scores; texts and regions must be equal.
        lines: what must be read, in this order.
    """

    photo: str
    regions: list[tuple[float, float, float, float]]
    tolerance: Tolerance
    lines: list[GoldenLine]


@dataclass(frozen=True)
class Bundle:
    """A verified folder: each file is as the manifest says.

    Attributes:
        folder: where it is.
        manifest: what it holds.
        detector_spec, recognizer_spec: what the models' inputs and outputs mean.
    """

    folder: Path
    manifest: Manifest
    detector_spec: DetectorSpec
    recognizer_spec: RecognizerSpec

    def model(self, part: str, format: str = "onnx") -> Path:
        """The file, or folder for Core ML, of the "detector" or "recognizer" in a format.

        Raises:
            ModelError: the bundle does not have it in this format.
        """
        formats = self.manifest.models[part]
        if format not in formats:
            raise ModelError(f"{self.folder}: no {part} as {format!r}, only as {', '.join(formats)}; write it with --formats {format}")
        return self.folder / formats[format]

    def check(self, part: str, spec: DetectorSpec | RecognizerSpec) -> None:
        """Whether a model's own spec is that of the bundle.

        Raises:
            ModelError: it is not, so its parts come from two bundles.
        """
        if spec != (self.detector_spec if part == "detector" else self.recognizer_spec):
            raise ModelError(f"{self.model(part)}: carries another spec than {self.manifest.specs[part]}; {HINT}")

    def golden(self) -> GoldenCase:
        """The case that every app reads when it loads the models.

        Raises:
            ModelError: it lacks something that docs/bundle.md names.
        """
        return _golden(self.folder / self.manifest.golden, self.manifest.files)


def open_bundle(folder: str | Path, trust: Trust | None = None) -> Bundle:
    """Verify a bundle and open it.

    Args:
        trust: whose signature it must carry; None: it may have none.

    Raises:
        ModelError: which file is missing, cut short, changed, unknown or of another version, or what is wrong with the signature,
            and what to do.
        CtpnError: a public key is none; the package `cryptography` is not installed.
    """
    folder = Path(folder)
    try:
        manifest = _manifest(folder)
        if trust is not None:
            check_signature(folder, trust)
        _check_names(folder, manifest)
        for name, expected in manifest.files.items():
            _verify(folder / name, expected)
        bundle = Bundle(folder, manifest, *_specs(folder, manifest))
        bundle.golden()
    except OSError as e:
        raise ModelError(f"{folder}: cannot be read ({e}); {HINT}") from None
    return bundle


def check_signature(folder: Path, trust: Trust) -> Signature:
    """Check the signature of a bundle's manifest, and nothing else of it; raises as `signature.verify`, naming the folder."""
    file = folder / SIGNATURE
    signed = file.read_bytes() if file.is_file() and file.stat().st_size <= MAX_SIGNATURE else None
    try:
        return verify((folder / MANIFEST).read_bytes(), signed, trust)
    except ModelError as e:
        raise ModelError(f"{folder}: {e}") from None


def _specs(folder: Path, manifest: Manifest) -> tuple[DetectorSpec, RecognizerSpec]:
    files = [folder / manifest.specs[part] for part in PARTS]
    detector, recognizer = (read_spec(DetectorSpec, _text(files[0]), files[0]), read_spec(RecognizerSpec, _text(files[1]), files[1]))
    if _text(folder / manifest.charset) != recognizer.charset:
        raise ModelError(f"{folder / manifest.charset}: not the charset of {files[1].name}; {HINT}")
    return detector, recognizer


def _manifest(folder: Path) -> Manifest:
    file = folder / MANIFEST
    if not file.is_file():
        raise ModelError(f"{file}: no such file, so {folder} is no bundle; {HINT}")
    try:
        return parse_manifest(_text(file))
    except ModelError as e:
        raise ModelError(f"{file}: {str(e).removeprefix(f'{file}: ')}") from None


def _golden(file: Path, files: dict[str, FileSum]) -> GoldenCase:
    """The golden case, as docs/bundle.md describes it."""
    case = _json(file)
    photo = case.get("photo") if isinstance(case, dict) else None
    if not isinstance(photo, str) or photo not in files or not isinstance(case.get("lines"), list):
        raise ModelError(f"{file}: expected a photo of the bundle and lines; {HINT}")
    tolerance, regions = case.get("tolerance"), case.get("regions")
    if not isinstance(tolerance, dict) or not _numbers([tolerance.get("quad"), tolerance.get("score")], 2):
        raise ModelError(f"{file}: expected tolerances quad and score, got {str(tolerance)[:60]}; {HINT}")
    if not isinstance(regions, list) or not all(_numbers(r, 4) for r in regions):
        raise ModelError(f"{file}: expected regions of four numbers, got {str(regions)[:60]}; {HINT}")
    lines = [_golden_line(file, line) for line in case["lines"]]
    return GoldenCase(photo, [(x, y, w, h) for x, y, w, h in regions], Tolerance(tolerance["quad"], tolerance["score"]), lines)


def _golden_line(file: Path, line: Any) -> GoldenLine:
    if not isinstance(line, dict) or not isinstance(line.get("text"), str) or not isinstance(line.get("quad"), list):
        raise ModelError(f"{file}: expected lines with text and quad, got {str(line)[:60]}; {HINT}")
    corners = len(line["quad"]) == 4 and all(_numbers(corner, 2) for corner in line["quad"])
    region = whole_number(line.get("region"))
    if not corners or region is None or not _numbers([line.get(k) for k in ("score", "text_score")], 2):
        raise ModelError(f"{file}: expected four corners, region and scores, got {str(line)[:60]}; {HINT}")
    return GoldenLine(region, tuple((x, y) for x, y in line["quad"]), line["score"], line["text"], line["text_score"])


def _numbers(values: Any, count: int) -> bool:
    """Whether this is a list of so many finite numbers."""
    if not isinstance(values, list) or len(values) != count:
        return False
    return all(isinstance(v, (int, float)) and not isinstance(v, bool) and abs(v) < 1e9 for v in values)


def _check_names(folder: Path, manifest: Manifest) -> None:
    """Whether a folder holds what its manifest names and nothing else: no links, which lead out of it, and no other files.

    Hidden files, whose names begin with a dot, are let be: systems leave them, and no name of a manifest begins so.
    """
    known = {MANIFEST, SIGNATURE, *manifest.files}
    for place, folders, files in os.walk(folder):
        for entry in (Path(place) / name for name in sorted([*folders, *files])):
            if entry.is_symlink():
                raise ModelError(f"{entry}: is a link; expected a bundle whose files all lie in its folder; {HINT}")
            name = entry.relative_to(folder).as_posix()
            if not entry.is_dir() and name not in known and not entry.name.startswith("."):
                raise ModelError(f"{entry}: is not in the manifest, which names every file; remove it if you know it, or {HINT}")


def _verify(file: Path, expected: FileSum) -> None:
    if not file.is_file():
        raise ModelError(f"{file}: missing from the bundle; {HINT}")
    size = file.stat().st_size
    if size != expected.bytes:
        raise ModelError(f"{file}: expected {expected.bytes} bytes, got {size}; {HINT}")
    digest = sha256(file)
    if digest != expected.sha256:
        raise ModelError(f"{file}: damaged (sha256 expected {expected.sha256[:12]}…, got {digest[:12]}…); {HINT}")


def _json(file: Path) -> Any:
    try:
        return parse(_text(file))
    except ValueError as e:
        raise ModelError(f"{file}: damaged, no JSON ({e}); {HINT}") from None


def _text(file: Path) -> str:
    if file.stat().st_size > MAX_MANIFEST:
        raise ModelError(f"{file}: expected at most {MAX_MANIFEST} bytes, got {file.stat().st_size}; {HINT}")
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ModelError(f"{file}: damaged, no UTF-8; {HINT}") from None
