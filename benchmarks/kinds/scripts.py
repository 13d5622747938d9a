"""Lines of scripts that the charset does not have: whatever is read there is wrong, so it should have a low score."""

from __future__ import annotations

from benchmarks.kinds.drawing import Rng, ink, sheet
from ctpn.synthesis.pages.canvas import Canvas

KANA = "".join(chr(c) for c in (*range(0x3042, 0x3094), *range(0x30A2, 0x30F7)))
HANGUL = "".join(chr(c) for c in range(0xAC00, 0xD7A4))
CYRILLIC = "".join(chr(c) for c in range(0x0410, 0x0450))
TRADITIONAL = (
    "國語學會來時說這過還開關門問間電話動車東風長馬魚鳥龍麥黃點齊體樂業書畫當萬與無為麗壓從眾優傳價億劃區協單啟團園圓報場塊壞"
    "聲處號衛裝複見規覺觀計訂訓記許論設評試該認誤請諸謝識議護變讓財貨費資買賣質軍輕輛載農達運選遺鄰醫針鐵錢鋼錄鏡閉陽陰際隊險"
)
SCRIPTS = ((KANA, ("gothic", "song", "bold")), (HANGUL, ("gothic", "bold")), (CYRILLIC, ("gothic", "sans", "times")),
           (TRADITIONAL, ("gothic", "song", "bold")))  # fmt: skip


def unknown_scripts(rng: Rng) -> Canvas:
    """Kana, Hangul, Cyrillic and traditional Chinese in two columns."""
    page = sheet(rng, 480, 720)
    for row in range(12):
        for column in range(2):
            characters, faces = SCRIPTS[int(rng.integers(len(SCRIPTS)))]
            text = "".join(characters[int(i)] for i in rng.integers(0, len(characters), int(rng.integers(2, 11))))
            made = ink(rng, rng.uniform(16, 28), "zh", name=faces[int(rng.integers(len(faces)))])
            page.write(30 + column * 345, 36 + row * 37, text, made)
    return page
