"""The arguments that the service's commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

from ctpn.contract.signature import Trust
from ctpn.serve.settings import Settings

DATA = Path("service-data")


def add_storage(parser: argparse.ArgumentParser) -> None:
    """Add where things are stored, and whose bundles are taken."""
    parser.add_argument("--data", type=Path, default=DATA, metavar="DIR", help="folder of bundles and database (default: %(default)s)")
    parser.add_argument(
        "--database", default="", metavar="URL", help="SQLAlchemy's URL, such as postgresql+psycopg://… (default: SQLite in --data)"
    )
    parser.add_argument(
        "--public-key", type=Path, action="append", metavar="PEM", help="take only bundles that this key signed; may be repeated"
    )


def storage(args: argparse.Namespace) -> Settings:
    """The settings of those arguments; the folder is made.

    Raises:
        CtpnError: a public key cannot be read.
        OSError: the folder cannot be made.
    """
    args.data.mkdir(parents=True, exist_ok=True)
    return Settings(args.data, args.database, trust=Trust.of(args.public_key) if args.public_key else None)
