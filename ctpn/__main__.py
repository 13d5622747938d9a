"""Find and read the text lines of photos.

  python -m ctpn photo.jpg                          lines in pixels of the upright photo, and what they say
  python -m ctpn photo.jpg --region 40,60,500,120   only what lies in a marked region (may be repeated)
  python -m ctpn photos/ --jobs 2 --json > all.jsonl    a folder, in two processes, one JSON object an image
  python -m ctpn photo.jpg --overlay seen.png       a picture of what was found
  python -m ctpn *.jpg --format hocr > all.html     hOCR; csv for a table

Exit code: 0 all read, 1 an image failed, 2 wrong usage. docs/output.md describes the forms of output.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ctpn.batch.pool import Job, results
from ctpn.errors import CtpnError
from ctpn.layout.regions import Region
from ctpn.output.formats import as_csv, as_hocr, as_json, as_text

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


def _region(text: str) -> Region:
    try:
        values = [float(v) for v in text.split(",")]
    except ValueError:
        values = []
    if len(values) == 4:
        return (values[0], values[1], values[2], values[3])
    if len(values) == 8:
        return [values[i : i + 2] for i in range(0, 8, 2)]
    raise argparse.ArgumentTypeError(f"expected x,y,w,h or four corners x,y in pixels, got {text!r}")


def _count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError(f"expected a number from 1 to 256, got {text!r}")
    return int(text)


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser("python -m ctpn", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="JPEG, PNG, WebP, TIFF or BMP, or a folder of them")
    parser.add_argument("--region", type=_region, action="append", metavar="x,y,w,h", help="pixels, or four corners; may be repeated")
    parser.add_argument("--no-text", action="store_true", help="find the lines, do not read them")
    parser.add_argument("--format", choices=["text", "json", "csv", "hocr"], default="text", help="of the output (default: %(default)s)")
    parser.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")
    parser.add_argument("--overlay", type=Path, metavar="OUT", help="write a picture of the lines; a folder for several images")
    models = parser.add_mutually_exclusive_group()
    models.add_argument("--bundle", type=Path, metavar="DIR", help="models written by export.bundle (default: the shipped ones)")
    models.add_argument("--model", type=Path, metavar="FILE", help="another detector alone, written by export.onnx")
    parser.add_argument("--jobs", type=_count, default=1, metavar="N", help="processes, each with an image of its own (default: 1)")
    parser.add_argument("--threads", type=int, default=0, help="for one picture (default: as many as are useful; 1 with --jobs)")
    return parser.parse_args(argv)


def _files(names: list[str]) -> list[str]:
    """The pictures of folders in place of the folders; a folder without one is an error."""
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


def run(args: argparse.Namespace) -> int:
    """Read all images; one that fails is told and the rest go on."""
    files = _files(args.images)
    several = len(files) > 1 or Path(args.images[0]).is_dir()
    threads = args.threads or (1 if args.jobs > 1 else 0)
    job = Job(args.bundle or args.model, threads, args.region, not args.no_text, args.overlay, several)
    failed, kept = 0, []
    for i, result in enumerate(results(files, job, args.jobs)):
        _progress(i + 1, len(files))
        if "error" in result:
            failed += 1
            if args.format != "json":
                print(f"ctpn: {result['error']}", file=sys.stderr)
        if args.format == "hocr":
            kept.append(result)
        elif args.format == "csv":
            sys.stdout.write(as_csv(result, header=i == 0))
        else:
            sys.stdout.write(as_json(result) if args.format == "json" else as_text(result))
    if args.format == "hocr":
        sys.stdout.write(as_hocr(kept))
    return 1 if failed else 0


def _progress(done: int, count: int) -> None:
    """A counter where someone looks: a terminal that is not also taking the results."""
    if count > 1 and sys.stderr.isatty() and not sys.stdout.isatty():
        print(f"\r{done} of {count} images", end="\n" if done == count else "", file=sys.stderr, flush=True)


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 all read, 1 an image failed; usage errors exit 2."""
    args = parse(argv)
    try:
        return run(args)
    except CtpnError as e:  # the model itself, or an empty folder
        print(f"ctpn: {e}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
