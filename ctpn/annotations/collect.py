"""Make training sets out of photos without annotation files: python -m ctpn.annotations.collect --out DIR SOURCE …

A SOURCE is a list of file names (`../shared/data/coco_ccby/list_negative.txt`: these of the images beside it have no text), a folder
with images/ alone (none of them has text), or one with images/ and teacher/ (what another reader found, as annotation).
Images are linked, not copied; their names begin with the folder's, so that sets do not collide.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ctpn import command
from ctpn.annotations.formats import IMAGES
from ctpn.errors import CtpnError
from ctpn.files import write


def collect(sources: list[Path], out: Path) -> int:
    """Link the images of all sources into `out`/images and write their annotations to `out`/gt; returns their number.

    Raises:
        CtpnError: a source is neither a list nor a folder with images/, a listed image does not exist, two images would have one
            name, or a name is that of a file which is no link.
    """
    taken = dict[str, Path]()
    for source in sources:
        for image, annotation in _images(source):
            name = f"{image.parent.parent.name}_{image.stem}"
            link = out / "images" / f"{name}{image.suffix}"
            if taken.get(name, image) != image:
                raise CtpnError(f"{image}: would have the name {name} of {taken[name]}; rename the folder of one")
            if link.exists() and not link.is_symlink():
                raise CtpnError(f"{link}: is there, and no link of an earlier collection; give another --out")
            taken[name] = image
            write(out / "gt" / f"gt_{name}.txt", annotation)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(image.resolve())
    return len(taken)


def _images(source: Path) -> list[tuple[Path, str]]:
    """Each image of a source with its annotation, the text of an ICDAR file."""
    folder = (source.parent if source.is_file() else source) / "images"
    files = {p.name: p for p in sorted(folder.glob("*")) if p.suffix.lower() in IMAGES}
    if not files:
        raise CtpnError(f"{source}: expected a list beside images/, or a folder with images/; found no image in {folder}")
    if source.is_dir():
        teacher = source / "teacher"
        return [(p, (teacher / f"gt_{p.stem}.txt").read_text(encoding="utf-8") if teacher.is_dir() else "") for p in files.values()]
    by_stem = {p.stem: p for p in files.values()}
    names = source.read_text(encoding="utf-8").split()
    missing = [n for n in names if n not in files and n not in by_stem]
    if missing:
        raise CtpnError(f"{source}: {missing[0]}: no such image in {folder} ({len(missing)} of {len(names)} are missing)")
    return [(files.get(n) or by_stem[n], "") for n in names]


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 collected, 1 a source is not as expected; usage errors exit 2."""
    parser = command.parser("ctpn.annotations.collect", __doc__)
    parser.add_argument("sources", nargs="+", type=Path, metavar="SOURCE", help="list of images without text, or folder")
    parser.add_argument("--out", type=Path, required=True, help="folder to fill with images/ and gt/")
    args: argparse.Namespace = parser.parse_args(argv)
    return command.run("ctpn.annotations.collect", lambda: f"{args.out}: {collect(args.sources, args.out)} images")


if __name__ == "__main__":
    sys.exit(main())
