"""Rare characters where they naturally stand: a measure, a price, a name, a title in brackets, an item of a list, a line's end.

Each template has one place for a rare character, `@`, and further places: `#` a number, `w` an English word, `z` a Chinese word.
All characters of the charset that are not Chinese have the same chance, so the rarest are drawn as often as the commonest.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ctpn.synthesis.texts import word, words

Rng = np.random.Generator
TEMPLATES: dict[str, str] = {  # characters: templates, separated by a space; a space within one is written _
    "°℃′″": "#@ #.#@ -#@ 室温#@ #@以下 #~#@ #@_w 保存温度#@ #@C",
    "㎡㎏㎜㎝²³µΩ": "#@ #.#@ #_@ #_m@ #_cm@ z#@ #@z w_#_@ #_k@ #_@m",
    "½¼": "#@ @_w #@_cup #@″ z@ @英寸",
    "±×÷≤≥≠≈√∞＋－＝": "#@# #_@_# @# @#.#_mm #@#@# w_@_# z@# #.#@#.# z@#% @#.#",
    "αβφ": "@# @_=_# #@ @-w @w z@# @值 (@)",
    "¥￥€£¢$": "@# @#.## @_#,###.## #.##_@ #,##_@ @#.###,## z@# z：@#.## w_@#.## @#,### #@",
    "©®™": "@_w w@ @_#_w w_w@ z@ @z",
    "§№": "@# @_# @#-# w_@_# z@# (@#) @#/#",
    "〇": "二@#年 二@二三年 一@一号 第一@二条 三@六 二@一@ z@",
    "○●◎△▲▽▼☆★□■◇◆•·☐☑✓": "@z @_z @w @_w @z_@z z@ w_@_w @# @@@z z@z #@# @_#",
    "←↑→↓": "z@z z@ @z w_@_w #@# @# w_@ @_w",
    "①②③④⑤⑥⑦⑧⑨⑩": "@z @_z z@ 第@条 @w @_w 见图@ @、z @#",
    "ⅠⅡⅢⅣⅤ": "@z z@ 第@章 w_@ @.z 表@ @-# @、z 等级@ @级 w_@_w",
    "，。、；：？！": "z@ z@z z@z@z z@_z #@z z#@z z“z”@ （z）@",
    "—–─…～~_": "z@z z@@z #@# z@ @z w_@_w w@w #@#z z@@ z@# @z@ @_z w@ @@@",
    "│|": "z@z z_@_z w_@_w #@# @z@ @#@ w@w z@",
    "“”‘’\"'`´": "@z@ @w@ z@z@z z@w@ w@s_w @w_w@ z：@z w@w",
    "（）《》〈〉「」『』【】〔〕()[]{}<>": "@",  # written as pairs
    "%％": "#@ #.#@ z#@ #@-#@ #.#@_w -#@ ≤#@ #@z",
    "+=*/\\^&#@": "#@# #_@_# w@w w_@_w z@z @# #@ w@# @w",
    "-": "#@# #@#@# @# @#.## w@w z@# @z #@ @ @_#_@ w@",
    ".,:;!?": "#@# #@##@#### w@_w z@# w@ #@ w_#@# #@z w_w@ @#",
    "¿¡": "@w @w_w?! @W w_@w",
}
PAIRS = ("（）", "《》", "〈〉", "「」", "『』", "【】", "〔〕", "()", "[]", "{}", "<>")
BRACKETED = ("@z!", "z@z!", "@z!z", "@#!", "z@#!", "@z!@z!", "@一!", "（一）@z!", "@w!", "w_@w!", "@#!z", "@z!#", "z@z!：#", "z@z、z!")
ACCENTS = {
    "a": "ÀÁÂÃÄÅÆĀàáâãäåæāǎ", "e": "ÈÉÊËĒèéêëē", "i": "ÌÍÎÏìíîïīǐ", "o": "ÒÓÔÕÖØŒòóôõöøœōǒ", "u": "ÙÚÛÜùúûüūǔǚ",
    "c": "Çç", "n": "Ññ", "y": "Ýýÿ", "s": "ßŠš", "z": "Žž",
}  # fmt: skip
NAMES = words(
    "Müller Straße Größe Köln Zürich Grüße Tür Äpfel Öl Übung Café Crème brûlée Forêt Noël Hôtel Château Garçon Élève Être Où "
    "Ça Œuvre Cœur Señor Niño Año Corazón Teléfono Dirección Málaga José García São João Coração Ação Não Irmã Città Perché "
    "Più Così Là Ålesund København Ærø Ørsted Smørrebrød Malmö Gävle Örebro Dvořák Škoda Šibenik Žižkov Plzeň Reykjavík "
    "Ísland Þór L'Haÿ Ÿ Ypsilon Ýmir Tāmaki Māori Kōwhai Tōkyō Ōsaka Kyūshū Jalapeño Façade Naïve Voilà Fiancée Résumé nǐ hǎo "
    "zhōng guó běi jīng shì lǜ nǚ rén lóu xué míng xiè"
)
THIN, DIGITS = "一二三|1lI-—·.i工丨十卜、:;!'丶日口", ("08", "38", "17", "80", "83", "71", "0", "3", "8", "1", "7", "69", "56", "2")


def in_context(rng: Rng, charset: str) -> str:
    """A short text around one or two random characters that are not Chinese."""
    rare = _rare(charset)
    c = rare[int(rng.integers(len(rare)))]
    base = _accented().get(c)
    if base:
        return _name(rng, base, c)
    pair = next((p for p in PAIRS if c in p), None)
    if pair:
        return _filled(rng, _pick(rng, BRACKETED), pair[0]).replace("!", pair[1])
    templates = _by_character().get(c)
    if templates is None:  # letters and digits
        return _filled(rng, _pick(rng, ("w@w", "z@z", "@#", "#@", "@w", "@", "z@", "@z")), c)
    other = "”’"["“‘".index(c)] if c in "“‘" else c
    first, *more = _filled(rng, _pick(rng, templates), "\0").split("\0")
    return first + "".join((c if i % 2 == 0 else other) + part for i, part in enumerate(more))


def between(rng: Rng, charset: str, length: float) -> str:
    """Random characters that are not Chinese, each between two common ones, so that no context says which it is."""
    rare, text = _rare(charset), ""
    while len(text) < max(2.0, length):
        c = rare[int(rng.integers(len(rare)))]
        text += (_zh(rng)[:1] if c > "\u2e7f" or rng.random() < 0.2 else "aeinorstudlmck"[int(rng.integers(14))]) + c
    return text + ("的" if text[-1] > "\u2e7f" else "n")


def thin_ends(rng: Rng, body: str = "") -> str:
    """A text that begins or ends with a stroke or a dot, or is nothing else; a short one if `body` is empty."""
    thin = "".join(THIN[int(i)] for i in rng.integers(0, len(THIN), int(rng.integers(1, 3))))
    body = body or (_zh(rng), _en(rng), _number(rng), "")[int(rng.choice(4, p=(0.5, 0.2, 0.2, 0.1)))]
    way = rng.random()
    return thin + body if way < 0.4 else body + thin if way < 0.8 else thin + body + thin[::-1]


def amount(rng: Rng) -> str:
    """A number in which a sign or one digit decides."""
    digits = "".join(_pick(rng, DIGITS) for _ in range(int(rng.integers(2, 7))))
    value = float(np.exp(rng.uniform(-1, 14)))
    comma, swapped = f"{value:,.2f}", f"{value:,.2f}".translate(str.maketrans(",.", ".,"))
    sign = ("¥", "￥", "€", "$", "£", "-", "+", "")[int(rng.integers(8))]
    forms = (
        f"{sign}{comma}", f"{sign}{swapped}", f"{sign}{value:.2f}", f"{swapped} €", f"{value % 100:.1f}%", f"-{value % 100:.2f}%", digits,
        f"{digits[:2]}.{digits[2:]}", f"{digits[:3]},{digits[3:]}", f"{value:,.0f}", f"{sign}{digits}", f"{value % 1000:.3f}", digits[:1],
        "-", f"{digits[:2]}/{digits[2:4]}", f"({comma})",
    )  # fmt: skip
    return _pick(rng, forms)


@lru_cache(maxsize=4)
def _rare(charset: str) -> str:
    """All characters that are not Chinese; letters and digits of ASCII, which all texts have, stand for one in five."""
    others = [c for c in charset if c < "\u4e00" or c > "\u9fff"]
    return "".join(c for c in others if not (c.isascii() and (c.isalnum() or c == " ")) or c in "KOSlIg")


@lru_cache(maxsize=1)
def _by_character() -> dict[str, tuple[str, ...]]:
    return {c: tuple(templates.split()) for characters, templates in TEMPLATES.items() for c in characters}


@lru_cache(maxsize=1)
def _accented() -> dict[str, str]:
    return {c: base for base, characters in ACCENTS.items() for c in characters}


def _name(rng: Rng, base: str, c: str) -> str:
    """A word with an accented letter: a real one, or an English word or name with that letter in place of its own."""
    real = [n for n in NAMES if c in n]
    if real and rng.random() < 0.4:
        word = _pick(rng, tuple(real))
    else:
        word = _en(rng).lower()
        places = [i for i, letter in enumerate(word) if letter == base] or [0]
        place = places[int(rng.integers(len(places)))]
        word = word[:place] + c + word[place + (word[place : place + 1] == base) :]
        word = word.upper() if c.isupper() and c != "ß" and place and rng.random() < 0.6 else word
        word = word if c in word else c + word
    way = rng.random()
    more = _pick(rng, tuple(NAMES)) if way < 0.3 else _en(rng) if way < 0.5 else ""
    return f"{word} {more}".strip() if rng.random() < 0.5 else f"{more} {word}".strip()


def _filled(rng: Rng, template: str, c: str) -> str:
    """The template with its places filled."""
    out = ""
    for place in template:
        out += {"@": c, "_": " "}.get(place) or _filling(rng, place)
    return out


def _filling(rng: Rng, place: str) -> str:
    if place == "#":
        return _number(rng)
    if place == "z":
        return _zh(rng)
    if place in "wW":
        return _en(rng) if place == "w" else _en(rng).upper()
    return place


def _number(rng: Rng) -> str:
    return str(int(rng.integers(0, 10 ** int(rng.integers(1, 4)))))


def _zh(rng: Rng) -> str:
    return word(rng, "zh")


def _en(rng: Rng) -> str:
    return word(rng, "en")


def _pick(rng: Rng, choices: tuple[str, ...]) -> str:
    return choices[int(rng.integers(len(choices)))]
