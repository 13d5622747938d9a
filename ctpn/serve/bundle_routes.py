"""GET /v1/bundles: apps find and fetch models."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response

from ctpn.errors import ModelError
from ctpn.serve.bundles import Bundles, Published
from ctpn.serve.documents import BundleFile, BundleList, BundleSummary
from ctpn.serve.problems import Problem, documented

router = APIRouter()
FORMATS = r"^([a-z0-9][a-z0-9-]{0,63}(,[a-z0-9][a-z0-9-]{0,63})*)?$"  # as a manifest names them
FOR_EVER = "public, max-age=31536000, immutable"  # what has been published never changes


@router.get("/v1/bundles", responses=documented(401, 422, 429), summary="Bundles that an app can use")
async def bundles(
    request: Request,
    schema: Annotated[int | None, Query(description="schema of the manifest that the app knows", ge=1)] = None,
    format: Annotated[str, Query(description="formats that the app needs, comma between them", pattern=FORMATS, examples=["onnx"])] = "",
) -> BundleList:
    """The published bundles with this schema that have all of these formats, newest first."""
    found = await asyncio.to_thread(Bundles.all, request.app.state.bundles)
    wanted = set(format.split(",")) if format else set()
    fits = [b for b in found if schema in (None, b.schema) and wanted <= set(b.formats)]
    return BundleList(bundles=[_summary(request, b) for b in fits])


@router.get("/v1/bundles/{release}", responses=documented(401, 404, 422, 429), summary="One bundle")
async def bundle(request: Request, release: int) -> BundleSummary:
    """What a bundle has, and where each of its files is."""
    return _summary(request, await _published(request, release))


@router.head("/v1/bundles/{release}/{name:path}", include_in_schema=False)
@router.get(
    "/v1/bundles/{release}/{name:path}",
    response_class=FileResponse,
    responses={
        206: {"description": "A part, for Range"},
        304: {"description": "Known, for If-None-Match"},
        **documented(401, 404, 416, 422, 429),
    },
    summary="A file of a bundle",
)
async def file(request: Request, release: int, name: str) -> Response:
    """A file, whole or from where a broken download stopped (`Range`, `If-Range`); its ETag is its SHA-256."""
    found = await _published(request, release)
    if name not in found.sums:
        raise Problem(404, f"release {release} has no file {name[:100]!r}; /v1/bundles/{release} lists its files")
    headers = {"ETag": f'"{found.sums[name]}"', "Cache-Control": FOR_EVER}
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if headers["ETag"] in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return FileResponse(found.folder / name, headers=headers)


async def _published(request: Request, release: int) -> Published:
    store: Bundles = request.app.state.bundles
    try:
        return await asyncio.to_thread(store.get, release)
    except ModelError as e:
        raise Problem(404, str(e)) from None


def _summary(request: Request, b: Published) -> BundleSummary:
    at = str(request.url_for("bundle", release=b.release)).rstrip("/")
    files = {name: BundleFile(sha256=digest, url=f"{at}/{name}") for name, digest in b.sums.items()}
    return BundleSummary(
        release=b.release, version=b.manifest.version, schema=b.schema, formats=list(b.formats), bytes=b.bytes, signed=b.signed, files=files
    )
