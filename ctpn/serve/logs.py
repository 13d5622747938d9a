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
    """Write our events, and the warnings of all others, to stderr; but what a form's parser says of a body is the client's fault."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(True)
    LOG.setLevel(logging.INFO)
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
