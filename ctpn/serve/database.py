"""The tables: phones' benchmarks and API keys; SQLite or PostgreSQL."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, String, Text, create_engine, select
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from ctpn.contract.phone import PhoneResult
from ctpn.errors import CtpnError

MIGRATIONS = Path(__file__).parent / "migrations"


class Base(DeclarativeBase):
    """Of all tables; migrations/ makes them."""


class Benchmark(Base):
    """A phone's benchmark.

    Attributes:
        number: in the order of their arrival.
        id: SHA-256 (hex) of the canonical JSON, so that the same benchmark is stored once.
        received: UTC, ISO 8601.
        app, device, release: for queries: the app's name, the phone's model, and the SHA-256 of its bundle's manifest.
        document: the JSON as the contract describes it.
    """

    __tablename__ = "benchmarks"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    received: Mapped[str] = mapped_column(String(20))
    app: Mapped[str] = mapped_column(String(100), index=True)
    device: Mapped[str] = mapped_column(String(100), index=True)
    manifest: Mapped[str] = mapped_column(String(64), index=True)
    document: Mapped[str] = mapped_column(Text)


class ApiKey(Base):
    """An API key; the key itself is not stored.

    Attributes:
        name: whose it is.
        digest: SHA-256 (hex) of the key, which is random and long, so it needs no salt.
        created, revoked: UTC, ISO 8601; a key that is revoked is refused.
    """

    __tablename__ = "api_keys"
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created: Mapped[str] = mapped_column(String(20))
    revoked: Mapped[str | None] = mapped_column(String(20))


def now() -> str:
    """UTC in whole seconds, ISO 8601."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def connect(url: str) -> Engine:
    """The database at SQLAlchemy's URL, with its tables brought up to date.

    Raises:
        CtpnError: the URL is none, its driver is not installed, or the database cannot be reached; without its password.
    """
    try:
        engine = create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as e:
        raise CtpnError(f"--database: the driver {e.name} is not installed; for PostgreSQL: pip install 'ctpn[postgres]'") from None
    except ArgumentError:
        raise CtpnError("--database: expected SQLAlchemy's URL, such as postgresql+psycopg://user:password@host/name") from None
    try:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except (SQLAlchemyError, OSError) as e:
        engine.dispose()
        reason = str(getattr(e, "orig", None) or e).splitlines()[0]
        raise CtpnError(f"--database: cannot be used ({reason[:160]}); check that it runs and who may connect") from None
    return engine


def add_benchmark(engine: Engine, data: PhoneResult) -> tuple[str, bool]:
    """Store a benchmark; returns its id, and whether it is new."""
    document = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    found = Benchmark(
        id=hashlib.sha256(document.encode()).hexdigest(), received=now(), document=document,
        app=data["app"]["name"], device=data["device"]["model"], manifest=data["bundle"]["manifest"],
    )  # fmt: skip
    id = found.id
    try:
        with Session(engine) as session, session.begin():
            session.add(found)
    except IntegrityError:  # it was there already; any number of senders may race
        return id, False
    return id, True


def benchmarks(
    engine: Engine, after: int = 0, limit: int = 1000, app: str | None = None, device: str | None = None, manifest: str | None = None
) -> Sequence[Benchmark]:
    """Benchmarks in the order of their arrival, from the one after a number; those of an app, device or bundle where it is given."""
    query = select(Benchmark).where(Benchmark.number > after).order_by(Benchmark.number).limit(limit)
    for column, value in ((Benchmark.app, app), (Benchmark.device, device), (Benchmark.manifest, manifest)):
        if value is not None:
            query = query.where(column == value)
    with Session(engine, expire_on_commit=False) as session:
        return session.scalars(query).all()
