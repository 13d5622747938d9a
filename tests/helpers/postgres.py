"""A PostgreSQL of one's own, from Debian's package, in a temporary folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def programs() -> Path | None:
    """The folder of the newest initdb and pg_ctl; None: PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda f: int(f.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def running() -> Iterator[str]:
    """SQLAlchemy's URL of a server that listens on a socket alone, and is removed afterwards."""
    folder = programs()
    assert folder is not None
    home = Path(tempfile.mkdtemp(prefix="pg-"))  # its path must be short: it holds the socket
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL does not run as root
        as_user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(home, "postgres")
    options = f"-c listen_addresses='' -c unix_socket_directories='{home}' -c fsync=off"

    def call(*command: str) -> None:
        subprocess.run([*as_user, *command], cwd=home, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    try:
        call(str(folder / "initdb"), "-D", str(home / "data"), "-U", "ctpn", "--auth=trust", "-E", "UTF8", "--no-sync")
        call(str(folder / "pg_ctl"), "-D", str(home / "data"), "-l", str(home / "log"), "-o", options, "-w", "start")
        try:
            yield f"postgresql+psycopg://ctpn@/postgres?host={home}"
        finally:
            call(str(folder / "pg_ctl"), "-D", str(home / "data"), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(home)
