"""Readers of public annotation formats: all give quads in pixels of the stored image."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ctpn.errors import CtpnError
from ctpn.files import write

IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")


@dataclass(frozen=True)
class TextAnnotation:
    """An annotated text.

    Attributes:
        quad: float32 [n, 2], n is 4 mostly, clockwise from the text's own top left, img pixels.
        text: the transcript; "" is unknown, "###" is unreadable.
    """

    quad: NDArray[np.float32]
    text: str

    @property
    def ignore(self) -> bool:
        """Whether it counts as neither text nor background."""
        return self.text == "###"


def read_icdar(path: Path) -> list[TextAnnotation]:
    """ICDAR text: `x1,y1,x2,y2,x3,y3,x4,y4,transcript` a line; the transcript may contain commas or be omitted.

    Transcripts such as `17,00` are common, so numbers behind the eighth are text; see `read_polygons`.

    Raises:
        CtpnError: a line that does not begin with 8 finite numbers, with its number.
    """
    annotations = []
    for number, line in _lines(path):
        parts = line.split(",", 8)
        annotations.append(TextAnnotation(_points(parts[:8], path, number), parts[8] if len(parts) > 8 else ""))
    return annotations


def read_polygons(path: Path) -> list[TextAnnotation]:
    """The same with four or more points a line, and always a transcript: `x1,y1,…,xn,yn,transcript`.

    The coordinates are all leading numbers but the last field, an even count of them.
    """
    annotations = []
    for number, line in _lines(path):
        parts = line.split(",")
        count = next((i for i, part in enumerate(parts) if np.isnan(_number(part))), len(parts) - 1)
        count = max(8, count - count % 2)
        if len(parts) <= count:
            raise CtpnError(f"{path}, line {number}: expected 4 or more points and a transcript, got {line[:60]!r}; fix or remove it")
        annotations.append(TextAnnotation(_points(parts[:count], path, number), ",".join(parts[count:])))
    return annotations


def read_rctw(path: Path) -> list[TextAnnotation]:
    """RCTW-17: `x1,y1,…,x4,y4,difficult,"transcript"` a line; difficult ones are ignored.

    Raises:
        CtpnError: a line with fewer fields, with a flag that is neither 0 nor 1, or with half a pair of quotes.
    """
    annotations = []
    for number, line in _lines(path):
        *numbers, flag, text = line.split(",", 9) if line.count(",") >= 9 else ["", ""]
        text = text.strip()
        if flag.strip() not in ("0", "1") or (text[:1] == '"') != (text[-1:] == '"' and len(text) > 1):
            raise CtpnError(f'{path}, line {number}: expected x1,y1,…,x4,y4,0 or 1,"text", got {line[:60]!r}; fix or remove it')
        text = text[1:-1].replace('""', '"') if text[:1] == '"' else text
        annotations.append(TextAnnotation(_points(numbers, path, number), "###" if flag.strip() == "1" else text))
    return annotations


def read_voc(path: Path) -> list[TextAnnotation]:
    """Pascal VOC XML as in VOC2007_text_detection: upright boxes, `difficult` ones are ignored, no transcript.

    Raises:
        CtpnError: no XML, a document type (which could expand without end), or an object without a proper box.
    """
    source = _text(path)
    if "<!DOCTYPE" in source or "<!ENTITY" in source:
        raise CtpnError(f"{path}: expected plain VOC XML without a document type; remove it")
    try:
        objects = list(ET.fromstring(source).iter("object"))
    except ET.ParseError as e:  # says line and column itself
        raise CtpnError(f"{path}: expected VOC XML, got {e}; check the file") from None
    return [_voc_object(node, path, number) for number, node in enumerate(objects, 1)]


def _voc_object(node: ET.Element, path: Path, number: int) -> TextAnnotation:
    fields = [node.findtext(f"bndbox/{name}", "nothing") for name in ("xmin", "ymin", "xmax", "ymax")]
    x0, y0, x1, y1 = (_number(v) for v in fields)
    if not (x0 < x1 and y0 < y1 and np.isfinite([x0, y0, x1, y1]).all()):
        raise CtpnError(
            f"{path}, object {number}: expected bndbox with xmin < xmax and ymin < ymax, got {', '.join(fields)[:60]!r}; fix or remove it"
        )
    quad = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)
    return TextAnnotation(quad, "###" if node.findtext("difficult", "").strip() == "1" else "")


def write_icdar(path: Path, annotations: list[TextAnnotation]) -> None:
    """Write quads and transcripts so that `read_icdar` gives them back, to a tenth of a pixel.

    A transcript's line breaks become spaces. The file is written atomically.
    """
    lines = [",".join(f"{v:.1f}" for v in r.quad.reshape(-1)) + "," + " ".join(r.text.splitlines()) for r in annotations]
    write(path, "".join(line + "\n" for line in lines))


def read_set(folder: Path) -> list[tuple[Path, Path]]:
    """The pairs (picture, annotation) of a folder with images/X.jpg and gt/gt_X.txt, by name.

    Raises:
        CtpnError: no such folder, no picture in it, or a picture without annotation.
    """
    return _pairs(folder, folder / "images", lambda p: folder / "gt" / f"gt_{p.stem}.txt", "images/X.jpg and gt/gt_X.txt")


def read_sroie(folder: Path) -> list[tuple[Path, Path]]:
    """The pairs of a folder as SROIE is published: X.jpg beside X.txt, which `read_icdar` reads.

    Raises:
        CtpnError: as `read_set`.
    """
    return _pairs(folder, folder, lambda p: p.with_suffix(".txt"), "X.jpg and X.txt side by side")


def _pairs(folder: Path, images: Path, annotation: Callable[[Path], Path], layout: str) -> list[tuple[Path, Path]]:
    pictures = sorted(p for p in images.glob("*") if p.suffix.lower() in IMAGES)
    if not pictures:
        raise CtpnError(f"{folder}: expected {layout}, found no picture; check the path")
    pairs = [(p, annotation(p)) for p in pictures]
    lost = [gt for _, gt in pairs if not gt.is_file()]
    if lost:
        raise CtpnError(f"{lost[0]}: no such annotation ({len(lost)} of {len(pairs)} pictures have none); expected {layout}")
    return pairs


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        raise CtpnError(f"{path}: cannot be read as UTF-8 text ({e}); check the file") from None


def _lines(path: Path) -> list[tuple[int, str]]:
    """(number, line) of all that are not empty. `splitlines` would also split a transcript at a form feed and the like."""
    return [(number, line) for number, line in enumerate(_text(path).split("\n"), 1) if line.strip()]


def _number(text: str) -> float:
    """The field's value, not-a-number where it has none."""
    try:
        return float(text)
    except ValueError:
        return np.nan


def _points(parts: list[str], path: Path, number: int) -> NDArray[np.float32]:
    """float32 [n, 2] of at least 8 fields."""
    values = np.array([_number(v) for v in parts], np.float32)
    if len(values) < 8 or not np.isfinite(values).all():
        expected = max(8, len(values))
        raise CtpnError(f"{path}, line {number}: expected {expected} finite numbers, got {','.join(parts)[:60]!r}; fix or remove it")
    return values.reshape(-1, 2)
