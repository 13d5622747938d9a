"""The sample pictures of the repository: python -m ctpn.synthesis.pages.examples FOLDER"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import cv2
import numpy as np

from ctpn.annotations.formats import TextAnnotation
from ctpn.files import write
from ctpn.synthesis.fonts import fonts
from ctpn.synthesis.pages import GENERATORS
from ctpn.synthesis.pages.files import jpeg
from ctpn.synthesis.pages.photo import photograph
from ctpn.synthesis.pages.waybills import thermal

EXAMPLES = {"waybill": 16, "receipt": 11, "form": 2, "sign": 31}  # kind: seed
EXAMPLE_SIDE = 1100


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


if __name__ == "__main__":
    examples(Path(sys.argv[1]))
