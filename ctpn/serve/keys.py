"""API keys of a service: python -m ctpn.serve.keys

  python -m ctpn.serve.keys add warehouse        print a new key; only its hash is stored
  python -m ctpn.serve.keys list
  python -m ctpn.serve.keys revoke warehouse     refuse it from now on

A client sends it as `Authorization: Bearer KEY`. A service that runs notices changes within ten seconds.
"""

from __future__ import annotations

import hashlib
import secrets
import sys

from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ctpn import command
from ctpn.errors import CtpnError
from ctpn.serve.database import ApiKey, connect, now
from ctpn.serve.options import add_storage, storage

PREFIX = "ctpn_"  # by which those who look for leaked secrets know it


def digest(key: str) -> str:
    """What is stored of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def add(engine: Engine, name: str) -> str:
    """A new key for a name.

    Raises:
        CtpnError: the name has one, or is empty or longer than 100 characters.
    """
    if not name.isprintable() or not 1 <= len(name) <= 100:
        raise CtpnError(f"expected a name of 1 to 100 printable characters, got {name[:120]!r}")
    key = PREFIX + secrets.token_urlsafe(32)
    try:
        with Session(engine) as session, session.begin():
            session.add(ApiKey(name=name, digest=digest(key), created=now()))
    except IntegrityError:
        raise CtpnError(f"{name}: has had a key already; take another name") from None
    return key


def revoke(engine: Engine, name: str) -> None:
    """Refuse a name's key from now on.

    Raises:
        CtpnError: the name has no key.
    """
    with Session(engine) as session, session.begin():
        found = session.get(ApiKey, name)
        if found is None:
            raise CtpnError(f"{name}: no such key; python -m ctpn.serve.keys list shows all")
        found.revoked = found.revoked or now()


def listed(engine: Engine) -> list[ApiKey]:
    """All keys by name."""
    with Session(engine, expire_on_commit=False) as session:
        return list(session.scalars(select(ApiKey).order_by(ApiKey.name)))


def valid(engine: Engine) -> dict[str, str]:
    """The names of the keys that are not revoked, by digest."""
    return {key.digest: key.name for key in listed(engine) if key.revoked is None}


def _done(engine: Engine, what: str, name: str) -> str:
    if what == "add":
        return add(engine, name)
    if what == "revoke":
        revoke(engine, name)
        return f"{name}: revoked"
    return "\n".join(f"{k.name}\t{k.created}\t{'revoked ' + k.revoked if k.revoked else 'valid'}" for k in listed(engine))


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 done, 1 failed; usage errors exit 2."""
    parser = command.parser("ctpn.serve.keys", __doc__)
    parser.add_argument("what", choices=["add", "list", "revoke"])
    parser.add_argument("name", nargs="?", help="whose key it is")
    add_storage(parser)
    args = parser.parse_args(argv)
    if (args.what == "list") != (args.name is None):
        parser.error(f"expected {'no name' if args.what == 'list' else 'a name'} after {args.what}")

    def done() -> str:
        engine = connect(storage(args).url)
        try:
            return _done(engine, args.what, args.name)
        finally:
            engine.dispose()

    return command.run("ctpn.serve.keys", done)


if __name__ == "__main__":
    sys.exit(main())
