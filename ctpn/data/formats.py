"""Readers of public annotation formats: all give regions in pixels of the stored image."""

from __future__ import annotations

import csv
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ctpn.errors import CtpnError

IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")


@dataclass(frozen=True)
class Region:
    """A marked text.

    Attributes:
        quad: float32 [n, 2], n is 4 mostly, clockwise from the text's own top left, img pixels.
        text: what it says; "" is unknown, "###" means that nobody could read it.
    """

    quad: NDArray[np.float32]
    text: str

    @property
    def ignore(self) -> bool:
        """Whether it is neither text nor background."""
        return self.text == "###"


def read_icdar(path: Path) -> list[Region]:
    """ICDAR text: `x1,y1,x2,y2,x3,y3,x4,y4,transcript` a line; the transcript may hold commas or be left away.

    The SROIE sets have the same form. A line of more points is told from a numeric transcript by its count:
    with 8 leading numbers the rest is the transcript.

    Raises:
        CtpnError: a line with fewer than 8 numbers, with its number.
    """
    regions = []
    for number, line in enumerate(_text(path).splitlines(), 1):
        if line.strip():
            parts = line.split(",", 8)
            regions.append(Region(_quad(parts[:8], path, number), parts[8] if len(parts) > 8 else ""))
    return regions


def read_rctw(path: Path) -> list[Region]:
    """RCTW-17: `x1,y1,…,x4,y4,difficult,"transcript"` a line; difficult ones are ignored."""
    regions = []
    for number, row in enumerate(csv.reader(_text(path).splitlines()), 1):
        if row:
            text = ",".join(row[9:])
            regions.append(Region(_quad(row[:8], path, number), "###" if row[8:9] == ["1"] else text))
    return regions


def read_voc(path: Path) -> list[Region]:
    """Pascal VOC XML as in VOC2007_text_detection: upright boxes, `difficult` ones are ignored, no transcript.

    Raises:
        CtpnError: no XML, a document type (which could expand without end), or an object without a box.
    """
    source = _text(path)
    if "<!DOCTYPE" in source or "<!ENTITY" in source:
        raise CtpnError(f"{path}: expected plain VOC XML without a document type; remove it")
    try:
        return [_voc_object(node) for node in ET.fromstring(source).iter("object")]
    except (ET.ParseError, TypeError, ValueError, AttributeError) as e:
        raise CtpnError(f"{path}: expected VOC XML with object/bndbox/xmin,ymin,xmax,ymax ({e}); check the file") from None


def _voc_object(node: ET.Element) -> Region:
    box = node.find("bndbox")
    if box is None:
        raise ValueError("an object without bndbox")
    x0, y0, x1, y1 = (float(str(box.findtext(name))) for name in ("xmin", "ymin", "xmax", "ymax"))
    quad = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)
    return Region(quad, "###" if node.findtext("difficult") == "1" else "")


def write_icdar(path: Path, regions: list[Region]) -> None:
    """Write quads and transcripts so that `read_icdar` gives them back, to a tenth of a pixel."""
    lines = [",".join(f"{v:.1f}" for v in r.quad.reshape(-1)) + "," + r.text for r in regions]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def read_set(folder: Path) -> list[tuple[Path, Path]]:
    """The pairs (picture, annotation) of a folder with images/X.jpg and gt/gt_X.txt, by name.

    Raises:
        CtpnError: no such folder, no picture in it, or a picture without annotation.
    """
    pictures = sorted(p for p in (folder / "images").glob("*") if p.suffix.lower() in IMAGES)
    if not pictures:
        raise CtpnError(f"{folder}: expected images/X.jpg and gt/gt_X.txt, found no picture; check the path")
    pairs = [(p, folder / "gt" / f"gt_{p.stem}.txt") for p in pictures]
    lost = [gt for _, gt in pairs if not gt.is_file()]
    if lost:
        raise CtpnError(f"{lost[0]}: no such annotation ({len(lost)} of {len(pairs)} pictures have none)")
    return pairs


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        raise CtpnError(f"{path}: cannot be read as UTF-8 text ({e}); check the file") from None


def _quad(parts: list[str], path: Path, number: int) -> NDArray[np.float32]:
    try:
        quad = np.array([float(v) for v in parts], np.float32).reshape(4, 2)
    except ValueError:
        raise CtpnError(f"{path}, line {number}: expected 8 numbers, got {','.join(parts)[:60]!r}; mend or remove it") from None
    if not np.isfinite(quad).all():
        raise CtpnError(f"{path}, line {number}: expected finite numbers, got {','.join(parts)[:60]!r}")
    return quad
