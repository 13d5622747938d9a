"""The manifest of a bundle: names and checksums of its files. docs/bundle.md describes it, contract/schemas/manifest.schema.json too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ctpn.contract.json_text import parse, whole_number
from ctpn.errors import ModelError

SCHEMA = 3
KIND = "ctpn-bundle"
MANIFEST = "manifest.json"
PARTS = ("detector", "recognizer")
MAX_BYTES, MAX_FILES, MAX_NAME, MAX_MANIFEST = 512 << 20, 64, 255, 1 << 20
# One to five segments of a path below the manifest's folder; none ends in a dot, which Windows drops.
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?(?:/[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?){0,4}")
FORMAT = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
SHA256 = re.compile(r"[0-9a-f]{64}")
HINT = "fetch the bundle again, or write one with python -m export.bundle"
KEYS = {"cards", "charset", "files", "golden", "kind", "measured", "models", "schema", "specs", "tools", "version"}


@dataclass(frozen=True)
class FileSum:
    """Size and SHA-256 (64 hex digits, lower case) of a file."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """A bundle's manifest.

    Attributes:
        version: of the project that wrote it.
        models: for "detector" and "recognizer": format to the name of a file, or of a folder for Core ML.
        specs: for "detector" and "recognizer": file name.
        charset, golden: file names.
        files: of every file but the manifest, by its name, which has `/` between folders.
        tools, measured, cards: for people; no reader needs them, so the schema leaves open what is in them.
    """

    version: str
    models: dict[str, dict[str, str]]
    specs: dict[str, str]
    charset: str
    golden: str
    files: dict[str, FileSum]
    tools: dict[str, object]
    measured: dict[str, object]
    cards: dict[str, object]


def parse_manifest(text: str) -> Manifest:
    """The manifest that a text holds.

    Raises:
        ModelError: damaged, of something else, or of another version, and what to do; the message lacks the file's name.
    """
    try:
        data = parse(text)
    except ValueError as e:
        raise ModelError(f"damaged, no JSON ({e}); {HINT}") from None
    if not isinstance(data, dict) or data.get("kind") != KIND:
        raise ModelError(f"not the manifest of a bundle of ours (expected kind {KIND!r}); {HINT}")
    schema = data.get("schema")
    if whole_number(schema) != SCHEMA:
        newer = (whole_number(schema) or 0) > SCHEMA
        todo = "this bundle is newer than the program: update the program" if newer else f"this bundle is older than the program: {HINT}"
        raise ModelError(f"expected schema {SCHEMA}, got {_shown(schema)}; {todo}")
    problem = _keys_problem(data) or _files_problem(data["files"]) or _references_problem(data)
    if problem:
        raise ModelError(f"{problem}; {HINT}")
    files = {name: FileSum(whole_number(s["bytes"]) or 0, s["sha256"]) for name, s in data["files"].items()}
    return Manifest(files=files, **{k: v for k, v in data.items() if k not in ("files", "schema", "kind")})


def _keys_problem(data: Mapping[str, Any]) -> str | None:
    for what, names in (("missing", KEYS - data.keys()), ("unknown", data.keys() - KEYS)):
        if names:
            return f"{what} {', '.join(name[:60] for name in sorted(names))}"
    for key in ("files", "models", "specs", "tools", "measured", "cards"):
        if not isinstance(data[key], dict):
            return f"{key}: expected an object, got {_shown(data[key])}"
    for key in ("version", "charset", "golden"):
        if not isinstance(data[key], str):
            return f"{key}: expected a text, got {_shown(data[key])}"
    for key in ("models", "specs"):
        if set(data[key]) != set(PARTS):
            return f"{key}: expected {' and '.join(PARTS)}, got {_shown(sorted(data[key]))}"
    return None


def _files_problem(files: Mapping[str, Any]) -> str | None:
    if not 1 <= len(files) <= MAX_FILES:
        return f"files: expected 1 to {MAX_FILES}, got {len(files)}"
    total = 0
    for name, entry in files.items():
        if not NAME.fullmatch(name) or len(name) > MAX_NAME or name.lower() == MANIFEST:
            return f"files: expected plain names of files below the manifest's folder, got {_shown(name)}"
        size = whole_number(entry.get("bytes")) if isinstance(entry, dict) and set(entry) == {"bytes", "sha256"} else None
        if size is None or size < 0 or not isinstance(entry["sha256"], str) or not SHA256.fullmatch(entry["sha256"]):
            return f"files: expected bytes and sha256 of {name}, got {_shown(entry)}"
        total += size
    if total > MAX_BYTES:
        return f"files: expected at most {MAX_BYTES} bytes in all, got {total}"
    return _clash(files)


def _clash(files: Mapping[str, Any]) -> str | None:
    """Two names that some file system cannot hold beside each other."""
    folders = _folders(files)
    known: dict[str, str] = {}
    for name in [*files, *sorted(folders)]:
        other = known.setdefault(name.lower(), name)
        if other != name:
            return f"files: expected names that differ not only in case, got {other} and {name}"
    both = sorted(folders & set(files))
    return f"files: {both[0]} is a file and a folder" if both else None


def _folders(files: Mapping[str, Any]) -> set[str]:
    return {parent.as_posix() for name in files for parent in PurePosixPath(name).parents if parent.name}


def _references_problem(data: Mapping[str, Any]) -> str | None:
    """A model, spec, charset or golden case that is not among the files."""
    files, models = data["files"], data["models"]
    named = [(data["specs"][part], set(files)) for part in PARTS] + [(data[key], set(files)) for key in ("charset", "golden")]
    for part in PARTS:
        formats = models[part]
        if not isinstance(formats, dict) or not formats or not all(FORMAT.fullmatch(f) for f in formats):
            return f"models: expected formats of the {part}, got {_shown(formats)}"
        named += [(name, {*files, *_folders(files)}) for name in formats.values()]
    lost = [name for name, known in named if not isinstance(name, str) or name not in known]
    return f"expected every file that is named among files, got {_shown(lost[0])}" if lost else None


def _shown(value: Any) -> str:
    return repr(value)[:60]
