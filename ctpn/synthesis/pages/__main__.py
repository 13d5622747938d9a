"""Write synthetic pages to disk: python -m ctpn.synthesis.pages --out .cache/synth --count 4000 --seed 1"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm  # type: ignore[import-untyped]

from ctpn.annotations.formats import TextAnnotation, read_icdar, read_set
from ctpn.annotations.merge_words import merge_words
from ctpn.annotations.split import is_validation
from ctpn.errors import CtpnError
from ctpn.files import write
from ctpn.synthesis.fonts import fonts
from ctpn.synthesis.pages import GENERATORS, KINDS, page, signs_on_photo
from ctpn.synthesis.pages.photo import photograph
from ctpn.synthesis.pages.types import Pixels
from ctpn.synthesis.pages.waybills import thermal

EXAMPLES = {"waybill": 16, "receipt": 11, "form": 2, "sign": 31}  # kind: seed
EXAMPLE_SIDE = 1100


def main(argv: list[str] | None = None) -> int:
    """Exit code 0 when all pages are there, 1 when fonts are missing or the disk refuses."""
    args = _parser().parse_args(argv)
    cv2.setNumThreads(1)
    try:
        if args.examples:
            examples(args.examples)
        photos = [p for p in read_set(args.photos) if not is_validation(p[0].stem)] if args.photos else []
        for i in tqdm(range(args.count if args.out else 0), desc="pages", file=sys.stderr, mininterval=5):
            _one(args, args.seed + i, photos)
    except (CtpnError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(args.out or args.examples)
    return 0


def _one(args: argparse.Namespace, seed: int, photos: list[tuple[Path, Path]]) -> None:
    """Page `seed` as images/NAME.jpg and gt/gt_NAME.txt; existing files are kept. The picture is written last, so
    that no picture is without its annotations."""
    name = f"{'photo' if photos else args.kind or 'page'}_{seed:07d}"
    image, gt = args.out / "images" / f"{name}.jpg", args.out / "gt" / f"gt_{name}.txt"
    if image.exists() and gt.exists():
        return
    if photos:
        rgb, annotations = _on_photo(photos[seed % len(photos)], seed, heldout=args.heldout)
    else:
        rgb, annotations = page(seed, args.kind, heldout=args.heldout)
    write(gt, "".join(f"{icdar(r)}\n" for r in annotations).encode())
    write(image, jpeg(rgb, 90))


def _on_photo(photo: tuple[Path, Path], seed: int, *, heldout: bool) -> tuple[Pixels, list[TextAnnotation]]:
    bgr = cv2.imread(str(photo[0]), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    annotations = merge_words(read_icdar(photo[1]))
    return signs_on_photo(seed, cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), annotations, heldout=heldout)


def examples(out: Path) -> None:
    """The sample pictures of the repository, with held-out fonts: typical pages chosen by eye, scaled to a long side of
    EXAMPLE_SIDE pixels. waybill.json has the regions that a user would mark on the waybill, and their texts."""
    for kind, seed in EXAMPLES.items():
        rng = np.random.default_rng(seed)
        canvas = (thermal if kind == "waybill" else GENERATORS[kind])(rng, fonts(heldout=True))
        rgb, annotations = canvas.rgb, canvas.annotations
        if kind != "sign":
            rgb, annotations = photograph(rgb, annotations, rng, strength=0.45)
        scale = EXAMPLE_SIDE / max(rgb.shape[:2])
        rgb = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        write(out / f"{kind}.jpg", jpeg(rgb, 80))
        if kind == "waybill":
            fields = marked([TextAnnotation(r.quad * scale, r.text) for r in annotations])
            text = ",\n ".join(json.dumps(f, ensure_ascii=False) for f in fields)
            write(out / "waybill.json", f"[\n {text}\n]\n".encode())


def marked(annotations: list[TextAnnotation]) -> list[dict[str, object]]:
    """The fields of a thermal waybill as a user of the app marks them: name, rectangle x, y, width, height in pixels, a
    little larger than the text, and the lines in it."""
    texts = [r.text for r in annotations]
    sender = texts.index("寄")
    receiver = texts.index("收")
    goods = next(i for i, t in enumerate(texts) if t.startswith("物品"))
    spans = {
        "route": [next(i for i, t in enumerate(texts) if re.fullmatch(r"\d{3}[- ][A-Z]\d{3}(-\d\d)?", t))],
        "recipient address": range(receiver + 3, sender),
        "sender address": range(sender + 3, goods),
        "number": [next(i for i, t in enumerate(texts) if re.fullmatch(r"[A-Z]{0,2}[\d ]{10,}", t))],
        "date and time": [next(i for i, t in enumerate(texts) if re.search(r"\d\d:\d\d:\d\d$", t))],
    }
    return [_mark(name, [annotations[i] for i in span]) for name, span in spans.items()]


def _mark(name: str, lines: list[TextAnnotation]) -> dict[str, object]:
    corners = np.concatenate([r.quad for r in lines])
    padding = np.array([0.35, 0.15]) * float(np.mean([np.linalg.norm(r.quad[3] - r.quad[0]) for r in lines]))
    x, y = np.floor(corners.min(0) - padding)
    w, h = np.ceil(corners.max(0) + padding) - [x, y]
    return {"name": name, "rectangle": [int(x), int(y), int(w), int(h)], "lines": [r.text for r in lines]}


def icdar(annotation: TextAnnotation) -> str:
    """The line x1,y1,...,x4,y4,transcript, corners in integer pixels, as in the public sets."""
    return ",".join([*(str(int(v)) for v in np.floor(annotation.quad + 0.5).ravel()), annotation.text])


def jpeg(rgb: Pixels, quality: int) -> bytes:
    """The file of a picture uint8 RGB [H, W, 3]."""
    _, data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ctpn.synthesis.pages", description="Write synthetic pages to train on.")
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--out", type=Path, help="folder to fill with images/ and gt/")
    place.add_argument("--examples", type=Path, help="folder for the sample pictures of the repository; nothing else")
    parser.add_argument("--count", type=int, default=100, help="how many pages, default 100")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first page, default 1")
    parser.add_argument("--kind", choices=KINDS, help="only this kind, default all")
    parser.add_argument("--photos", type=Path, help="put signs into the training part of this set of photos (words are merged to lines)")
    parser.add_argument("--heldout", action="store_true", help="only fonts that are held out from training")
    return parser


if __name__ == "__main__":
    sys.exit(main())
