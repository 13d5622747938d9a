"""Fonts of this machine: which exist, which scripts each covers, and which are held out from training."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
from fontTools.ttLib import TTFont, TTLibError

from ctpn.errors import CtpnError
from ctpn.files import write

CHINESE = "快递单收件人地址的一是在国龙鑫街樱糖"
KANJI = "快收件人地址的一是在国街糖"  # of these, what Japanese has too
LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,:;-/()#%&"
STYLES = re.compile(
    r"([-_ ]?(Regular|Roman|Book|BdIta|[Bb]old|Italic|Oblique|Extra|Semi|Demi|[Ll]ight|[Mm]edium|Thin|Black|Heavy|Hairline|[1-9]00)"
    r"|[-_ ](BI|B|I|RB?|DR))+$"
)
# Fonts that share their glyphs with another family: both are held out, or neither is.
KIN = {
    "LXGWWenKaiMono": "LXGWWenKai", "gkai00mp": "ukai", "gbsn00lp": "uming", "BabelStoneHan": "uming", "HanaMinB": "HanaMinA",
    "TW-Kai-Ext-B-98_1": "TW-Kai-98_1", "TW-Kai-Plus-98_1": "TW-Kai-98_1", "RictyDiminishedDiscord": "RictyDiminished",
}  # fmt: skip
# Fonts with pictures, Greek or capitals in place of small letters.
PICTURES = ("D050000L", "StandardSymbolsPS", "LinBiolinum_K", "Humor-Sans")


@dataclass(frozen=True)
class Fonts:
    """Font files by script, each list grouped by family so that large families do not dominate.

    Attributes:
        kanji: fonts with the characters that Chinese and Japanese share; all fonts of `chinese` are among them.
    """

    chinese: tuple[tuple[str, ...], ...]
    latin: tuple[tuple[str, ...], ...]
    kanji: tuple[tuple[str, ...], ...]


# OpenCV's own fonts, one of which has Chinese: the same on every machine.
BUILT_IN = Fonts(chinese=(("uni",),), latin=(("sans",), ("italic",), ("uni",)), kanji=())


SYSTEM_FONTS = ("/usr/share/fonts",)


@lru_cache(maxsize=8)
def fonts(folders: tuple[str, ...] = SYSTEM_FONTS, *, heldout: bool = False) -> Fonts:
    """The fonts in these folders; `heldout=True` gives only those that training never uses.

    Raises:
        CtpnError: no Chinese or no Latin font there.
    """
    kept = {p: w for p, w in _scan(folders).items() if is_heldout(p) == heldout}
    found = Fonts(*(_groups([p for p, writes in kept.items() if kind in writes.split()]) for kind in ("zh", "en", "kanji")))
    if not found.chinese or not found.latin:
        raise CtpnError(
            f"fonts: expected Chinese and Latin (heldout={heldout}) in {', '.join(folders)}, got "
            f"{len(found.chinese)} and {len(found.latin)} families; on Debian: make fonts"
        )
    return found


@lru_cache(maxsize=512)
def face(path: str) -> cv2.FontFace:
    """The font of a file or of a name in `BUILT_IN`, loaded once. OpenCV takes the first font of a collection."""
    return cv2.FontFace(path)


def is_heldout(path: str) -> bool:
    """Whether a font is held out for evaluation: about a quarter are, by a hash of the file name without its style,
    so that all styles of a family are on the same side."""
    family = STYLES.sub("", Path(path).stem)
    family = KIN.get(family, family)
    return int(hashlib.md5(family.encode(), usedforsecurity=False).hexdigest(), 16) % 4 == 0


@lru_cache(maxsize=512)
def covered(path: str) -> frozenset[int]:
    """Code points that the font file can draw."""
    with TTFont(path, fontNumber=0, lazy=True) as font:  # the first one of a collection, as in `face`
        return frozenset(font.getBestCmap() or ())


def _groups(paths: list[str]) -> tuple[tuple[str, ...], ...]:
    """Paths grouped by the first letters of the name: 200 Noto fonts share the same Latin glyphs."""
    groups: dict[str, list[str]] = {}
    for path in sorted(paths, key=lambda p: (Path(p).name, p)):
        groups.setdefault(Path(path).stem[:8], []).append(path)
    return tuple(tuple(g) for g in groups.values())


def _scan(folders: tuple[str, ...]) -> dict[str, str]:
    """The scripts of each font file, as `_writes` gives them; known files are not opened again."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ctpn" / "fonts2.json"
    known: dict[str, str] = json.loads(cache.read_text()) if cache.exists() else {}
    keys = {f"{p}:{p.stat().st_size}:{p.stat().st_mtime_ns}": p for p in _files(folders)}
    now = {key: known[key] if key in known else _writes(path) for key, path in keys.items()}
    if now != known:
        write(cache, json.dumps(now))
    return {str(path): now[key] for key, path in keys.items()}


def _files(folders: tuple[str, ...]) -> list[Path]:
    files = {p.resolve() for f in folders for p in Path(f).rglob("*") if p.suffix.lower() in (".ttf", ".otf", ".ttc")}
    return sorted(p for p in files if p.stem not in PICTURES)


def _writes(path: Path) -> str:
    """Those of "zh", "en" and "kanji" whose sample the font has in full, separated by spaces."""
    try:
        points = covered(str(path))
    except (TTLibError, OSError, KeyError):
        return ""
    return " ".join(k for k, sample in (("zh", CHINESE), ("en", LATIN), ("kanji", KANJI)) if {ord(c) for c in sample} <= points)
