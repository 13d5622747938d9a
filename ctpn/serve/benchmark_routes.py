"""POST and GET /v1/benchmarks, GET /report: what phones measured."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse

from ctpn.contract.phone import parse_phone
from ctpn.errors import CtpnError
from ctpn.serve import database
from ctpn.serve.documents import BenchmarkList, Stored, StoredBenchmark
from ctpn.serve.problems import Problem, documented
from ctpn.serve.report import Report

router = APIRouter()
MAX_BYTES = 1 << 20
BODY: dict[str, Any] = {
    "required": True, "description": "What an app's benchmark mode writes: contract/schemas/phone.schema.json.",
    "content": {"application/json": {"schema": {"type": "object"}}},
}  # fmt: skip


@router.post(
    "/v1/benchmarks",
    response_model=Stored,
    status_code=201,
    responses={200: {"model": Stored, "description": "It was stored before"}, **documented(401, 408, 413, 422, 429)},
    openapi_extra={"requestBody": BODY},
    summary="Store a phone's benchmark",
)
async def add(request: Request) -> JSONResponse:
    """Store a benchmark once: the same one again answers 200 and its id."""
    body = await request.body()
    if len(body) > MAX_BYTES:
        raise Problem(413, f"expected a benchmark of at most {MAX_BYTES} bytes, got {len(body)}")
    try:
        data = parse_phone(body, "benchmark")
    except CtpnError as e:
        raise Problem(422, str(e)) from None
    id, new = await asyncio.to_thread(database.add_benchmark, request.app.state.engine, data)
    return JSONResponse({"id": id, "new": new}, 201 if new else 200)


@router.get("/v1/benchmarks", responses=documented(401, 422, 429), summary="Stored benchmarks")
async def listed(
    request: Request,
    after: Annotated[int, Query(description="the last number that the caller has", ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    app: Annotated[str | None, Query(description="android, ios or web")] = None,
    device: Annotated[str | None, Query(description="the phone's model")] = None,
    manifest: Annotated[str | None, Query(description="SHA-256 of the bundle's manifest")] = None,
) -> BenchmarkList:
    """Benchmarks in the order of their arrival, page by page."""
    for name, value in (("app", app), ("device", device), ("manifest", manifest)):
        if value is not None and "\0" in value:  # PostgreSQL has no text with it
            raise Problem(422, f"{name}: expected a text without NUL characters")
    found = await asyncio.to_thread(database.benchmarks, request.app.state.engine, after, limit, app, device, manifest)
    rows = [StoredBenchmark(number=b.number, id=b.id, received=b.received, benchmark=json.loads(b.document)) for b in found]
    return BenchmarkList(benchmarks=rows, next=rows[-1].number if len(rows) == limit else None)


@router.get("/report", response_class=HTMLResponse, responses=documented(401, 429), summary="The phones' times, to look at")
async def report(request: Request) -> HTMLResponse:
    """A page with plots by device, model version and stage."""
    found: Report = request.app.state.report
    return HTMLResponse(
        await asyncio.to_thread(found.page), headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    )
