"""Around each request: an id, its limits, its time, a line in the log."""

from __future__ import annotations

import re
import time
import uuid

from fastapi import FastAPI, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ctpn.serve.limits import limited, too_large
from ctpn.serve.logs import LOG
from ctpn.serve.metrics import Metrics
from ctpn.serve.problems import answer
from ctpn.serve.settings import Settings

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
LATER = {"/healthz", "/readyz", "/metrics"}  # asked every few seconds by machines, so not logged


class Observed:
    """ASGI middleware; responses carry the request's id as X-Request-Id, the caller's own if it gave one."""

    def __init__(self, app: ASGIApp, of: FastAPI, settings: Settings) -> None:
        self._app, self._of, self._settings = app, of, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, began, status = Headers(scope=scope), time.perf_counter(), 500
        given = headers.get("x-request-id", "")
        id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["id"] = id

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = id
            await send(message)

        try:
            length = headers.get("content-length", "")
            if length.isdigit() and int(length) > self._settings.max_bytes:
                await answer(Request(scope), too_large(self._settings))(scope, receive, observed)
            else:
                await self._app(scope, limited(receive, self._settings), observed)
        finally:
            self._record(scope, id, status, time.perf_counter() - began)

    def _record(self, scope: Scope, id: str, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        metrics: Metrics = self._of.state.metrics
        metrics.request(scope["method"] if route != "none" else "any", route, status, seconds)
        if route not in LATER:
            fields = {"id": id, "method": scope["method"], "route": route, "status": status, "ms": round(1000 * seconds, 1)}
            LOG.info("request", extra={"fields": fields | scope["state"].get("fields", {})})
