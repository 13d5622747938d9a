"""Find and read the text lines of photos.

  python -m ctpn photo.jpg                          lines in pixels of the upright photo, and their texts
  python -m ctpn photo.jpg --region 40,60,500,120   only what is in a marked region (may be repeated)
  python -m ctpn photos/ --jobs 2 --json > all.jsonl    a folder, in two processes, one JSON object per image
  python -m ctpn photo.jpg --overlay seen.png       a picture of what was found
  python -m ctpn *.jpg --format hocr > all.html     hOCR; csv for a table
  cat photo.jpg | python -m ctpn -                  from stdin

Warnings and errors go to stderr, one line each. Exit code: 0 all read, 1 an image failed, 2 wrong usage. docs/output.md describes
the formats.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ctpn.batch.bulk import ReadOptions
from ctpn.batch.pool import Item, Outcome, outcomes
from ctpn.contract.signature import Trust
from ctpn.errors import CtpnError
from ctpn.layout.regions import Region, parse_region
from ctpn.output.csv import csv_header, to_csv
from ctpn.output.hocr import to_hocr
from ctpn.output.json import error_to_json, to_json
from ctpn.output.record import PageRecord, page_record
from ctpn.output.text import to_text
from ctpn.runtime.onnx_runtime import MAX_THREADS
from ctpn.runtime.sums import missing_sum

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
STDIN = "-"


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


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser("python -m ctpn", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="JPEG, PNG, WebP, TIFF or BMP, a folder of them, or - for stdin")
    parser.add_argument(
        "--region", type=_region, action="append", metavar="x,y,w,h", help="a region in pixels, or four corners; may be repeated"
    )
    parser.add_argument("--no-text", action="store_true", help="find the lines, do not read them")
    parser.add_argument(
        "--format", choices=["text", "json", "csv", "hocr"], default="text", help="format of the output (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")
    parser.add_argument("--overlay", type=Path, metavar="OUT", help="write a picture of the lines; a folder for several images")
    models = parser.add_mutually_exclusive_group()
    models.add_argument("--bundle", type=Path, metavar="DIR", help="models written by export.bundle (default: the shipped ones)")
    models.add_argument("--model", type=Path, metavar="FILE", help="a detector written by export.onnx, instead of the shipped one")
    parser.add_argument(
        "--public-key", type=Path, action="append", metavar="PEM", help="take only a bundle that this key signed; may be repeated"
    )
    parser.add_argument("--min-release", type=int, default=0, metavar="N", help="refuse a signed bundle that is older than release N")
    parser.add_argument("--jobs", type=_count, default=1, metavar="N", help="number of processes; each reads whole images (default: 1)")
    parser.add_argument(
        "--threads", type=_threads, default=0, help="threads for each image (default: chosen by the runtime; 1 with --jobs)"
    )
    return parser.parse_args(argv)


def _files(names: list[str]) -> list[str]:
    """The given files, with each folder replaced by its pictures; a folder without one is an error."""
    files: list[str] = []
    for name in names:
        if not Path(name).is_dir():
            files.append(name)
            continue
        found = sorted(str(p) for p in Path(name).iterdir() if p.suffix.lower() in PICTURES and not p.name.startswith("."))
        if not found:
            raise CtpnError(f"{name}: no picture in this folder; expected {', '.join(PICTURES)}")
        files += found
    return files


def _items(args: argparse.Namespace) -> list[Item]:
    """The images to read, and where their overlays go: never over one of the images."""
    files = _files(args.images)
    several = len(files) > 1 or Path(args.images[0]).is_dir()
    inputs = {os.path.realpath(file): file for file in files}
    items = []
    for file in files:
        overlay: Path | None = args.overlay
        if overlay and several:
            overlay = overlay / f"{'stdin' if file == STDIN else Path(file).stem}.png"
        if overlay and os.path.realpath(overlay) in inputs:
            raise CtpnError(f"--overlay {args.overlay}: would write over the photo {inputs[os.path.realpath(overlay)]}; give another place")
        items.append(Item(file, _stdin() if file == STDIN else Path(file), overlay))
    return items


def _stdin() -> bytes:
    if sys.stdin is None:  # it was closed by whoever started us
        raise CtpnError("-: stdin is closed; give it a file's bytes, as in: cat photo.jpg | python -m ctpn -")
    return sys.stdin.buffer.read()


def run(args: argparse.Namespace) -> int:
    """Read all images; one that fails is reported and the rest go on."""
    items = _items(args)
    options = ReadOptions(
        args.bundle,
        args.model,
        args.threads or (1 if args.jobs > 1 else 0),
        tuple(args.region) if args.region else None,
        not args.no_text,
        Trust.of(args.public_key, args.min_release) if args.public_key else None,
    )
    failed, pages = 0, list[PageRecord | None]()
    for i, outcome in enumerate(outcomes(items, options, args.jobs)):
        _progress(i + 1, len(items))
        record = _reported(outcome)
        failed += record is None
        if args.format == "csv" and i == 0:
            sys.stdout.write(csv_header())
        if args.format == "hocr":
            pages.append(record)
        elif record is not None:
            sys.stdout.write({"text": to_text, "json": to_json, "csv": to_csv}[args.format](record))
        elif args.format == "json":
            sys.stdout.write(error_to_json(outcome.name, outcome.error))
    if args.format == "hocr":
        sys.stdout.write(to_hocr(pages))
    if args.model and failed < len(items) and (message := missing_sum(args.model)):
        print(f"ctpn: warning: {message}", file=sys.stderr)
    return 1 if failed else 0


def _reported(outcome: Outcome) -> PageRecord | None:
    """What is written of an image, None if it failed; its warnings, or the error, go to stderr."""
    if outcome.page is None:
        print(f"ctpn: {outcome.error}", file=sys.stderr)
        return None
    for warning in outcome.page.warnings:
        print(f"ctpn: {outcome.name}: warning: {warning.message}", file=sys.stderr)
    return page_record(outcome.name, outcome.page)


def _progress(done: int, count: int) -> None:
    """A counter on a terminal that does not also show the results."""
    if count > 1 and sys.stderr.isatty() and not sys.stdout.isatty():
        print(f"\r{done} of {count} images", end="\n" if done == count else "", file=sys.stderr, flush=True)


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 all read, 1 an image failed; usage errors exit 2."""
    args = parse(argv)
    try:
        return run(args)
    except CtpnError as e:  # the model itself, an empty folder, an overlay over a photo
        print(f"ctpn: {e}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
