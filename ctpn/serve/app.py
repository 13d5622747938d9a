"""The service as a FastAPI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import text

from ctpn.batch.bulk import ReadOptions
from ctpn.reader import TextReader
from ctpn.serve import benchmark_routes, bundle_routes, problems, read
from ctpn.serve.bundles import Bundles
from ctpn.serve.database import connect
from ctpn.serve.limits import Access
from ctpn.serve.logs import LOG
from ctpn.serve.metrics import Metrics
from ctpn.serve.observe import Observed
from ctpn.serve.pool import ReaderPool
from ctpn.serve.report import Report
from ctpn.serve.settings import Settings
from ctpn.version import __version__

ABOUT = "Reads the text on photos, delivers models to apps, collects what phones measure."
machines = APIRouter(include_in_schema=False)


def service(settings: Settings) -> FastAPI:
    """The application; when it starts it loads the models in each process.

    Raises:
        CtpnError: the models, the database or a public key cannot be used.
    """
    engine = connect(settings.url)
    with TextReader(settings.bundle, trust=settings.trust, threads=1) as reader:
        specs = (reader.detector.spec, reader.recognizer.spec)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await app.state.pool.start()
        LOG.info("ready", extra={"fields": {"version": __version__, "workers": settings.workers, "queue": settings.queue}})
        yield
        await app.state.pool.close()
        engine.dispose()
        LOG.info("stopped")

    app = FastAPI(title="ctpn", version=__version__, description=ABOUT, lifespan=lifespan)
    options = ReadOptions(settings.bundle, trust=settings.trust, max_pixels=settings.max_pixels)
    app.state.pool = ReaderPool(options, settings.workers, settings.queue, settings.read_time)
    app.state.metrics = Metrics(app.state.pool, *specs)
    app.state.engine, app.state.bundles = engine, Bundles(settings.bundles)
    app.state.report, app.state.access = Report(engine), Access(engine, settings)
    for router in (routers := (read.router, bundle_routes.router, benchmark_routes.router)):
        app.include_router(router, dependencies=[Depends(_allowed)])
    app.include_router(machines)
    app.add_middleware(Observed, of=app, settings=settings)
    problems.install(app, [route for router in (*routers, machines) for route in router.routes])
    problems.openapi(app)
    return app


async def _allowed(request: Request) -> None:
    access: Access = request.app.state.access
    await access.check(request)


@machines.get("/healthz")
async def healthz() -> Response:
    """Whether the service answers at all."""
    return JSONResponse({"status": "ok"})


@machines.get("/readyz")
async def readyz(request: Request) -> Response:
    """Whether it can read photos and reach its database."""
    pool: ReaderPool = request.app.state.pool
    database = await asyncio.to_thread(_reaches, request)
    state = {"readers": pool.ready, "database": database}
    return JSONResponse(state, 200 if pool.ready and database else 503)


def _reaches(request: Request) -> bool:
    try:
        with request.app.state.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except Exception:  # whatever a driver raises: it cannot be reached
        return False
    return True


@machines.get("/metrics")
async def metrics(request: Request) -> Response:
    """For Prometheus."""
    found: Metrics = request.app.state.metrics
    return Response(found.text(), media_type="text/plain; version=0.0.4")
