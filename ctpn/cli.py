"""Find and read the text lines of photos.

  {ctpn} photo.jpg                              lines in pixels of the upright photo, and their texts
  {ctpn} photo.jpg --region 40,60,500,120       only what is in a marked region (may be repeated)
  {ctpn} photos/ --recursive --overlay seen/    a folder and those in it, and a picture of what was found in each photo
  {ctpn} photos/ --jobs 2 --json > all.jsonl    in two processes, one JSON object per image
  {ctpn} *.jpg --format hocr > all.html         hOCR; csv for a table
  curl -s URL | {ctpn} -                        from stdin

Which files of a folder are pictures is told by their content, not by their names; those that are passed over are listed at the end.
An overlay never replaces a photo. Output is UTF-8 on every system. Warnings and errors go to stderr, one line each. docs/output.md
describes the formats. Exit code: 0 all read, 1 an image failed (the others are in the output) or the output cannot be written,
2 wrong usage, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ctpn import loading
from ctpn.batch.bulk import ReadOptions
from ctpn.batch.inputs import find_inputs
from ctpn.batch.item import Item, Outcome
from ctpn.batch.overlays import overlay_files
from ctpn.batch.pages import Pages, with_pages
from ctpn.batch.pool import outcomes
from ctpn.command import add_max_pixels
from ctpn.contract.signature import Trust
from ctpn.errors import CtpnError
from ctpn.imaging.decode import silence_decoders
from ctpn.imaging.limits import Limits
from ctpn.layout.regions import Region, parse_region
from ctpn.loading import STOPPED
from ctpn.output.formats import Format, format_of
from ctpn.output.record import page_record
from ctpn.runtime.onnx_runtime import MAX_THREADS
from ctpn.runtime.sums import missing_sum
from ctpn.terminal import put, say, use_utf8

NAME = "ctpn"
NEGATIVE = re.compile(r"-[.0-9]")  # begins a region, and no option


def _region(text: str) -> Region:
    try:
        return parse_region(text)
    except CtpnError as e:
        raise argparse.ArgumentTypeError(str(e)) from None


def _count(text: str, least: int = 1) -> int:
    if not (text.isascii() and text.isdigit()) or not least <= int(text) <= MAX_THREADS:
        raise argparse.ArgumentTypeError(f"expected a number from {least} to {MAX_THREADS}, got {text!r}")
    return int(text)


def _threads(text: str) -> int:
    return _count(text, 0)


def _pages(text: str) -> Pages:
    try:
        return Pages.parse(text)
    except CtpnError as e:
        raise argparse.ArgumentTypeError(str(e)) from None


def _score(text: str) -> float:
    try:
        score = float(text)
    except ValueError:
        score = -1.0
    if not 0 <= score <= 1:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 1, got {text!r}")
    return score


def _joined(argv: Sequence[str]) -> list[str]:
    """The arguments with `--region -20,0,300,200` as `--region=-20,0,300,200`: argparse takes the former's region for an option."""
    joined: list[str] = []
    for argument in argv:
        option = joined[-1] if joined else ""
        if NEGATIVE.match(argument) and len(option) > 4 and "--region".startswith(option):
            joined[-1] = f"{option}={argument}"
        else:
            joined.append(argument)
    return joined


def _called() -> str:
    """The command as it was typed: `ctpn` where it is installed as a script."""
    return f"python -m {NAME}" if os.path.basename(sys.argv[0]) == "__main__.py" else NAME


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    described = (__doc__ or "").replace("{ctpn}", _called())
    parser = argparse.ArgumentParser(_called(), description=described, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "images", nargs="+", metavar="IMAGE", help="a picture or PDF (docs/inputs.md), a folder of them, a wildcard, or - for stdin"
    )
    parser.add_argument("--recursive", action="store_true", help="also the folders in a folder; links to folders are followed, each once")
    parser.add_argument(
        "--region", type=_region, action="append", metavar="x,y,w,h", help="a region in pixels, or four corners; may be repeated"
    )
    parser.add_argument(
        "--pages",
        type=_pages,
        metavar="all|N|N-M",
        help="pages of a TIFF or PDF, frames of an animation (default: the first)",
    )
    parser.add_argument(
        "--min-score", type=_score, default=0.0, metavar="P", help="drop lines whose text_score is lower, 0 to 1; a warning says how many"
    )
    parser.add_argument("--no-text", action="store_true", help="find the lines, do not read them")
    parser.add_argument(
        "--format", choices=["text", "json", "csv", "hocr"], default="text", help="format of the output (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")
    parser.add_argument(
        "--csv-safe", action="store_true", help="with --format csv, for spreadsheets: an apostrophe before texts that look like a formula"
    )
    parser.add_argument("--overlay", metavar="OUT", help="write a picture of the lines; a folder for several images")
    parser.add_argument("--strict", action="store_true", help="a picture that is damaged is an error, not a warning")
    add_max_pixels(parser)
    models = parser.add_mutually_exclusive_group()
    models.add_argument("--bundle", type=Path, metavar="DIR", help="models written by export.bundle (default: the shipped ones)")
    models.add_argument("--model", type=Path, metavar="FILE", help="a detector written by export.onnx, instead of the shipped one")
    parser.add_argument(
        "--public-key", type=Path, action="append", metavar="PEM", help="take only a bundle that this key signed; may be repeated"
    )
    parser.add_argument("--min-release", type=int, default=0, metavar="N", help="refuse a signed bundle that is older than release N")
    parser.add_argument("--jobs", type=_count, default=1, metavar="N", help="number of processes; each reads whole images (default: 1)")
    parser.add_argument(
        "--threads", type=_threads, default=0, metavar="N", help="for each image (default: chosen by the runtime; 1 with --jobs)"
    )
    args = parser.parse_intermixed_args(_joined(sys.argv[1:] if argv is None else argv))
    if args.csv_safe and args.format != "csv":
        parser.error(f"--csv-safe: expected --format csv beside it, got {args.format}")
    if args.overlay in ("", "-"):
        parser.error(f"--overlay: expected the name of a picture or of a folder, got {args.overlay!r}")
    if args.min_release and not args.public_key:
        parser.error("--min-release: expected --bundle and --public-key beside it, for only signed bundles have releases")
    if args.public_key and not args.bundle:
        parser.error("--public-key: expected --bundle beside it, for only bundles are signed")
    return args


def _items(args: argparse.Namespace) -> tuple[list[Item], list[str]]:
    """The images to read, and where their overlays go; and lines that say what was passed over."""
    inputs = find_inputs(args.images, recursive=args.recursive, limits=Limits(args.max_pixels))
    if args.pages:
        inputs.found = with_pages(inputs.found, args.pages, Limits(args.max_pixels))
    files: Sequence[Path | None] = [None] * len(inputs.found)
    if args.overlay:
        folder = len(inputs.found) > 1 or any(map(os.path.isdir, (args.images[0], args.overlay))) or args.overlay.endswith(("/", os.sep))
        files = overlay_files(inputs.found, Path(args.overlay), folder=folder)
    return [Item(i.name, i.source, file, i.error, i.page) for i, file in zip(inputs.found, files, strict=True)], inputs.report()


def run(args: argparse.Namespace) -> int:
    """Read all images; one that fails is reported and the rest go on."""
    items, passed_over = _items(args)
    options = ReadOptions(
        args.bundle,
        args.model,
        args.threads or (1 if args.jobs > 1 else 0),
        tuple(args.region) if args.region else None,
        not args.no_text,
        Trust.of(args.public_key, args.min_release) if args.public_key else None,
        args.max_pixels,
        args.strict,
    )
    form, done, failed = format_of(args.format, safe_csv=args.csv_safe), 0, 0
    try:
        found = outcomes(items, options, args.jobs)
        put(form.head)
        try:
            for outcome in found:
                text = _shown(_filtered(outcome, args.min_score), done, form)
                done += 1
                put(text)
                failed += bool(outcome.error)
                _progress(done, len(items))
        finally:
            put(form.end)  # what was read is a whole document, also where the rest is not read
    except KeyboardInterrupt:
        say(NAME, f"stopped; {done} of {len(items)} images were read")
        return STOPPED
    if args.model and failed < len(items) and (message := missing_sum(args.model)):
        say(NAME, f"warning: {message}")
    for line in passed_over:
        say(NAME, line)
    return 1 if failed else 0


def _filtered(outcome: Outcome, min_score: float) -> Outcome:
    return replace(outcome, page=outcome.page.with_min_score(min_score)) if outcome.page else outcome


def _shown(outcome: Outcome, number: int, form: Format) -> str:
    """What stdout gets of an image. Its warnings, and its error, go to stderr."""
    page = outcome.page  # one without lines is false
    for warning in () if page is None else page.warnings:
        say(NAME, f"{outcome.name}: warning: {warning.message}")
    if outcome.error:
        say(NAME, outcome.error)
    return form.failure(outcome.name, outcome.error) if page is None else form.page(number, page_record(outcome.name, page))


def _progress(done: int, count: int) -> None:
    """A counter on a terminal that does not also show the results."""
    if count > 1 and sys.stderr.isatty() and not sys.stdout.isatty():
        print(f"\r{done} of {count} images", end="\n" if done == count else "", file=sys.stderr, flush=True)


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 all read, 1 an image failed or stdout cannot be written, 130 stopped by hand; usage errors exit 2."""
    loading.end()
    try:
        use_utf8()
        args = parse(argv)
        silence_decoders()
        return run(args)
    except CtpnError as e:  # a model that cannot be loaded, an overlay over a photo, a full disk
        say(NAME, e)
        return 1
    except KeyboardInterrupt:
        say(NAME, "stopped; no image was read")
        return STOPPED
