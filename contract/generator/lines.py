"""Cases of joining proposals into text lines."""

from __future__ import annotations

from typing import Any

import numpy as np

from contract.generator.stages import case
from ctpn.contract.spec import MOBILE

Cases = list[dict[str, Any]]
Given = dict[str, Any]
F32 = np.float32

BARE = {"outputs": ["score", "vertical"], "direction": None}
PAPER = {**BARE, "lines": {"line_grouping": "paper", "min_overlap": 0.7, "expansion": [0.0, 0.0]}}
CLASSIC = {
    **BARE,
    "lines": {"line_grouping": "classic", "min_overlap": 0.6, "max_gap": 60, "min_aspect_ratio": 0.5, "expansion": [0.0, 0.0]},
}


def row(first: int, count: int, middle: float, height: float, *, slope: float = 0.0, score: float = 0.8, link: float = 0.9) -> Given:
    """A straight line of proposals; the last one's link says that it ends."""
    columns = np.arange(first, first + count)
    y = middle + slope * (columns - first) * 16
    boxes = np.stack([16 * columns, y - height / 2, 16 * columns + 16, y + height / 2], 1)
    links = np.where(np.arange(count) < count - 1, link, 0.05)
    ends = np.stack([16 * columns + 3.0, 16 * columns + 11.0], 1)
    return {
        "boxes": boxes.astype(F32),
        "scores": np.full(count, score, F32),
        "columns": columns,
        "ends": ends.astype(F32),
        "links": links.astype(F32),
    }


def together(*rows: Given, seed: int | None = None) -> Given:
    """Several lines in one picture, in a random order."""
    whole = {k: np.concatenate([r[k] for r in rows]) for k in rows[0]}
    order = np.arange(len(whole["scores"])) if seed is None else np.random.default_rng(seed).permutation(len(whole["scores"]))
    return {k: v[order] for k, v in whole.items()}


def without(given: Given, *dropped: int) -> Given:
    """Some proposals are missing."""
    return {k: np.delete(v, dropped, 0) for k, v in given.items()}


def rough(seed: int) -> Given:
    """Three lines of a page with noise, and strays."""
    rng = np.random.default_rng(seed)
    page = together(row(0, 20, 20, 12, slope=0.03), row(2, 9, 45, 14), row(12, 12, 48, 10), row(1, 3, 80, 30), row(18, 1, 90, 9))
    n = len(page["scores"])
    page["boxes"] = (page["boxes"] + np.pad(rng.normal(0, 0.8, (n, 2)), ((0, 0), (1, 0)))[:, [0, 1, 0, 2]]).round(2).astype(F32)
    page["scores"], page["links"] = (
        rng.uniform(0.4, 1, n).round(3).astype(F32),
        np.clip(page["links"] + rng.normal(0, 0.3, n), 0, 1).round(3).astype(F32),
    )
    return together(page, seed=seed)


def pages() -> dict[str, Given]:
    """Pages by what is special about them."""
    tie = together(row(0, 1, 20, 10), row(1, 1, 18, 10), row(1, 1, 22, 10))
    tie["links"][:] = 0.9
    ends_met, narrow = row(3, 1, 20, 40), row(3, 1, 20, 40)
    ends_met["ends"][:], narrow["ends"][:] = (52.0, 52.0), (52.0, 55.0)
    return {
        "none": without(row(0, 1, 20, 10), 0),
        "one proposal": row(3, 1, 20, 10),
        "ends that met": ends_met,
        "narrow": narrow,
        "at the left border": row(0, 2, 5, 12),
        "level": row(1, 12, 30, 11),
        "rising": row(1, 12, 60, 11, slope=-0.3),
        "steep": row(1, 6, 20, 40, slope=0.9),
        "a gap of one": without(row(0, 9, 20, 12), 4),
        "a gap of two": without(row(0, 9, 20, 12), 4, 5),
        "a gap of three": without(row(0, 9, 20, 12), 4, 5, 6),
        "barely overlapping": row(1, 6, 20, 20, slope=0.925),
        "side by side": together(row(0, 5, 20, 12), row(5, 6, 20, 12), seed=1),
        "one above the other": together(row(0, 8, 20, 12), row(0, 8, 31, 12), row(0, 8, 41, 12), seed=2),
        "two that fit equally": tie,
        "weak links": row(0, 6, 20, 12, link=MOBILE.lines.link_threshold),
        "too weak links": row(0, 6, 20, 12, link=MOBILE.lines.link_threshold - 1e-4),
        "a low score": row(0, 6, 20, 12, score=MOBILE.lines.line_score - 0.01),
        "high": row(2, 1, 60, 100),
        "low": row(2, 4, 60, 1.5),
        "rough": rough(1),
        "rough again": rough(2),
    }


def cases() -> Cases:
    """By links, by the paper, and as the original had it."""
    made = []
    for way, spec in (("links", {}), ("paper", PAPER), ("classic", CLASSIC)):
        for name, page in pages().items():
            made += [
                case(stage, f"{way}: {name}", spec=spec, **page)
                for stage in ("connect", "lines")
                if len(page["scores"]) or stage == "lines"
            ]
    numbers = {
        "a lower score": ("a low score", {"line_score": 0.5}),
        "wider than min_width": ("narrow", {"min_width": 3.0}),
        "a square is dropped": ("one proposal", {"min_aspect_ratio": 1.0}),
        "ends that weigh more": ("rough", {"clipped_weight": 1.0}),
        "tapers early": ("rough", {"min_taper_columns": 2}),
        "no expansion": ("rising", {"expansion": [0.0, 0.0]}),
    }
    stacked = pages()["one above the other"]
    limits = [case("lines", f"at most {n} of equal lines", spec={"limits": {"max_lines": n}}, **stacked) for n in (1, 2)]
    return [*made, *(case("lines", name, spec={"lines": lines}, **pages()[page]) for name, (page, lines) in numbers.items()), *limits]
