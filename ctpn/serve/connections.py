"""HTTP connections that do not stay open for clients that send nothing, or a byte now and then."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_TIME = 10.0  # seconds for a request's head, from when the connection is opened or its first byte comes


class PatientProtocol(H11Protocol):
    """uvicorn's protocol, which closes a connection whose request does not come within HEADER_TIME."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See asyncio.Protocol."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEADER_TIME, transport.close)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEADER_TIME, self.transport.close)
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:  # a request has come; its body has its own limit
            self._end_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._end_deadline()
        super().connection_lost(exc)

    def _end_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
