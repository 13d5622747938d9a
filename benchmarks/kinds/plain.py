"""Plain print: solid text, serif print at few pixels, numbers, thin characters, spacing, one huge character, tables."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.kinds import texts
from benchmarks.kinds.drawing import BLACK, Rng, ink, join, jpeg, paragraph, sheet
from ctpn.synthesis.pages.canvas import Canvas

THIN = (
    "一号楼", "二、地址", "三楼", "共十一", "|一|", "Hall 1", "1 l 1", "- 3 -", "一",
    "第一", "—二—", "卷三", "l1l", "十二一", "|7|", "A·一", "No. 1.",
)  # fmt: skip


def solid_text(rng: Rng) -> Canvas:
    """10 to 60 lines of one size in one to three columns, leading 1.1 to 1.6."""
    page, language = sheet(rng, 1240, 940), "zh" if rng.random() < 0.6 else "en"
    made, columns = ink(rng, rng.uniform(13, 26), language), int(rng.integers(1, 4))
    leading, width = float(rng.uniform(1.1, 1.6)), 860 / columns
    bottom = min(1200.0, 40 + made.size * leading * float(rng.uniform(12, 60)))
    for i in range(columns):
        x0, y = 40 + i * width, 40.0
        while y < bottom - made.size * leading:
            box = (x0, y, x0 + width - 2 * made.size, bottom)
            y = paragraph(page, box, texts.prose(rng, language, int(rng.integers(60, 300))), made, leading) + made.size * (leading - 1)
    return page


def small_serif(rng: Rng) -> Canvas:
    """Song, Kai and Times of 10 to 16 pixels after JPEG of a quality of 30 to 60."""
    page, language = sheet(rng, 560, 720), "zh" if rng.random() < 0.6 else "en"
    name = ("song", "kai")[int(rng.integers(2))] if language == "zh" else "times"
    made = ink(rng, rng.uniform(11, 17), language, name=name)
    paragraph(page, (30, 24, 690, 540), texts.prose(rng, language, 900), made, float(rng.uniform(1.3, 1.8)))
    return jpeg(page, int(rng.integers(30, 61)))


def numbers(rng: Rng) -> Canvas:
    """Amounts of 10 to 14 pixels in which one sign or digit decides."""
    page = sheet(rng, 480, 720)
    made = ink(rng, rng.uniform(12, 18), "zh" if rng.random() < 0.5 else "en")
    for row in range(12):
        for i in range(4):
            page.write(30 + i * 175, 40 + row * 36, texts.amount(rng), made)
    return page


def thin_ends(rng: Rng) -> Canvas:
    """Lines that begin or end with a stroke or a dot."""
    page = sheet(rng, 480, 720)
    for row in range(9):
        made = ink(rng, rng.uniform(18, 32), "zh", name=("gothic", "song", "kai")[int(rng.integers(3))])
        for i in range(3):
            page.write(30 + i * 235, 45 + row * 50, THIN[int(rng.integers(len(THIN)))], made)
    return page


def spacing(rng: Rng) -> Canvas:
    """Widely spaced and condensed lines, and spaces between Latin words, Chinese and numbers."""
    page = sheet(rng, 520, 800)
    for row in range(9):
        language = "zh" if rng.random() < 0.5 else "en"
        made, text = ink(rng, rng.uniform(18, 30), language), texts.words(rng, language, 2)
        if row % 3 == 0:
            made, text = replace(made, spacing=made.size * float(rng.uniform(0.25, 0.6))), text.upper()
        elif row % 3 == 1:
            made = ink(rng, made.size, "en", name="narrow")
            text = texts.sentence(rng, "en")
        else:
            text = f"{texts.words(rng, 'zh')} {rng.integers(10, 999)} {texts.words(rng, 'en')}"
            made = ink(rng, made.size, "zh")
        page.write(30, 50 + row * 54, text, made)
    return page


def huge(rng: Rng) -> Canvas:
    """One character or word of up to 0.95 of the picture beside small print."""
    page, chinese = sheet(rng, 640, 640), rng.random() < 0.6
    share = float(rng.uniform(0.5, 0.95))
    text = texts.pick(rng, list("福收急万元龙国")) if chinese else texts.pick(rng, ["A", "SALE", "5", "OK", "B2"])
    made = ink(rng, 640 * share / (1 if chinese else max(1.0, 0.72 * len(text))), "zh", name="bold")
    page.write(320, 320 + made.size * 0.3, text, made, align="c")
    small = ink(rng, 16, "zh")
    for y in (24, 628):
        page.write(12, y, texts.words(rng, "zh", 2), small)
    return page


def ruled_table(rng: Rng) -> Canvas:
    """Cells whose numbers touch the rules, single characters alone in a cell, boxed digits."""
    rows, columns = 10, 5
    page, made = sheet(rng, 520, 720), ink(rng, rng.uniform(17, 24), "zh")
    wide, high = 660 / columns, made.size * float(rng.uniform(1.25, 1.7))
    for row in range(rows):
        for i in range(columns):
            x, y = 30 + i * wide, 30 + row * high
            page.frame((x, y, x + wide, y + high), BLACK, 1)
            text = texts.pick(rng, (texts.amount(rng), texts.amount(rng), "0", "-", "X", "年", "金", texts.words(rng, "zh")))
            right = len(text) > 1 and rng.random() < 0.5
            page.write(x + wide - 3 if right else x + 4, y + high - made.size * 0.25, text, made, align="r" if right else "l")
    _boxed(page, rng, 30 + rows * high + 20, made.size)
    return page


def _boxed(page: Canvas, rng: Rng, y: float, size: int) -> None:
    """A postcode, one frame a digit: one line of text."""
    digits, first, side = [str(int(d)) for d in rng.integers(0, 10, 6)], len(page.annotations), size * 1.6
    made = ink(rng, size, "zh", name="gothic")
    for i, digit in enumerate(digits):
        x = 30 + i * side * 1.15
        page.frame((x, y, x + side, y + side), BLACK, 1)
        page.write(x + side / 2, y + side * 0.78, digit, made, align="c")
    join(page, first, "".join(digits))
