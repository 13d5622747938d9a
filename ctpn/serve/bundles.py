"""The published bundles: a folder with one for each release."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ctpn.contract.bundle import check_signature, open_bundle
from ctpn.contract.manifest import MANIFEST, Manifest, parse_manifest
from ctpn.contract.signature import SIGNATURE, Trust
from ctpn.errors import CtpnError, ModelError
from ctpn.files import sha256


@dataclass(frozen=True)
class Published:
    """A bundle that apps can fetch.

    Attributes:
        release: its number, by which it is addressed.
        schema: of its manifest.
        formats: of which it has both models.
        folder, manifest: where and what it is.
        sums: SHA-256 (hex) of each file, the manifest and the signature among them.
        bytes: of all files.
        signed: whether it has a signature.
    """

    release: int
    schema: int
    formats: tuple[str, ...]
    folder: Path
    manifest: Manifest
    sums: dict[str, str]
    bytes: int
    signed: bool


class Bundles:
    """The bundles in a folder, to which some may be added while the service runs; what has been published never changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[int, Published] = {}

    def releases(self) -> list[int]:
        """Numbers of the bundles, newest first."""
        if not self.folder.is_dir():
            return []
        return sorted((int(f.name) for f in self.folder.iterdir() if f.name.isascii() and f.name.isdigit()), reverse=True)

    def get(self, release: int) -> Published:
        """A bundle by its number.

        Raises:
            ModelError: there is none, or its manifest is damaged.
        """
        if release not in self._known:
            if not (self.folder / str(release) / MANIFEST).is_file():
                raise ModelError(f"release {release}: no such bundle; /v1/bundles lists them")
            self._known[release] = _published(self.folder / str(release), release)
        return self._known[release]

    def all(self) -> list[Published]:
        """Every bundle, newest first."""
        return [self.get(release) for release in self.releases()]


def publish(source: Path, bundles: Path, trust: Trust | None) -> Published:
    """Verify a bundle and publish it: a signed one as its release, another as the next number.

    Raises:
        CtpnError: it is no bundle, its signature is wrong, or a newer one is published already.
    """
    opened = open_bundle(source, trust)
    known = Bundles(bundles).releases()
    newest = known[0] if known else 0
    release = check_signature(source, trust).release if trust else newest + 1
    if release <= newest:
        raise CtpnError(f"{source}: release {release} is not newer than {newest}, which is published; sign it with a higher --release")
    bundles.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=bundles, prefix=".") as staged:
        new = Path(staged) / str(release)
        for name in (MANIFEST, *opened.manifest.files, *([SIGNATURE] if (source / SIGNATURE).is_file() else [])):
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, new / name)
        open_bundle(new, trust)
        os.rename(new, bundles / str(release))  # apps see all of it or nothing
    return Bundles(bundles).get(release)


def _published(folder: Path, release: int) -> Published:
    text = (folder / MANIFEST).read_text(encoding="utf-8")
    manifest = parse_manifest(text)
    sums = {name: entry.sha256 for name, entry in manifest.files.items()}
    own = [name for name in (MANIFEST, SIGNATURE) if (folder / name).is_file()]
    size = sum(entry.bytes for entry in manifest.files.values()) + sum((folder / name).stat().st_size for name in own)
    formats = set(manifest.models["detector"]) & set(manifest.models["recognizer"])
    return Published(
        release, int(json.loads(text)["schema"]), tuple(sorted(formats)), folder, manifest,
        sums | {name: sha256(folder / name) for name in own}, size, SIGNATURE in own,
    )  # fmt: skip
