"""Logs as JSON, a line for each request or event; never what is on a photo or in a text."""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime, timezone

LOG = logging.getLogger("ctpn.serve")


class JsonLines(logging.Formatter):
    """A record as one JSON object: time, level, event, and what `extra={"fields": …}` gives."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        time = datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds")
        found: dict[str, object] = {"time": time, "level": record.levelname.lower(), "event": record.getMessage()}
        found |= getattr(record, "fields", {})
        if record.exc_info:
            found["trace"] = self.formatException(record.exc_info)
        return json.dumps(found, ensure_ascii=True)


def to_stderr() -> None:
    """Write our events and uvicorn's warnings to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name, level in (("ctpn.serve", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
