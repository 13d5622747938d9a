"""What every output format shows of a photo, with rounded numbers. contract/schemas/result.schema.json describes it as JSON."""

from __future__ import annotations

from typing import TypedDict

from ctpn.page import PageResult, TextLine


class LineRecord(TypedDict):
    """A line; quads in tenths of a pixel, probabilities to 4 digits."""

    quad: list[list[float]]
    score: float
    text: str | None
    text_score: float | None
    region: int | None


class WarningRecord(TypedDict):
    """A warning."""

    code: str
    message: str


class RegionRecord(TypedDict):
    """How many lines were found in a region; 0 says that it holds no text."""

    region: int
    lines: int


class _Required(TypedDict):
    image: str
    width: int
    height: int
    lines: list[LineRecord]
    warnings: list[WarningRecord]


class PageRecord(_Required, total=False):
    """A photo; `page` only of a file of several pages, from 1, `regions` only where some were asked for."""

    page: int
    regions: list[RegionRecord]


def page_record(name: str, page: PageResult) -> PageRecord:
    """What is shown of a photo that is called `name`."""
    record: PageRecord = {
        "image": name, "width": page.width, "height": page.height,
        "lines": [_line(line) for line in page.lines],
        "warnings": [{"code": w.code, "message": w.message} for w in page.warnings],
    }  # fmt: skip
    if page.pages > 1:
        record["page"] = page.page
    if page.regions is not None:
        counts = [sum(line.region == i for line in page.lines) for i in range(page.regions)]
        record["regions"] = [{"region": i, "lines": n} for i, n in enumerate(counts)]
    return record


def _line(line: TextLine) -> LineRecord:
    return {
        "quad": [[round(float(x), 1), round(float(y), 1)] for x, y in line.quad],
        "score": round(line.score, 4), "text": line.text,
        "text_score": None if line.text_score is None else round(line.text_score, 4), "region": line.region,
    }  # fmt: skip
