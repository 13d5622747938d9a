"""The pages of the measurements: real sets beside the repository, and synthetic ones that are never trained on.

sroie and icdar2015: the validation split; funsd and td500: all pages, which are never trained on; waybills: synthetic, with seeds and
fonts that training never uses. Waybills are generated once; remove .cache/waybills-heldout to generate them again. long: see
benchmarks.long_pages. waybills-validation and forms-validation: synthetic with other seeds, to choose thresholds.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.annotations.formats import TextAnnotation, read_icdar, read_set
from ctpn.annotations.split import is_validation
from ctpn.errors import CtpnError, ImageError
from ctpn.files import write

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
CACHE = ROOT / ".cache"
# Kind, first seed and number of the synthetic pages with fonts that training never uses.
SYNTHETIC = {"waybills": ("waybill", 900000, 60), "waybills-validation": ("waybill", 910000, 24), "forms-validation": ("form", 810001, 12)}
UNSEEN = ("funsd", "td500", "long", *SYNTHETIC)
LONG_SIDE = 960


@dataclass(frozen=True)
class Page:
    """One image with its annotations.

    Attributes:
        file: the image that all open.
        digest: of the pixels: a changed or differently reduced image has another.
        annotations: texts with their polygons, in pixels of `file`.
    """

    file: Path
    digest: str
    annotations: list[TextAnnotation]


def pages(name: str, limit: int | None = None, *, reduced: bool = True) -> list[Page]:
    """The pages of a set, with a long side of at most 960 if `reduced`, else as stored.

    Raises:
        CtpnError: the set is missing, or one of its files is damaged.
    """
    folder = _long() if name == "long" else _synthetic(name) if name in SYNTHETIC else DATA / name
    pairs = [p for p in read_set(folder) if name in UNSEEN or is_validation(p[0].stem)]
    return [_reduced(image, gt) if reduced else _stored(image, gt) for image, gt in pairs[:limit]]


def digest(found: list[Page]) -> str:
    """A digest of pages with their annotations, which results store."""
    whole = hashlib.sha256()
    for page in found:
        whole.update(page.digest.encode())
        for annotation in page.annotations:
            whole.update(np.round(annotation.quad, 2).astype("<f8").tobytes() + annotation.text.encode())
    return whole.hexdigest()


def _stored(image: Path, gt: Path) -> Page:
    return Page(image, hashlib.sha256(image.read_bytes()).hexdigest(), read_icdar(gt))


def _reduced(image: Path, gt: Path) -> Page:
    """The name of the reduced copy comes from the source's bytes and the rule, so that a stale copy is never used."""
    data = image.read_bytes()
    name = hashlib.sha256(data + f"area {LONG_SIDE}".encode()).hexdigest()
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if bgr is None:
        raise ImageError(f"{image}: cannot be decoded; expected a complete JPEG or PNG; copy the set again")
    scale = min(1.0, LONG_SIDE / max(bgr.shape[:2]))
    file = CACHE / "pages" / f"{name[:32]}.png"
    if not file.exists():
        write_png(file, cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else bgr)
    return Page(file, name, [TextAnnotation(r.quad * scale, r.text) for r in read_icdar(gt)])


def write_png(file: Path, bgr: NDArray[np.uint8]) -> None:
    """Write an image atomically."""
    write(file, cv2.imencode(".png", bgr)[1].tobytes())


def _long() -> Path:
    from benchmarks.long_pages import draw

    return draw(CACHE / "long-heldout")


def _synthetic(name: str) -> Path:
    """A synthetic set; missing pages are generated first."""
    folder, (kind, seed, count) = CACHE / f"{name}-heldout", SYNTHETIC[name]
    existing = len(list(folder.glob("images/*.jpg")))  # a page's image is written last
    if existing < count:
        make = ["--count", str(count), "--seed", str(seed), "--kind", kind, "--heldout"]
        done = subprocess.run([sys.executable, "-m", "ctpn.synthesis.pages", "--out", folder, *make], cwd=ROOT, stdout=sys.stderr)
        if done.returncode:
            raise CtpnError(f"{folder}: expected {count} pages, found {existing}, and generating them failed; see the error above")
    return folder
