"""Cases of regions, reading order, decoding of maps, suppression and postprocessing."""

from __future__ import annotations

from typing import Any

import numpy as np

from contract.generator.pictures import box, rotated
from contract.generator.stages import case

Cases = list[dict[str, Any]]
F32 = np.float32


def region_cases() -> Cases:
    """What is marked on a photo of 200 x 100."""
    good = {
        "a rectangle": (10, 20, 100, 30),
        "its corners": box(10, 20, 110, 50),
        "counterclockwise": box(10, 20, 110, 50)[::-1].copy(),
        "from another corner": np.roll(box(10, 20, 110, 50), 2, 0),
        "rotated": rotated(90, 20, 25, (100, 50)),
        "over a corner": (-50, -50, 100, 100),
        "all of it": (0, 0, 200, 100),
        "larger than all": (-10, -10, 300, 300),
        "a diamond": [[100, -50], [200, 50], [100, 150], [0, 50]],
        "a triangle": [[20, 20], [90, 20], [90, 20], [40, 80]],
        "a corner of the border": [[190, 50], [210, 50], [210, 90], [190, 95]],
        "low": (30, 40, 100, 10),
        "one pixel": (7, 8, 1, 1),
        "fractions": (10.25, 20.5, 33.3, 12.7),
        "touching the border": (150, 90, 50, 10),
    }
    bad = {
        "beside it": (300, 0, 10, 10),
        "no height": (0, 0, 0, 10),
        "negative": (10, 10, -5, 5),
        "outside": (-20, -20, 10, 10),
        "crossing itself": [[0, 0], [50, 50], [50, 0], [0, 50]],
        "hollow": [[0, 0], [50, 0], [10, 10], [0, 50]],
        "half a pixel": (199.5, 0, 10, 10),
        "a line": [[0, 0], [50, 50], [100, 100], [20, 20]],
        "a point": [[5, 5]] * 4,
        "nan": (0, 0, float("nan"), 5),
        "inf": (0, 0, float("inf"), 5),
        "beyond float32": (0, 0, 1e39, 5),
    }
    photo: dict[str, Any] = {"width": 200, "height": 100, "spec": {}}
    large = [
        case("region", f"padding {w} x {h}", region=(100, 100, w, h), width=1000, height=800, spec={})
        for w, h in [(200, 60), (50, 10), (500, 400)]
    ]
    rules = {"region_padding": 0.25, "min_padding": 4, "max_padding": 8, "min_region_side": 40, "max_enlargement": 1.5}
    other = [
        case("region", f"other numbers, {w} x {h}", region=(100, 100, w, h), width=1000, height=800, spec={"regions": rules})
        for w, h in [(100, 20), (100, 30), (100, 8), (100, 60)]
    ]
    quads = {
        "inside": box(110, 10, 190, 30),
        "half": box(60, 10, 140, 30),
        "outside": box(210, 10, 300, 30),
        "on the border": box(100, -10, 200, 10),
    }
    quads |= {"a point": box(150, 50, 150, 50), "rotated": rotated(120, 10, 40, (150, 50))}
    outlines = {
        "square": box(100, 0, 200, 100),
        "counterclockwise": box(100, 0, 200, 100)[::-1].copy(),
        "five corners": np.array([[100, 30], [120, 0], [200, 0], [200, 100], [100, 100]], F32),
    }
    return [
        *(case("region", name, region=region, **photo) for name, region in good.items()),
        *(case("region", name, says="mark it again", region=region, **photo) for name, region in bad.items()),
        *large,
        *other,
        *(
            case("overlap_fraction", f"{name}, {o}", quad=quad, region=outline)
            for name, quad in quads.items()
            for o, outline in outlines.items()
        ),
    ]


def order_cases() -> Cases:
    """Reading order."""
    grid = [box(x, y, x + 80, y + 20) for y in (0, 30, 60) for x in (0, 100, 200)]
    mixed = [grid[i] for i in (4, 8, 0, 2, 6, 1, 3, 7, 5)]
    lean = [rotated(80, 20, 4, (40 + x, y + 0.07 * x)) for x in (0, 100, 200, 300) for y in (0, 27)]
    pages = {
        "none": [],
        "one": grid[:1],
        "a grid": mixed,
        "the same place": [grid[0]] * 3,
        "a rotated page": lean[::-1],
        "upside down": [q[[2, 3, 0, 1]] for q in mixed],
        "half upside down": [*grid[:2], *(q[[2, 3, 0, 1]] for q in grid[3:5])],
        "heights": [box(0, 0, 50, 40), box(60, 15, 100, 25), box(110, 24, 150, 30), box(60, 29, 90, 50)],
        "just half a height apart": [box(0, 0, 50, 20), box(60, 10, 100, 30), box(120, 9.75, 160, 29.75)],
        "two rows that fit": [box(0, 0, 50, 10), box(0, 12, 50, 22), box(60, 6, 90, 16)],
        "scattered": [
            rotated(w, h, a, (x, y))
            for x, y, w, h, a in np.random.default_rng(3).uniform([0, 0, 9, 4, -30], [300, 200, 90, 30, 30], (25, 5))
        ],
    }
    return [case("reading_order", name, quads=quads) for name, quads in pages.items()]


def maps(h: int, w: int, k: int, seed: int, fraction: float = 0.3) -> dict[str, Any]:
    """Random maps, a fraction of the scores above 0.25."""
    rng = np.random.default_rng(seed)
    score = np.where(rng.random((h, w, k)) < fraction, rng.uniform(0.25, 1, (h, w, k)), rng.uniform(0, 0.25, (h, w, k)))
    drawn = {"vertical": rng.normal(0, 0.3, (h, w, 2 * k)), "side": rng.normal(0, 0.5, (h, w, 2 * k)), "link": rng.random((h, w, k))}
    return {name: m.astype(F32).round(4) for name, m in {"score": score, **drawn}.items()}


def decode_cases() -> Cases:
    """Maps to proposals."""
    three = {"anchor_heights": [7.0, 10.0, 22.0]}
    bare: dict[str, Any] = {**three, "outputs": ["score", "vertical"], "direction": None, "lines": {"line_grouping": "paper"}}
    edge, last = maps(2, 3, 3, 1, 0.0), maps(2, 3, 3, 2, 0.0)
    edge["score"][0, 0, 1], edge["score"][1, 2, 0] = 0.25, np.nextafter(F32(0.25), F32(0))  # reaches the threshold, and just does not
    last["score"][1, 2, 2] = 1
    last["vertical"][1, 2] = [0, 0, 0, 0, -0.5, 50]  # growth is limited
    last["score"][0, 0, 0], last["vertical"][0, 0, 1] = 1, -50
    best = maps(2, 3, 3, 10, 1.0)
    best["score"][:] = np.array([0.5, 0.9, 0.7], F32)  # equal ones: the first are kept
    return [
        case("decode", "many", spec=three, **maps(4, 6, 3, 0)),
        case("decode", "none", spec=three, **maps(3, 4, 3, 4, 0.0)),
        case("decode", "at the threshold", spec=three, **edge),
        case("decode", "the last cell, of limited height", spec=three, **last),
        case("decode", "the best of more than the limit", spec={**three, "limits": {"max_proposals": 8}}, **best),
        case("decode", "just as many as the limit", spec={**three, "limits": {"max_proposals": 18}}, **best),
        case("decode", "the mobile detector's heights", spec={}, **maps(1, 2, 10, 9, 0.5)),
        case("decode", "all", spec=three, **maps(2, 2, 3, 5, 1.0)),
        case("decode", "one cell", spec=three, **maps(1, 1, 3, 6, 1.0)),
        case("decode", "without side and link", spec=bare, **{n: m for n, m in maps(3, 4, 3, 7).items() if n in bare["outputs"]}),
        case(
            "decode",
            "another number of anchors",
            says="expected [h, w, 2], got [2, 3, 3]",
            spec={"anchor_heights": [7.0, 10.0]},
            **maps(2, 3, 3, 8),
        ),
    ]


def postprocess_cases() -> Cases:
    """Maps to text lines; the spec's `nms_threshold` decides which of two proposals in a cell stays."""
    spec = {"anchor_heights": [8.0, 14.0, 22.0], "lines": {"line_score": 0.3}}
    rows = maps(3, 6, 3, 21, 0.0)
    for name in ("vertical", "side"):
        rows[name][:] = 0
    rows["link"][:] = 0.9
    tall, wide = box(100, 50, 500, 350), box(0, 400, 900, 640)
    far = np.stack([tall, wide, box(600, 20, 900, 290)])
    none = np.zeros((0, 4, 2), F32)
    inside, beside, part = box(200, 180, 400, 220), box(0, 180, 99, 220), box(400, 180, 610, 220)
    huge: list[tuple[str, Any, Any, dict[str, Any]]] = [
        ("nothing else", far, none, {}), ("nothing far", none, far, {}), ("a line inside of one", far, inside[None], {}),
        ("a line beside, one half in", far, np.stack([beside, part]), {}), ("the same line", far, tall[None], {}),
        ("anchors up to 290 pixels", far, none, {"anchor_heights": [8.0, 290.0]}),
    ]  # fmt: skip
    rows["score"][1, 1:5, 0], rows["score"][1, 1:5, 1] = 0.9, 0.6  # IoU 8 / 14: suppressed at 0.3, a second line at 0.6
    return [
        case("postprocess", "two heights in each cell", spec=spec, **rows),
        case("postprocess", "two heights in each cell, both kept", spec={**spec, "nms_threshold": 0.6}, **rows),
        case("postprocess", "many", spec={"anchor_heights": [7.0, 10.0, 22.0], "lines": {"line_score": 0.0}}, **maps(4, 6, 3, 22)),
        case("postprocess", "no text", spec=spec, **maps(3, 4, 3, 23, 0.0)),
        *(case("huge_lines", name, far=far, quads=near, spec=limit) for name, far, near, limit in huge),
    ]


def stack(rng: Any, n: int, columns: int) -> dict[str, Any]:
    """Random boxes of 16 pixels that overlap often."""
    column = rng.integers(0, columns, n)
    top = rng.uniform(0, 60, n)
    boxes = np.stack([16 * column, top, 16 * column + 16, top + rng.uniform(5, 25, n)], 1).round(2).astype(F32)
    return {"boxes": boxes, "scores": rng.uniform(0.3, 1, n).round(3).astype(F32), "columns": column}


def suppress_cases() -> Cases:
    """Suppression by column."""
    rng = np.random.default_rng(11)

    def column(spans: list[tuple[float, float]], scores: list[float], columns: list[int] | None = None) -> dict[str, Any]:
        at = np.array(columns or [0] * len(spans), np.int64)
        boxes = np.array([[16 * c, a, 16 * c + 16, b] for c, (a, b) in zip(at.tolist(), spans, strict=True)], F32).reshape(-1, 4)
        return {"boxes": boxes, "scores": np.array(scores, F32), "columns": at}

    tied = stack(rng, 60, 3)
    tied["scores"] = tied["scores"].round(1)
    cases = {
        "none": (column([], []), 0.3),
        "one": (column([(0, 10)], [0.5]), 0.3),
        "the same box": (column([(0, 10)] * 3, [0.5, 0.7, 0.6]), 0.3),
        "equal scores": (column([(0, 10), (1, 11), (2, 12)], [0.5] * 3), 0.3),
        "touching": (column([(0, 10), (10, 20)], [0.5, 0.6]), 0.0),
        "just at the threshold": (column([(0, 10), (5, 15)], [0.5, 0.6]), 0.33333334),
        "a chain": (column([(0, 10), (6, 16), (12, 22), (18, 28)], [0.9, 0.8, 0.7, 0.6]), 0.2),
        "a dropped one drops none": (column([(0, 10), (4, 14), (8, 18)], [0.9, 0.8, 0.7]), 0.3),
        "two columns": (column([(0, 10), (0, 10)], [0.5, 0.6], [0, 1]), 0.3),
        "one within another": (column([(0, 30), (10, 20)], [0.5, 0.6]), 0.3),
        "above the picture": (column([(-8, 4), (-6, 6)], [0.5, 0.6]), 0.3),
        "many": (stack(rng, 120, 4), 0.3),
        "many ties": (tied, 0.3),
        "nothing is too much": (stack(rng, 40, 2), 1.0),
        "touching is too much": (stack(rng, 40, 2), 0.0),
    }
    return [case("suppress", name, threshold=t, **given) for name, (given, t) in cases.items()]
