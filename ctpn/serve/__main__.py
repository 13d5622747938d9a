"""The apps' backend: reads photos, delivers signed models, collects phones' benchmarks.

  python -m ctpn.serve                                       on http://127.0.0.1:8000; its pages: /docs, /report
  curl -F photo=@photo.jpg -F region=40,60,500,120 localhost:8000/v1/read
  python -m ctpn.serve --workers 8 --database postgresql+psycopg://user:password@host/ctpn
  python -m ctpn.serve.publish out/bundle                    a bundle that apps can fetch from /v1/bundles
  python -m ctpn.serve.keys add warehouse                    an API key; --require-key refuses requests without one

Ctrl-C or SIGTERM ends it, after the photos that are being read. docs/backend.md describes it.
"""

from __future__ import annotations

import argparse
import signal
import sys
from dataclasses import replace
from pathlib import Path

from ctpn import command
from ctpn.errors import CtpnError
from ctpn.serve.options import add_storage, storage
from ctpn.serve.settings import Settings

DRAIN_TIME = 30  # seconds for the photos that are being read when the service is ended


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = command.parser("ctpn.serve", __doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0: every one (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="(default: %(default)s)")
    add_storage(parser)
    parser.add_argument("--bundle", type=Path, metavar="DIR", help="the models that read (default: the shipped ones)")
    for name, type, help in (
        ("workers", int, "processes that read, one thread each"),
        ("queue", int, "photos that may wait for one; the next is answered 503"),
        ("read-time", float, "seconds for reading a photo"),
        ("body-time", float, "seconds for a client to send its photo"),
        ("max-bytes", int, "of a photo's file"),
        ("rate", int, "requests a minute of each key or address; 0: no limit"),
    ):
        default = getattr(Settings, name.replace("-", "_"))
        parser.add_argument(f"--{name}", type=type, default=default, metavar="N", help=f"{help} (default: %(default)s)")
    command.add_max_pixels(parser)
    parser.add_argument("--require-key", action="store_true", help="refuse requests without an API key")
    parser.add_argument("--root-path", default="", help="where a proxy in front has put the service, such as /ocr")
    parser.add_argument(
        "--trusted-proxies", default="127.0.0.1", metavar="ADDRESSES", help="whose X-Forwarded-For is believed (default: %(default)s)"
    )
    args = parser.parse_args(argv)
    for name in ("workers", "max_bytes", "read_time", "body_time"):
        if not getattr(args, name) > 0:
            parser.error(f"--{name.replace('_', '-')}: expected a number above 0, got {getattr(args, name)}")
    return args


def settings(args: argparse.Namespace) -> Settings:
    """The settings that the arguments give."""
    own = ("bundle", "workers", "queue", "read_time", "body_time", "max_bytes", "max_pixels", "rate", "require_key")
    return replace(storage(args), **{name: getattr(args, name) for name in own})


def serve(args: argparse.Namespace) -> int:
    """Serve until a signal ends it; 0 ended in order, 1 could not start."""
    import resource

    import uvicorn

    from ctpn.serve.app import service
    from ctpn.serve.connections import PatientProtocol
    from ctpn.serve.logs import LOG, to_stderr

    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a connection is a file
    to_stderr()
    LOG.info("starting", extra={"fields": {"address": f"http://{args.host}:{args.port}", "data": str(args.data)}})
    server = uvicorn.Server(
        uvicorn.Config(
            service(settings(args)), args.host, args.port, http=PatientProtocol, ws="none", log_config=None, access_log=False,
            server_header=False, root_path=args.root_path, forwarded_allow_ips=args.trusted_proxies,
            timeout_graceful_shutdown=DRAIN_TIME, lifespan="on",
        )
    )  # fmt: skip
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: None)  # uvicorn has its own while it serves, and gives the signal again when it has drained
    server.run()
    return 0 if server.started else 1


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 ended in order, 1 failed; usage errors exit 2."""
    args = parse(argv)
    command.require("service", "fastapi", "uvicorn", "sqlalchemy", "alembic", "prometheus_client", "multipart", "matplotlib")
    try:
        return serve(args)
    except (CtpnError, OSError) as e:
        print(f"ctpn.serve: {e}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
