"""Publish a bundle, so that apps can fetch it: python -m ctpn.serve.publish out/bundle

It is verified and copied into the service's folder; a service that runs has it at once. A signed bundle is published as the release
in its signature, which is checked with --public-key; another as the next number. What has been published is never changed: a
correction is a new release.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ctpn import command
from ctpn.serve.bundles import publish
from ctpn.serve.options import add_storage, storage


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 published, 1 failed; usage errors exit 2."""
    parser = command.parser("ctpn.serve.publish", __doc__)
    parser.add_argument("bundle", type=Path, help="folder written by python -m export.bundle")
    add_storage(parser)
    args = parser.parse_args(argv)

    def done() -> str:
        settings = storage(args)
        found = publish(args.bundle, settings.bundles, settings.trust)
        return f"{found.folder}: release {found.release}, {found.bytes / 1e6:.2f} MB, {', '.join(found.formats)}"

    return command.run("ctpn.serve.publish", done)


if __name__ == "__main__":
    sys.exit(main())
