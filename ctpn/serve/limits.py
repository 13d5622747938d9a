"""Who may ask, how often, and how much: API keys, rates, and limits on bodies."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict

from fastapi import Request
from sqlalchemy import Engine
from starlette.types import Message, Receive

from ctpn.serve.keys import digest, valid
from ctpn.serve.problems import Problem
from ctpn.serve.settings import Settings

KEYS_KNOWN_FOR = 10.0  # seconds until added and revoked keys are noticed
MAX_CALLERS = 10_000  # whose rates are remembered; those that asked longest ago are forgotten first


class Access:
    """Checks the API key and the rate of each request."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine, self._settings = engine, settings
        self._keys: dict[str, str] = {}
        self._keys_from = float("-inf")
        self._rates = Rates(settings.rate)

    async def check(self, request: Request) -> None:
        """Refuse a request without a valid key, or beyond its caller's rate.

        Raises:
            Problem: 401 or 429.
        """
        given = request.headers.get("authorization")
        name = await self._name(given) if given is not None else None
        if name is None and self._settings.require_key:
            raise _refused("expected an API key: Authorization: Bearer KEY; whoever runs this service gives one out")
        caller = f"key {name}" if name else f"address {request.client.host if request.client else ''}"
        wait = self._rates.wait(caller, time.monotonic())
        if wait:
            detail = f"more than {self._settings.rate} requests a minute; wait {wait:.0f} s"
            raise Problem(429, detail, {"Retry-After": f"{wait:.0f}"})

    async def _name(self, given: str) -> str:
        scheme, _, key = given.partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise _refused("expected Authorization: Bearer KEY")
        if time.monotonic() - self._keys_from > KEYS_KNOWN_FOR:
            self._keys, self._keys_from = await asyncio.to_thread(valid, self._engine), time.monotonic()
        name = self._keys.get(digest(key.strip()))
        if name is None:
            raise _refused("this API key is unknown or was revoked; ask whoever runs this service for another")
        return name


def _refused(detail: str) -> Problem:
    return Problem(401, detail, {"WWW-Authenticate": "Bearer"})


class Rates:
    """A bucket for each caller that holds a minute's requests and fills again evenly.

    Args:
        rate: requests a minute; 0: as many as they like.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # what is left, and when that was

    def wait(self, caller: str, now: float) -> float:
        """Count a request at a time in seconds; 0 if it may be answered, else the whole seconds until one may."""
        if not self._rate:
            return 0.0
        left, then = self._buckets.pop(caller, (float(self._rate), now))
        left = min(float(self._rate), left + (now - then) * self._rate / 60)
        allowed = left >= 1
        self._buckets[caller] = (left - allowed, now)
        if len(self._buckets) > MAX_CALLERS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else float(-(-(1 - left) * 60 // self._rate)) or 1.0


def limited(receive: Receive, settings: Settings) -> Receive:
    """ASGI's `receive` that refuses a body that is too large, or comes too slowly.

    Raises (when it is awaited):
        Problem: 413 or 408.
    """
    got, until, more = 0, time.monotonic() + settings.body_time, True

    async def bounded() -> Message:
        nonlocal got, more
        if not more:  # what comes after the body is that the client leaves
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), until - time.monotonic())
        except asyncio.TimeoutError:
            detail = f"the body has not come within {settings.body_time:.0f} s; send it again, smaller or over a better connection"
            raise Problem(408, detail, {"Connection": "close"}) from None
        more = bool(message.get("more_body", False))
        got += len(message.get("body", b""))
        if got > settings.max_bytes:
            raise too_large(settings)
        return message

    return bounded


def too_large(settings: Settings) -> Problem:
    """The problem of a body of too many bytes."""
    detail = f"expected a body of at most {settings.max_bytes} bytes, got more; send the photo smaller, as JPEG"
    return Problem(413, detail, {"Connection": "close"})
