"""What a service is started with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ctpn.contract.signature import Trust
from ctpn.imaging.limits import MAX_PIXELS


@dataclass(frozen=True)
class Settings:
    """What a service is started with; times are in seconds.

    Attributes:
        data: folder of the published bundles and, by default, of the database.
        database: SQLAlchemy's URL; "" is SQLite in `data`.
        bundle: the models that read; None: the shipped ones.
        trust: whose signature bundles must carry, the one that reads and those that are published; None: they may have none.
        workers: reader processes, of one thread each.
        queue: photos that wait for a reader; one more is answered 503.
        read_time: for reading a photo once it has a reader; a reader that takes longer is replaced.
        body_time: for the client to send a request's body.
        max_bytes: of a request's body.
        max_pixels: of a photo; the limit for memory rises with it.
        require_key: whether requests without an API key are refused.
        rate: requests a minute of each key, or of each address where there is no key; 0: as many as they like.
    """

    data: Path
    database: str = ""
    bundle: Path | None = None
    trust: Trust | None = None
    workers: int = 1
    queue: int = 16
    read_time: float = 30.0
    body_time: float = 30.0
    max_bytes: int = 64 << 20
    max_pixels: int = MAX_PIXELS
    require_key: bool = False
    rate: int = 0

    @property
    def url(self) -> str:
        """SQLAlchemy's URL of the database."""
        return self.database or f"sqlite:///{self.data.resolve() / 'service.sqlite'}"

    @property
    def bundles(self) -> Path:
        """Folder of the published bundles, each in a folder named by its release."""
        return self.data / "bundles"
