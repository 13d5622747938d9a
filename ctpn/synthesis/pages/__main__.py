"""Write synthetic pages to disk: python -m ctpn.synthesis.pages --out .cache/pages --count 4000 --seed 1"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2

from ctpn import command
from ctpn.synthesis.fonts import SYSTEM_FONTS, fonts
from ctpn.synthesis.pages import KINDS, MIXED
from ctpn.synthesis.pages.files import PageSet, write_pages


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 all pages are there, 1 fonts are missing or the disk refuses; usage errors exit 2."""
    args = _parser().parse_args(argv)
    cv2.setNumThreads(1)

    def written() -> str:
        found = fonts(tuple(args.fonts or SYSTEM_FONTS), heldout=args.heldout)
        pages = PageSet([args.kind] if args.kind else MIXED, found, args.photos, args.heldout)
        write_pages(args.out, pages, range(args.seed, args.seed + args.count))
        return str(args.out)

    return command.run("ctpn.synthesis.pages", written)


def _parser() -> argparse.ArgumentParser:
    parser = command.parser("ctpn.synthesis.pages", "Write synthetic pages to train or test on.")
    parser.add_argument("--out", type=Path, required=True, help="folder to fill with images/ and gt/")
    parser.add_argument("--count", type=int, default=100, help="how many pages, default 100")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first page, default 1")
    parser.add_argument("--kind", choices=KINDS, help=f"only this kind (default: {', '.join(MIXED)})")
    parser.add_argument("--photos", type=Path, help="put signs into the training part of this set of photos (words are merged to lines)")
    parser.add_argument("--fonts", action="append", metavar="DIR", help=f"folder of fonts, may be repeated (default: {SYSTEM_FONTS[0]})")
    parser.add_argument("--heldout", action="store_true", help="only fonts that are held out from training")
    return parser


if __name__ == "__main__":
    sys.exit(main())
