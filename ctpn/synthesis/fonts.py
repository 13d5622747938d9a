"""Fonts of this machine: which there are, what each can write, and which are never trained on."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
from fontTools.ttLib import TTCollection, TTFont, TTLibError  # type: ignore[import-untyped]

from ctpn.errors import CtpnError
from ctpn.files import write

CHINESE = "快递单收件人地址的一是在国龙鑫街樱糖"
KANJI = "快收件人地址的一是在国街糖"  # of these, what Japanese has too
LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,:;-/()#%&"
STYLES = re.compile(
    r"([-_ ]?(Regular|Roman|Book|BdIta|[Bb]old|Italic|Oblique|Extra|Semi|Demi|[Ll]ight|[Mm]edium|Thin|Black|Heavy|Hairline|[1-9]00)"
    r"|[-_ ](BI|B|I|RB?|DR))+$"
)
# Fonts that share their characters with another family: they are held out together, or not at all.
KIN = {
    "LXGWWenKaiMono": "LXGWWenKai", "gkai00mp": "ukai", "gbsn00lp": "uming", "BabelStoneHan": "uming", "HanaMinB": "HanaMinA",
    "TW-Kai-Ext-B-98_1": "TW-Kai-98_1", "TW-Kai-Plus-98_1": "TW-Kai-98_1", "RictyDiminishedDiscord": "RictyDiminished",
}  # fmt: skip
# Fonts that draw pictures, Greek or capitals where small letters should be.
PICTURES = ("D050000L", "StandardSymbolsPS", "LinBiolinum_K", "Humor-Sans")


@dataclass(frozen=True)
class Fonts:
    """Font files by what they can write, each list grouped by family so that large families do not rule.

    Attributes:
        kanji: Chinese characters, but not all of the simplified ones; `chinese` has them too.
    """

    chinese: tuple[tuple[str, ...], ...]
    latin: tuple[tuple[str, ...], ...]
    kanji: tuple[tuple[str, ...], ...]


# OpenCV's own, one of which writes Chinese: the same on every machine, whatever is installed there.
BUILT_IN = Fonts(chinese=(("uni",),), latin=(("sans",), ("italic",), ("uni",)), kanji=())


@lru_cache(maxsize=2)
def fonts(*, heldout: bool = False) -> Fonts:
    """The fonts to draw with; `heldout=True` gives those, and only those, that training never sees."""
    kept = {p: w for p, w in _scan().items() if is_heldout(p) == heldout}
    found = Fonts(*(_groups([p for p, writes in kept.items() if kind in writes.split()]) for kind in ("zh", "en", "kanji")))
    if not found.chinese or not found.latin:
        raise CtpnError(
            f"fonts: expected Chinese and Latin (heldout={heldout}) in /usr/share/fonts or $CTPN_FONTS, got "
            f"{len(found.chinese)} and {len(found.latin)} families; install fonts-noto-cjk, fonts-arphic-ukai, fonts-dejavu"
        )
    return found


@lru_cache(maxsize=512)
def face(path: str) -> cv2.FontFace:
    """The font of a file or of a name in `BUILT_IN`, loaded once. Of a collection OpenCV takes the first font."""
    return cv2.FontFace(path)


def is_heldout(path: str) -> bool:
    """Whether a font is kept for evaluation: about a quarter, by a hash of the file name without its style,
    so that the bold cut of a training font is not held out."""
    family = STYLES.sub("", Path(path).stem)
    family = KIN.get(family, family)
    return int(hashlib.md5(family.encode(), usedforsecurity=False).hexdigest(), 16) % 4 == 0


@lru_cache(maxsize=512)
def covered(path: str) -> frozenset[int]:
    """Code points that the font file can draw."""
    return frozenset(_open(Path(path)).getBestCmap() or ())


def _open(path: Path) -> TTFont:
    return TTCollection(path, lazy=True).fonts[0] if path.suffix.lower() == ".ttc" else TTFont(path, lazy=True)


def _groups(paths: list[str]) -> tuple[tuple[str, ...], ...]:
    """Paths grouped by the first letters of the name: the Latin of 200 Noto fonts is one and the same."""
    groups: dict[str, list[str]] = {}
    for path in sorted(paths, key=lambda p: (Path(p).name, p)):
        groups.setdefault(Path(path).stem[:8], []).append(path)
    return tuple(tuple(g) for g in groups.values())


def _scan() -> dict[str, str]:
    """What each font file can write, "zh" and/or "en"; files seen before are not opened again."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ctpn" / "fonts2.json"
    known: dict[str, str] = json.loads(cache.read_text()) if cache.exists() else {}
    keys = {f"{p}:{p.stat().st_size}:{p.stat().st_mtime_ns}": p for p in _files()}
    now = {key: known[key] if key in known else _writes(path) for key, path in keys.items()}
    if now != known:
        write(cache, json.dumps(now))
    return {str(path): now[key] for key, path in keys.items()}


def _files() -> list[Path]:
    folders = ["/usr/share/fonts", *filter(None, os.environ.get("CTPN_FONTS", "").split(os.pathsep))]
    files = {p.resolve() for f in folders for p in Path(f).rglob("*") if p.suffix.lower() in (".ttf", ".otf", ".ttc")}
    return sorted(p for p in files if p.stem not in PICTURES)


def _writes(path: Path) -> str:
    """Some of "zh", "en" and "kanji", with spaces between: the samples of which the font has every character."""
    try:
        points = covered(str(path))
    except (TTLibError, OSError, KeyError):
        return ""
    return " ".join(k for k, sample in (("zh", CHINESE), ("en", LATIN), ("kanji", KANJI)) if {ord(c) for c in sample} <= points)
