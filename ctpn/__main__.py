"""Find the text lines of photos.

  python -m ctpn photo.jpg                          lines in pixels of the upright photo
  python -m ctpn photo.jpg --region 40,60,500,120   only what lies in a marked region (may be repeated)
  python -m ctpn *.jpg --json > lines.jsonl         one JSON object an image
  python -m ctpn photo.jpg --overlay seen.png       a picture of what was found

Exit code: 0 all read, 1 an image failed, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn.draw import overlay
from ctpn.errors import CtpnError
from ctpn.image import open_image
from ctpn.reader import Region, TextLine, TextReader


def _region(text: str) -> Region:
    try:
        x, y, w, h = (float(v) for v in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected x,y,w,h in pixels, got {text!r}") from None
    return x, y, w, h


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser("python -m ctpn", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="JPEG, PNG, WebP, TIFF or BMP")
    parser.add_argument("--region", type=_region, action="append", metavar="x,y,w,h", help="rectangle in pixels; may be repeated")
    parser.add_argument("--json", action="store_true", help="one JSON object an image, one a line")
    parser.add_argument("--overlay", type=Path, metavar="OUT", help="write a picture of the lines; a folder for several images")
    parser.add_argument("--model", type=Path, metavar="FILE", help="a detector written by export.onnx (default: the shipped one)")
    parser.add_argument("--threads", type=int, default=0, help="for one picture (default: as many as are useful)")
    return parser.parse_args(argv)


def describe(name: str, rgb: NDArray[np.uint8], lines: list[TextLine]) -> dict[str, Any]:
    """The JSON object of one image."""
    return {
        "image": name, "width": rgb.shape[1], "height": rgb.shape[0],
        "lines": [
            {
                "quad": [[round(float(x), 1), round(float(y), 1)] for x, y in line.quad],
                "score": round(line.score, 4), "text": line.text, "text_score": line.text_score, "region": line.region,
            }
            for line in lines
        ],
    }  # fmt: skip


def _show(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
        return
    print(f"{result['image']}: {len(result['lines'])} lines, {result['width']} x {result['height']} pixels")
    for line in result["lines"]:
        corners = "  ".join(f"{x:.1f},{y:.1f}" for x, y in line["quad"])
        where = "" if line["region"] is None else f"  region {line['region']}"
        print(f"  {100 * line['score']:5.1f} %  {corners}{where}")


def _draw(rgb: NDArray[np.uint8], lines: list[TextLine], target: Path) -> None:
    """Write the overlay aside, then rename."""
    suffix = target.suffix or ".png"
    if not cv2.haveImageWriter("x" + suffix):
        raise CtpnError(f"{target}: expected a picture's name such as out.png, got {suffix!r}")
    _, data = cv2.imencode(suffix, cv2.cvtColor(overlay(rgb, lines), cv2.COLOR_RGB2BGR))
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    aside.write_bytes(data.tobytes())
    os.replace(aside, target)


def run(args: argparse.Namespace) -> int:
    """Read all images; one that fails is told and the rest go on."""
    reader = TextReader(args.model, threads=args.threads)
    failed = 0
    for name in args.images:
        try:
            rgb = open_image(name)
            lines = reader.detect(rgb, args.region)
            if args.overlay:
                several = len(args.images) > 1
                _draw(rgb, lines, args.overlay / f"{Path(name).stem}.png" if several else args.overlay)
            _show(describe(name, rgb, lines), args.json)
        except BrokenPipeError:
            raise
        except (CtpnError, OSError) as e:
            failed += 1
            if args.json:
                print(json.dumps({"image": name, "error": str(e)}, ensure_ascii=False))
            else:
                print(f"ctpn: {e}", file=sys.stderr)
    return 1 if failed else 0


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 all read, 1 an image failed; usage errors exit 2."""
    args = parse(argv)
    try:
        return run(args)
    except CtpnError as e:  # the model itself
        print(f"ctpn: {e}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
