"""POST /v1/read: a photo and its marked regions to text lines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.datastructures import FormData, UploadFile

from ctpn.batch.worker import WorkerDied
from ctpn.errors import CtpnError, ImageError
from ctpn.layout.regions import Region, parse_region
from ctpn.output.csv import csv_header, to_csv
from ctpn.output.hocr import to_hocr
from ctpn.output.json import to_json
from ctpn.output.record import PageRecord, page_record
from ctpn.page import PageResult
from ctpn.serve.documents import READ_BODY, READ_EXAMPLES, Page
from ctpn.serve.logs import LOG
from ctpn.serve.pool import Job, QueueFull, ReaderPool, ReadTimeout
from ctpn.serve.problems import Problem, documented

router = APIRouter()
JSON, CSV, HOCR = "application/json", "text/csv; charset=utf-8; header=present", "text/vnd.hocr+html; charset=utf-8"
FORMATS: dict[str, tuple[str, Callable[[PageRecord], str]]] = {
    "application/json": (JSON, to_json),
    "text/csv": (CSV, lambda record: csv_header() + to_csv(record)),
    "text/vnd.hocr+html": (HOCR, lambda record: to_hocr([record])),
    "text/html": (HOCR, lambda record: to_hocr([record])),
}
MAX_REGIONS = 100
CLIENT_LEFT = 499  # for the log alone, as nginx has it
MAX_NAME = 200  # characters of a photo's name that are kept


@router.post(
    "/v1/read",
    response_model=Page,
    responses={200: READ_EXAMPLES, **documented(400, 401, 406, 408, 413, 422, 429, 500, 503, 504)},
    openapi_extra={"requestBody": READ_BODY},
    summary="Read a photo",
)
async def read(
    request: Request,
    region: Annotated[
        list[str] | None,
        Query(description="x,y,w,h or four corners, in pixels of the upright photo; may be repeated", examples=["40,60,500,120"]),
    ] = None,
    text: Annotated[bool, Query(description="false: find the lines, do not read them")] = True,
) -> Response:
    """The text lines of a photo, or of the regions that a user marked: what `python -m ctpn` gives, as JSON, CSV or hOCR by `Accept`."""
    media_type, written = _format(request.headers.get("accept", "*/*"))
    name, data, marked = await _photo(request)
    regions = _regions([*(region or []), *marked])
    page = await _page(request, Job(data, name, regions, text))
    if page is None:
        return Response(status_code=CLIENT_LEFT)
    request.app.state.metrics.page(page.times, len(page))
    request.state.fields = {"bytes": len(data), "pixels": page.width * page.height, "lines": len(page)}
    return Response(written(page_record(name, page)), media_type=media_type)


def _format(accept: str) -> tuple[str, Callable[[PageRecord], str]]:
    """What of our formats the client likes best (RFC 9110, 12.5.1)."""
    best: tuple[float, str] = (0.0, "")
    for part in accept.split(","):
        kind, *parameters = [p.strip().lower() for p in part.split(";")]
        name = next((n for n in FORMATS if kind in (n, n.split("/")[0] + "/*", "*/*")), None)
        quality = next((_quality(p[2:]) for p in parameters if p.startswith("q=")), 1.0)
        if name and quality > best[0]:
            best = (quality, name)
    if not best[1]:
        raise Problem(406, f"Accept: expected one of {', '.join(FORMATS)}, got {accept[:100]!r}")
    return FORMATS[best[1]]


def _quality(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 0.0


async def _photo(request: Request) -> tuple[str, bytes, list[str]]:
    """The photo's name and bytes, and the form's regions."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return "photo", _given(await request.body()), []
    async with request.form(max_files=1, max_fields=MAX_REGIONS, max_part_size=4096) as form:
        photo = form.get("photo")
        if not isinstance(photo, UploadFile):
            raise Problem(400, "expected a file in the form's field `photo`, as curl -F photo=@photo.jpg sends it")
        name = "".join(c for c in (photo.filename or "photo")[:MAX_NAME] if c.isprintable()) or "photo"
        return name, _given(await photo.read()), _texts(form)


def _given(data: bytes) -> bytes:
    if not data:
        raise Problem(400, "expected a photo as the body, or in the form's field `photo`; got no bytes")
    return data


def _texts(form: FormData) -> list[str]:
    return [value for value in form.getlist("region") if isinstance(value, str)]


def _regions(texts: list[str]) -> tuple[Region, ...] | None:
    if len(texts) > MAX_REGIONS:
        raise Problem(400, f"region: expected at most {MAX_REGIONS}, got {len(texts)}")
    try:
        return tuple(parse_region(text) for text in texts) or None
    except CtpnError as e:
        raise Problem(400, f"region: {e}") from None


async def _page(request: Request, job: Job) -> PageResult | None:
    """The photo's result; None if the client leaves before."""
    pool: ReaderPool = request.app.state.pool
    reading, gone = asyncio.create_task(pool.read(job)), asyncio.create_task(_left(request))
    try:
        await asyncio.wait({reading, gone}, return_when=asyncio.FIRST_COMPLETED)
        return reading.result() if reading.done() else None
    except QueueFull:
        raise Problem(503, "every reader is busy and the queue is full; try again", {"Retry-After": "1"}) from None
    except ReadTimeout:
        raise Problem(504, "reading this photo took too long; send it smaller, or mark fewer regions") from None
    except WorkerDied:
        LOG.error("reader died", extra={"fields": {"id": request.state.id, "bytes": len(job.data)}})
        raise Problem(500, f"a reader process died on this photo, see the service's log for request {request.state.id}") from None
    except ImageError as e:
        raise Problem(422, str(e)) from None
    except CtpnError as e:
        raise Problem(400, str(e)) from None
    finally:
        reading.cancel()
        gone.cancel()


async def _left(request: Request) -> None:
    """Ends when the client has left."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
