"""What routes take and answer, for OpenAPI; contract/schemas describes the same as JSON Schemas."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

EXAMPLE_LINE = {
    "quad": [[41.0, 52.5], [310.2, 50.1], [310.5, 81.9], [41.3, 84.2]], "score": 0.9871, "text": "SF1024857063", "text_score": 0.9912,
    "region": 0,
}  # fmt: skip
EXAMPLE_PAGE = {
    "image": "photo.jpg", "width": 1080, "height": 1440, "lines": [EXAMPLE_LINE], "warnings": [], "regions": [{"region": 0, "lines": 1}],
}  # fmt: skip
READ_BODY: dict[str, Any] = {
    "required": True,
    "description": "The bytes of one photo, or a form with it.",
    "content": {
        "image/*": {"schema": {"type": "string", "format": "binary"}},
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["photo"],
                "properties": {
                    "photo": {"type": "string", "format": "binary"},
                    "region": {"type": "array", "items": {"type": "string"}, "description": "as the parameter"},
                },
            }
        },
    },
}
READ_EXAMPLES: dict[str, Any] = {
    "description": "The lines in reading order, region by region; none means that there is no text.",
    "content": {
        "application/json": {"example": EXAMPLE_PAGE},
        "text/csv": {"schema": {"type": "string"}},
        "text/vnd.hocr+html": {"schema": {"type": "string"}},
    },
}


class Line(BaseModel):
    """A text line."""

    quad: list[tuple[float, float]] = Field(description="corners x, y clockwise from the text's top left, in pixels of the upright photo")
    score: float = Field(ge=0, le=1, description="probability that this is text")
    text: str | None
    text_score: float | None = Field(description="probability of the text")
    region: int | None = Field(description="index of the region it was found in")


class Warned(BaseModel):
    """Something about a photo that a user should know."""

    code: str
    message: str


class RegionCount(BaseModel):
    """How many lines a region has."""

    region: int
    lines: int


class Page(BaseModel):
    """What was read on a photo; `regions` only where some were marked, `page` only of a file of several pages."""

    image: str
    width: int
    height: int
    lines: list[Line]
    warnings: list[Warned]
    regions: list[RegionCount] | None = None
    page: int | None = None


class BundleFile(BaseModel):
    """A file of a bundle."""

    sha256: str
    url: str


class BundleSummary(BaseModel):
    """A bundle that an app can fetch, file by file; an app verifies all that it fetched before it uses any of it."""

    release: int = Field(description="number of the bundle; the highest is the newest")
    version: str = Field(description="of the program that wrote it")
    schema_: int = Field(alias="schema", description="of its manifest, which an app must know")
    formats: list[str] = Field(description="of which it has both models")
    bytes: int = Field(description="of all files")
    signed: bool
    files: dict[str, BundleFile]


class BundleList(BaseModel):
    """Bundles that fit what was asked for, newest first."""

    bundles: list[BundleSummary]


class Stored(BaseModel):
    """A benchmark that was stored now or before."""

    id: str = Field(description="SHA-256 of the benchmark as canonical JSON")
    new: bool


class StoredBenchmark(BaseModel):
    """A phone's benchmark, and when it came."""

    number: int
    id: str
    received: str
    benchmark: dict[str, Any] = Field(description="as docs/phone.md describes it")


class BenchmarkList(BaseModel):
    """Benchmarks in the order of their arrival; `next` is what to give as `after` for those that follow, null at the end."""

    benchmarks: list[StoredBenchmark]
    next: int | None
