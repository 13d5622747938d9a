"""Cases of the reading policy and of whole readings. Photos are painted boxes, models are tables (`table.py`)."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any

import numpy as np

from contract.generator.pictures import box
from contract.generator.stages import case
from ctpn.contract.spec import DIRECTION

Cases = list[dict[str, Any]]
Values = dict[str, Any]
Read = tuple[str, float]

CHARSET = " abcdefghijklmnopqrstuvwxyz"
RECOGNIZER: Values = {
    **{"name": "table", "charset": CHARSET, "charset_sha256": hashlib.sha256(CHARSET.encode()).hexdigest()},
    **{"height": 16, "max_width": 320, "margin": [0.0, 0.0], "widths": [32]},
}
DETECTOR: Values = {
    **{"name": "table", "anchor_heights": [16.0], "long_side": 192, "pad": 255},
    **{"outputs": ["score", "vertical", "side", "link"], "direction": None},
    "lines": {"expansion": [0.0, 0.0]},
    "tiling": {"tile_short_side": 64, "overlap": 32},
    "regions": {"min_padding": 4, "max_padding": 16, "min_region_side": 48},
    "limits": {},
}


# A detector with the output `direction`.
DIRECTED: Values = {
    "outputs": ["score", "vertical", "side", "link", "direction"],
    "direction": {**asdict(DIRECTION), "min_cells": 3, "max_gap": 3, "padding": 16},
}


NARROW: Values = {"height_retry_score": 0.8, "retry_height": 0.5}


class Page:
    """A photo that is being painted, with the texts of its lines in each direction."""

    def __init__(self, width: int, height: int) -> None:
        self.photo: Values = {"width": width, "height": height, "boxes": []}
        self.quads: list[Any] = []
        self.texts: dict[str, list[Any]] = {}

    def line(
        self, x: int, y: int, width: int, height: int, upright: Read = ("", 0.0), *, score: float = 0.8, green: int = 0, quarters: int = 0,
        flipped: Read | None = None, down: Read | None = None, up: Read | None = None, column: Read | None = None, end: Read | None = None,
    ) -> Page:  # fmt: skip
        """One more line: its text and score as it is detected, upside down, with the text running down and up, and as a column.

        `end` is what the second part of a long one says. `green` is the angle that the detector sees (`TableDetector`),
        `quarters` turns the quad of a case of the policy.
        """
        digits = [(len(self.quads) + step) % 16 for step in (0, 1, 3, 7)]  # so that no key is of two lines
        a, b, c, d = (f"{digit:x}" for digit in digits)
        keys = {a + d: upright, c + b: flipped, b + a: down, d + c: up, a + a: column, b + c: end}
        self.texts |= {key: list(read) for key, read in keys.items() if read}
        self.photo["boxes"].append(
            {"box": [x, y, x + width, y + height], "digits": digits, "blue": round(255 * score)} | ({"green": green} if green else {})
        )
        self.quads.append(np.roll(box(x, y, x + width, y + height), -quarters, 0))
        return self

    def column(self, x: int, y: int, sizes: tuple[int, int, int], read: Read, *, down: Read = ("", 0.0), up: Read | None = None) -> Page:
        """A column of characters on a ground of another colour: its text as a column, and as lines that run down and up.

        `sizes` are the count of characters, the pixels of one, and those from one to the next.
        """
        count, size, pitch = sizes
        digits = [(len(self.quads) + step) % 16 for step in (0, 1, 3, 7)]
        a, b, c, d = (f"{digit:x}" for digit in digits)
        self.texts |= {key: list(text) for key, text in {a + d: read, b + a: down, d + c: up}.items() if text}
        ground = [x - 1, y, x + size + 1, y + (count - 1) * pitch + size]
        self.photo["boxes"].append({"box": ground, "digits": [15] * 4, "blue": 230, "green": 90})
        for place in range(y, ground[3], pitch):
            self.photo["boxes"].append({"box": [x, place, x + size, place + size], "digits": digits, "blue": 230, "green": 90})
        self.quads.append(np.roll(box(*ground), -1, 0))
        return self

    def inner(self, text: Read, *, flipped: bool = False, fraction: float = 0.35) -> Page:
        """What the last line says, or says upside down, to who reads only this fraction of its height, around the middle."""
        (x0, y0, x1, y1), digits = self.photo["boxes"][-1]["box"], [(d + 5) % 16 for d in self.photo["boxes"][-1]["digits"]]
        margin = round((y1 - y0) * (1 - fraction) / 2)
        self.photo["boxes"].append({**self.photo["boxes"][-1], "box": [x0, y0 + margin, x1, y1 - margin], "digits": digits})
        first, last = (digits[2], digits[1]) if flipped else (digits[0], digits[3])
        self.texts[f"{first:x}{last:x}"] = list(text)
        return self

    def decision(self, stage: str, name: str) -> Values:
        """A case of whether the page is upside down."""
        return case(stage, name, photo=self.photo, quads=self.quads, texts=self.texts, spec=RECOGNIZER)

    def policy(self, name: str, **spec: Any) -> Values:
        """A case of the reading policy. Only where the spec says so, lines are read in other heights too."""
        spec["reading"] = {"height_retry_score": 0.0} | spec.get("reading", {})
        return case("read_lines", name, photo=self.photo, quads=self.quads, texts=self.texts, spec=RECOGNIZER | spec)

    def whole(self, name: str, regions: Any = None, *, stage: str = "read", says: str | None = None, **changes: Values) -> Values:
        """A case of a whole reading, or of detection alone."""
        wanted = changes.get("detector", {})
        merged = {k: {**v, **wanted.get(k, {})} if isinstance(v, dict) else v for k, v in DETECTOR.items()}
        detector = merged | {k: v for k, v in wanted.items() if not isinstance(DETECTOR.get(k), dict)}
        recognizer = RECOGNIZER | changes.get("recognizer", {})
        more = {"texts": self.texts, "recognizer": recognizer} if stage == "read" else {}
        return case(stage, name, says=says, photo=self.photo, regions=regions, detector=detector, **more)


def policy_cases() -> Cases:
    """What is read again, when a page is flipped, and which reading wins."""
    sure = ("sure", 0.95)

    def rows(count: int, *scores: float, flipped: float | None = None) -> Page:
        """Lines below each other, the first the longest."""
        page = Page(200, 20 * count + 60)
        for i in range(count):
            page.line(4, 4 + 20 * i, 180 - 10 * i, 16, ("up", scores[i % len(scores)]), flipped=("down", flipped) if flipped else None)
        return page

    def tall(**reads: Any) -> Page:
        return Page(120, 120).line(40, 10, 20, 90, reads.pop("upright", ("x", 0.3)), **reads)

    retried = (
        rows(6, 0.95).line(4, 124, 40, 16, ("low", 0.55), flipped=("high", 0.9)).line(60, 124, 40, 16, ("fair", 0.62), flipped=("no", 0.99))
    )
    lost = rows(6, 0.95).line(4, 124, 40, 16, ("low", 0.55), flipped=("worse", 0.5)).line(60, 124, 40, 16, ("low", 0.55), flipped=("", 0.0))
    flipped = (
        rows(6, 0.8, flipped=0.95).line(4, 124, 40, 16, sure, flipped=("no", 0.96)).line(60, 124, 40, 16, ("a", 0.7), flipped=("b", 0.8))
    )
    kept = (
        rows(6, 0.8, flipped=0.84)
        .line(4, 124, 40, 16, ("a", 0.7), flipped=("b", 0.99))
        .line(60, 124, 40, 16, ("c", 0.5), flipped=("d", 0.6))
    )
    single = rows(6, 0.85).line(4, 124, 200, 16, ("long", 0.2), flipped=("flip", 0.6)).line(4, 144, 40, 16, ("a", 0.7), flipped=("b", 0.99))
    votes = Page(200, 60).line(4, 4, 160, 16, ("a", 0.5), flipped=("b", 0.9)).line(4, 24, 100, 16, ("c", 0.95), flipped=("d", 0.99))
    ratio = Page(200, 80).line(4, 4, 160, 40, ("a", 0.7), flipped=("b", 0.9)).line(4, 50, 120, 16, ("c", 0.7), flipped=("d", 0.72))
    little = rows(5, 0.88).line(4, 104, 140, 16, ("a", 0.7), flipped=("b", 0.85)).line(4, 124, 40, 16, ("c", 0.9), flipped=("d", 0.99))
    equal = Page(200, 60)
    for y in (4, 24):
        equal.line(4, y, 100, 16, ("a", 0.5), flipped=("b", 0.52))
    edge = Page(220, 60).line(4, 4, 40, 16, ("a", 0.4), flipped=("b", 0.449)).line(60, 4, 40, 16, ("c", 0.4), flipped=("d", 0.451))
    faint = Page(120, 60).line(4, 4, 40, 16, flipped=("a", 0.049)).line(60, 4, 40, 16, flipped=("b", 0.06))
    shapes = Page(160, 120).line(4, 4, 20, 36, ("a", 0.3), down=("b", 0.9)).line(40, 4, 20, 37, ("c", 0.3), down=("d", 0.9))
    mixed = rows(2, 0.7, flipped=0.9).line(20, 44, 10, 40, ("tall", 0.1), flipped=("no", 0.99), up=("yes", 0.5))
    halves = Page(200, 160)
    for i in range(6):
        halves.line(4, 4 + 20 * i, 150, 16, ("a", 0.95 if i < 3 else 0.3), flipped=("b", 0.1 if i < 3 else 0.9))
    decisions = {
        "the other way is better for half of the lines": halves,
        "no lines": Page(50, 50), "upside down": rows(8, 0.5, flipped=0.95), "upright": rows(8, 0.95, flipped=0.5),
        "read well": rows(8, 0.9),
        "just not better": rows(7, 0.8, flipped=0.85), "the best of both is better, the other way is not": kept, "a few": votes,
        "lines that run down": Page(80, 120).line(10, 10, 16, 90, quarters=1, down=("d", 0.2), up=("u", 0.9)),
    }  # fmt: skip
    heights = Page(200, 240).line(4, 4, 160, 40, ("badly", 0.5)).inner(("well", 0.9)).line(4, 50, 160, 40, ("a", 0.7)).inner(("b", 0.74))
    heights.line(4, 96, 160, 40, ("fair", 0.85)).inner(("no", 0.95)).line(4, 142, 100, 40, ("x", 0.4), flipped=("down", 0.75)).inner(
        ("deep", 0.95), flipped=True
    )
    heights.line(4, 188, 160, 40, ("better", 0.6)).inner(("worse", 0.2))
    narrow: dict[str, Values] = {
        "what is read badly is read again in half of the height": {},
        "in nine tenths of it, where it says the same": {"retry_height": 0.9},
        "only what is read worse": {"height_retry_score": 0.65},
        "only where that gains more": {"min_gain": 0.45},
        "what was found to be upside down too": {"flip_retry_score": 0.5, "height_retry_score": 0.9},
    }
    long = Page(420, 24).line(4, 4, 400, 16, ("begin", 0.95), end=("end", 0.9))
    numbers: dict[str, tuple[Page, Values]] = {
        "no retry below 0.5": (retried, {"flip_retry_score": 0.5}),
        "no page flip below 0.7": (flipped, {"page_flip_score": 0.7}),
        "one vote": (votes, {"page_flip_votes": 1}),
        "vertical from 1.5 on": (shapes, {"vertical_aspect": 1.5}),
        "a gain of 0.2": (flipped, {"min_gain": 0.2}),
        "batches of 320 columns": (flipped, {"batch_columns": 320}),
        "batches of any spread": (flipped, {"batch_spread": 9.0}),
    }
    return [
        Page(50, 50).policy("no lines"),
        rows(3, 0.95, flipped=0.99).policy("confident lines are read once"),
        retried.policy("a low score is retried upside down, a fair one is not"),
        lost.policy("a worse or empty retry loses"),
        flipped.policy("a page that is better upside down is flipped, line by line"),
        kept.policy("the longest lines are better, but not by min_gain: only low scores are retried besides"),
        single.policy("one of the longest lines wins alone"),
        votes.policy("short lines vote where there are no others"),
        ratio.policy("the longest is that of the largest ratio", reading={"page_flip_votes": 1}),
        little.policy("the longest lines are a little better, which flips no page"),
        equal.policy("equally long lines: the first votes", reading={"page_flip_votes": 1}),
        edge.policy("just below and above min_gain"),
        faint.policy("nothing was read, and little is found upside down"),
        tall(down=("d", 0.9), up=("u", 0.5), column=("c", 0.5)).policy("a vertical line that runs down"),
        tall(down=("d", 0.5), up=("u", 0.9), column=("c", 0.5)).policy("a vertical line that runs up"),
        tall(down=("d", 0.5), up=("u", 0.6), column=("c", 0.9)).policy("a vertical line that is a column of characters"),
        tall(down=("d", 0.9), up=("u", 0.9), column=("c", 0.94)).policy("a vertical line: of similar scores the first wins"),
        tall(down=("d", 0.5), up=("u", 0.56), column=("c", 0.62)).policy("a vertical line: each way is better by min_gain"),
        tall(upright=("x", 0.9), down=("d", 0.94), up=("u", 0.94)).policy("a vertical line that is upright after all"),
        tall(flipped=("f", 0.99)).policy("a vertical line is not read upside down"),
        shapes.policy("just not and just vertical"),
        mixed.policy("a vertical line has no vote and is not flipped with the page"),
        long.policy("a long line is read in two parts"),
        *(heights.policy(name, reading=NARROW | numbers) for name, numbers in narrow.items()),
        *(page.policy(name) for name, page in _column_pages().items()),
        *(
            _column_pages()[page].policy(f"{page}, {name} {value}", reading={name: value})
            for name, value, page in [
                ("column_slope", 4.0, "columns that lean"),
                ("column_gap", 0.2, "a column in two pieces"),
                ("min_gain", 0.6, "one column"),
            ]
        ),
        *(page.decision("is_upside_down", name) for name, page in decisions.items()),
        *(page.decision("read_unless_upside_down", name) for name, page in decisions.items()),
        *(page.policy(name, reading=reading) for name, (page, reading) in numbers.items()),
    ]


def _column_pages() -> dict[str, Page]:
    """Lines that run down or up, some of them columns of characters."""
    good, side = ("good", 0.95), ("side", 0.9)
    lean = Page(160, 160)
    for x in (20, 70):
        lean.column(x, 10, (6, 10, 24), good, down=("lie", 0.4))
    for quad in lean.quads:
        quad[1:3, 0] += 35
    pieces = Page(80, 200).column(20, 10, (4, 10, 24), good, down=("lie", 0.4)).column(20, 106, (4, 10, 24), good, down=("lie", 0.4))
    kept = Page(120, 200).line(20, 10, 16, 60, ("column", 0.9), quarters=1, down=("a", 0.92))
    kept.line(20, 80, 16, 60, quarters=1, down=("b", 0.9)).column(60, 10, (4, 10, 24), good, down=("lie", 0.4))
    worse = Page(80, 220).line(19, 4, 12, 90, quarters=1, down=("side", 0.95)).column(20, 106, (4, 10, 24), good, down=("lie", 0.4))
    apart = Page(80, 200).column(20, 10, (3, 10, 24), good, down=("lie", 0.4)).column(20, 130, (3, 10, 24), good, down=("lie", 0.4))
    mixed = Page(160, 160).column(20, 10, (6, 10, 24), good, down=("lie", 0.4))
    mixed.line(60, 10, 16, 120, green=90, quarters=1, down=side, up=("no", 0.3)).line(
        90, 10, 16, 120, quarters=1, down=("no", 0.3), up=side
    )
    many = Page(220, 200)
    for x in range(8):
        many.column(10 + 26 * x, 10, (8 - x // 2, 10, 24), good, down=("lie", 0.5 if x < 6 else 0.8))
    return {
        "one column": Page(80, 160).column(20, 10, (6, 10, 24), good, down=("lie", 0.4)),
        "a column that was found from the bottom up": _turned_over(Page(80, 160).column(20, 10, (6, 10, 24), good, up=("lie", 0.4))),
        "a column in two pieces": pieces,
        "two columns below each other": apart,
        "lines that continue each other and are no columns": kept,
        "a column that continues a line": worse,
        "a column, and lines that run down and up": mixed,
        "many columns: the longest vote": many,
        "a line that runs down is read well": Page(80, 160).line(20, 10, 16, 120, quarters=1, down=("well", 0.95)),
        "columns that lean": lean,
        "one character": Page(80, 80).column(20, 10, (1, 30, 30), good, down=("lie", 0.4)),
    }


def _turned_over(page: Page) -> Page:
    page.quads = [np.roll(q, 2, 0) for q in page.quads]
    return page


def _directed_cases() -> Cases:
    """Whole readings with text of several directions."""
    down, up, column = ("down", 0.95), ("up", 0.95), ("column", 0.95)

    def sideways(down: Read, up: Read = ("", 0.0), green: int = 90) -> Page:
        """A page on its side: three lines, whose cells say `green` degrees."""
        page = Page(192, 192)
        for i, x in enumerate((150, 110, 70)):
            a, b = ((f"{text}{'abc'[i]}", score) for text, score in (down, up))
            page.line(x, 10, 16, 170 - 30 * i, green=green, down=a, up=b)
        return page

    level = Page(192, 96).line(100, 10, 80, 16, ("b", 0.9)).line(8, 12, 80, 16, ("a", 0.9)).line(8, 50, 150, 16, ("c", 0.9))
    edges = Page(192, 192).line(40, 20, 110, 16, ("row", 0.9)).line(40, 60, 110, 16, ("next", 0.9))
    edges.line(4, 30, 16, 130, green=90, down=down).line(170, 30, 16, 130, green=90, down=("no", 0.1), up=up)
    poem = Page(192, 192).line(20, 160, 120, 16, ("below", 0.9))
    for x in (150, 110, 70):
        poem.column(x, 10, (6, 10, 24), (f"column{'abc'[(150 - x) // 40]}", 0.95), down=("lie", 0.4), up=("lie", 0.3))
    broken = Page(192, 192).line(20, 170, 120, 16, ("below", 0.9)).column(100, 6, (3, 10, 24), column, down=("lie", 0.4))
    broken.column(100, 78, (4, 10, 24), column, down=("lie", 0.4))
    slope = Page(192, 192).line(20, 49, 150, 16, ("slope", 0.9), green=10).line(20, 97, 150, 16, ("next", 0.9), green=10)
    slope90 = Page(192, 192).line(20, 49, 150, 16, ("level", 0.9), green=90)
    steps = Page(192, 192)
    for i in range(10):
        steps.line(16 + 16 * i, 40 + 4 * i, 16, 16, ("steps"[: 1 + i % 5], 0.9), green=3)
    over = Page(192, 96)
    for i, y in enumerate((8, 30, 52)):
        over.line(8, y, 150 - 40 * i, 16, ("up", 0.3), flipped=(f"over{'abc'[i]}", 0.95))
    little = Page(192, 96).line(8, 12, 150, 16, ("row", 0.9)).line(8, 50, 16, 42, ("x", 0.2), green=90, down=down)
    high = Page(60, 700).line(6, 10, 48, 16, ("a", 0.9)).line(20, 480, 16, 100, green=90, down=down).line(6, 620, 48, 16, ("b", 0.9))
    wide = Page(700, 60).line(20, 10, 150, 16, ("a", 0.9)).line(400, 4, 16, 54, green=90, down=down).line(500, 10, 150, 16, ("b", 0.9))

    def large(green: int) -> Page:
        page = Page(600, 500).line(60, 40, 40, 400, green=green, down=("big", 0.95)).line(200, 40, 300, 40, ("row", 0.9))
        return page.line(10, 100, 30, 16, ("ab", 0.9))

    marked = [[90, 0, 90, 192], [0, 0, 60, 192]]

    def whole(page: Page, name: str, regions: Any = None, **more: Any) -> Values:
        numbers = more.pop("direction", {})
        detector = {**DIRECTED, "direction": DIRECTED["direction"] | numbers, **more.pop("detector", {})}
        return page.whole(name, regions, detector=detector, **more)

    return [
        whole(level, "directions: a level page is looked at once"),
        whole(Page(192, 96), "directions: an empty page"),
        whole(sideways(down=down), "a page on its side is looked at twice"),
        whole(sideways(down=down), "a page on its side, detected alone", stage="detect"),
        whole(sideways(down=("no", 0.2), up=up), "a page on its other side is looked at three times"),
        whole(sideways(down=("no", 0.2), up=up), "no look is left", direction={"max_looks": 1, "min_cells": 100}),
        whole(edges, "rows, and lines along both edges"),
        whole(edges, "rows, and lines along both edges, detected alone", stage="detect"),
        whole(edges, "one look", direction={"max_looks": 1}),
        whole(edges, "lines along the edges are in parts of their own", direction={"padding": 8, "max_gap": 1}),
        whole(poem, "columns from right to left, and a row"),
        whole(poem, "columns, detected alone", stage="detect"),
        whole(broken, "a column in two pieces is one line"),
        whole(slope, "cells that say a slope, under lines that are level"),
        whole(slope, "cells that say a slope, under lines that are too short", direction={"min_cells": 20, "spread": 9}),
        whole(sideways(down=down, green=80), "a page on its side whose cells are 10 degrees off"),
        whole(sideways(down=("no", 0.2), up=up, green=100), "a page on its other side whose cells are 10 degrees off"),
        whole(slope90, "a rotated look that finds nothing", detector={"lines": {"min_aspect_ratio": 2}}),
        whole(steps, "cells that say level, under a line that slopes"),
        whole(slope, "a page that slopes, level enough", direction={"level_angle": 10}),
        whole(over, "a page upside down is looked at again upside down"),
        whole(over, "a page upside down, in regions", [[0, 0, 192, 40], [0, 48, 192, 40]]),
        whole(little, "too little text to look again", direction={"min_cells": 8}),
        whole(little, "little text is looked at again"),
        whole(wide, "a part of a long image"),
        whole(high, "a part of a long image, high"),
        whole(large(90), "a part of a photo that is reduced"),
        whole(large(80), "a part of a photo that is reduced, whose cells are 10 degrees off"),
        whole(sideways(down=down), "text on its side in regions", marked),
        whole(sideways(down=("no", 0.2), up=up), "text on its other side in regions, detected alone", marked, stage="detect"),
    ]


def reading_cases() -> Cases:
    """Whole readings: regions, scale, tiles, score slack, confirmation, order."""
    ok = ("ok", 0.9)
    page = Page(192, 96).line(100, 10, 80, 16, ("b", 0.9)).line(8, 12, 80, 16, ("a", 0.9)).line(8, 50, 150, 16, ("c", 0.9))
    large = Page(400, 300).line(16, 20, 200, 40, ("big", 0.9)).line(20, 200, 300, 30, ("wide", 0.9))
    tiny = Page(100, 50).line(6, 8, 60, 8, ("tiny", 0.9)).line(6, 30, 40, 10, ("low", 0.9))
    slack = Page(192, 192)
    for i, (score, read) in enumerate([
        (0.6, ("", 0.0)), (0.6, ("poor", 0.1)), (0.54, ("good", 0.9)), (0.4, ("enough", 0.71)), (0.4, ("less", 0.69)),
        (0.31, ("sure", 0.85)), (0.29, ("never", 0.99)), (0.4, ("", 0.0)),
    ]):  # fmt: skip
        slack.line(8, 8 + 22 * i, 150, 16, read, score=score)
    over = Page(192, 96)
    for i, y in enumerate((8, 30, 52)):
        over.line(8, y, 150 - 40 * i, 16, ("up", 0.3), flipped=("abc"[i], 0.95))
    vertical = Page(160, 160).line(8, 8, 100, 16, ok).line(120, 8, 16, 120, ("x", 0.2), down=("down", 0.9))
    small = Page(400, 300).line(30, 40, 60, 10, ("small", 0.9)).line(30, 80, 60, 10, ("below", 0.9)).line(200, 200, 100, 16, ("far", 0.9))
    long = Page(700, 40).line(10, 10, 670, 16, ("along", 0.9), end=("end", 0.9))
    row = Page(700, 40)
    for i, x in enumerate((10, 150, 300, 470, 590)):
        row.line(x, 12, 100, 16, ("abcde"[i], 0.9))
    down = Page(60, 700)
    for i, y in enumerate((10, 150, 176, 480, 670)):
        down.line(6, y, 48, 16, ("abcde"[i], 0.9))
    border = Page(192, 96).line(0, 0, 180, 16, ok).line(40, 80, 152, 16, ok)
    quad = [[4, 4], [100, 8], [98, 34], [6, 30]]
    return [
        page.whole("a page in reading order"),
        page.whole("the same, detected alone", stage="detect"),
        Page(192, 96).whole("an empty page"),
        Page(192, 96).whole("an empty page, detected alone", stage="detect"),
        Page(5, 3).whole("a photo of few pixels"),
        tiny.whole("a small photo is looked at again, closer"),
        tiny.whole("the same, detected alone", stage="detect"),
        tiny.whole("a region of it is not", [[0, 0, 100, 50]]),
        Page(100, 50).line(6, 8, 80, 16, ("high", 0.9)).whole("a small photo whose line is as high as the anchor"),
        large.whole("a photo that is reduced"),
        slack.whole("score slack: texts confirm lines"),
        slack.whole("score slack is not for detection alone", stage="detect"),
        slack.whole("a sum of 1.2", recognizer={"reading": {"min_combined_score": 1.2}}),
        slack.whole("no score slack", detector={"lines": {"score_slack": 0.0}}),
        slack.whole("score slack in a region", [[0, 60, 192, 100]]),
        over.whole("a page upside down"),
        vertical.whole("a vertical line"),
        long.whole("a line through all tiles of a long image"),
        row.whole("a long image, wide"),
        down.whole("a long image, high"),
        row.whole("other tiles", detector={"tiling": {"tile_short_side": 40, "overlap": 64, "max_untiled": 1.0}}),
        row.whole("not a long image", detector={"tiling": {"max_aspect_ratio": 20.0}}),
        small.whole("a small region is enlarged", [[24, 36, 72, 18]]),
        small.whole("a small region is enlarged less", [[24, 36, 72, 18]], detector={"regions": {"max_enlargement": 1.5}}),
        small.whole(
            "more padding does not give more lines", [[24, 36, 72, 18]], detector={"regions": {"min_padding": 60, "max_padding": 64}}
        ),
        page.whole("regions in their order, one empty", [[0, 40, 192, 40], [0, 80, 60, 16], [0, 0, 192, 36]]),
        page.whole("regions that overlap", [[0, 0, 192, 96], [0, 0, 110, 40]]),
        page.whole("a region with half of a line", [[40, 0, 100, 36]]),
        page.whole("a quad, and one over the border", [quad, [[90, -20], [250, -20], [250, 40], [90, 40]]]),
        page.whole("regions, detected alone", [[0, 0, 192, 36]], stage="detect"),
        page.whole("a region around all lines, detected alone", [[0, 0, 192, 96]], stage="detect"),
        page.whole("no regions at all", []),
        slack.whole("the best three lines of more", detector={"limits": {"max_lines": 3}}),
        page.whole("the best two lines of three, detected alone", stage="detect", detector={"limits": {"max_lines": 2}}),
        page.whole("as many proposals as the limit", detector={"limits": {"max_proposals": 20}}),
        page.whole("fewer proposals than the limit", detector={"limits": {"max_proposals": 21}}),
        page.whole("a region with a line more than the limit", [[0, 0, 192, 36], [0, 40, 192, 40]], detector={"limits": {"max_lines": 1}}),
        border.whole("lines along the border, expanded", stage="detect", detector={"lines": {"expansion": [0.5, 0.25]}}),
        *_directed_cases(),
        page.whole("a region beside the photo", [[0, 0, 50, 50], [300, 0, 10, 10]], says="mark it again"),
        page.whole(
            "a region crossing itself, detected alone", [[[0, 0], [50, 50], [50, 0], [0, 50]]], stage="detect", says="mark it again"
        ),
    ]
