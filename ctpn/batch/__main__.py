"""Read any number of photos into Parquet: python -m ctpn.batch photos/ --out lines.parquet

  python -m ctpn.batch photos/ --out lines.parquet --jobs 8       a folder with all folders in it, in 8 processes
  python -m ctpn.batch 'photos/2026-*.jpg' --out lines.parquet    a wildcard; list.txt for a list, a path or URL in each line
  python -m ctpn.batch s3://bucket/photos --out lines.parquet     any store that fsspec knows (pip install s3fs, gcsfs, …)
  python -m ctpn.batch photos/ --out lines.parquet --ray          by Ray Data on this machine; --ray ADDRESS: on a cluster

The output is a folder of Parquet files, a row for each photo; a photo that fails is a row with its error. The same command goes on
where it was stopped. docs/output.md has the columns. Exit code: 0 all read, 1 some failed or the reading could not go on, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from ctpn import command
from ctpn.batch.bulk import ReadOptions, reader_for
from ctpn.batch.pool import outcomes
from ctpn.contract.signature import Trust
from ctpn.errors import CtpnError
from ctpn.version import __version__

SECONDS = 10.0  # between two lines of progress where stderr is no terminal


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = command.parser("ctpn.batch", __doc__)
    parser.add_argument("source", metavar="SRC", help="folder, wildcard, list.txt, or a URL of one")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of Parquet files; one that was begun goes on")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes, one thread each (default: %(default)s)")
    parser.add_argument("--ray", nargs="?", const="local", metavar="ADDRESS", help="read by Ray Data, on this machine or on a cluster")
    parser.add_argument("--bundle", type=Path, metavar="DIR", help="models written by export.bundle (default: the shipped ones)")
    parser.add_argument("--public-key", type=Path, action="append", metavar="PEM", help="take only a bundle that this key signed")
    parser.add_argument("--no-text", action="store_true", help="find the lines, do not read them")
    parser.add_argument("--strict", action="store_true", help="a picture that is damaged is an error, not a warning")
    command.add_max_pixels(parser)
    args = parser.parse_args(argv)
    if args.jobs < 1:
        parser.error(f"--jobs: expected a number from 1, got {args.jobs}")
    return args


def read(args: argparse.Namespace) -> int:
    """Read what has no row yet; returns how many photos of all have failed.

    Raises:
        CtpnError: there are no photos, a model cannot be loaded, or the output is of another reading.
    """
    from ctpn.batch.parquet import Parts
    from ctpn.batch.sources import Items, photos

    trust = Trust.of(args.public_key) if args.public_key else None
    options = ReadOptions(args.bundle, threads=1, text=not args.no_text, trust=trust, max_pixels=args.max_pixels, strict=args.strict)
    names = photos(args.source)
    reader_for(
        options.bundle, options.detector, options.threads, options.trust, options.max_pixels
    )  # a bad model is reported before anything is written
    begun_with = {name: str(getattr(options, name)) for name in ("bundle", "text", "max_pixels", "strict")}
    parts = Parts(args.out, names, {"version": __version__, **begun_with})
    progress = _Progress(parts.done, len(names))
    rest = Items(names[parts.done :])
    try:
        if args.ray and len(rest):
            from ctpn.batch.ray_data import outcomes_by_ray

            found = outcomes_by_ray(rest, options, args.jobs, args.ray)
        else:
            found = outcomes(rest, options, args.jobs)
        for outcome in found if len(rest) else ():
            parts.add(outcome)
            progress.show(parts.done, parts.failed)
    finally:
        parts.close()
    progress.show(parts.done, parts.failed, last=True)
    return parts.failed


class _Progress:
    """Photos, photos a second and the time left on stderr: over and over on a terminal, a line now and then elsewhere."""

    def __init__(self, done: int, count: int) -> None:
        self._first, self._count, self._began = done, count, time.monotonic()
        self._shown = self._began
        if done:
            print(f"ctpn.batch: {done} of {count} photos have been read before", file=sys.stderr)

    def show(self, done: int, failed: int, *, last: bool = False) -> None:
        now, terminal = time.monotonic(), sys.stderr.isatty()
        if not last and now - self._shown < (0.2 if terminal else SECONDS):
            return
        self._shown = now
        rate = (done - self._first) / max(now - self._began, 1e-9)
        left = f", {_duration((self._count - done) / rate)} left" if rate and not last else ""
        text = f"ctpn.batch: {done} of {self._count} photos, {failed} failed, {rate:.1f} a second{left}"
        print(f"\r\x1b[K{text}" if terminal else text, end="\n" if last or not terminal else "", file=sys.stderr, flush=True)


def _duration(seconds: float) -> str:
    minutes, hours = seconds / 60, seconds / 3600
    return f"{seconds:.0f} s" if minutes < 2 else f"{minutes:.0f} min" if hours < 2 else f"{hours:.1f} h"


def main(argv: list[str] | None = None) -> int:
    """Exit code: see above; 130 stopped by hand."""
    args = parse(argv)
    command.require("ray" if args.ray else "batch", "pyarrow", "fsspec", *(["ray"] if args.ray else []))
    try:
        failed = read(args)
    except (CtpnError, OSError) as e:
        print(f"ctpn.batch: {e}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("ctpn.batch: stopped; the same command goes on from here", file=sys.stderr)
        return command.STOPPED
    print(args.out)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
