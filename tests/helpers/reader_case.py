"""What Kotlin's reader must read: bundles, photos as PNG, and Python's lines: python -m tests.helpers.reader_case FOLDER"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ctpn.contract.bundle import open_bundle
from ctpn.imaging.decode import open_image
from ctpn.page import TextLine
from ctpn.reader import WEIGHTS, TextReader
from export.bundle import self_test, write
from tests.helpers.bundle_formats import with_all_formats

EXAMPLES = Path(__file__).parents[2] / "examples"


def photos() -> dict[str, tuple[Any, Any]]:
    """Name: photo and regions. The samples, and what makes the reader take its other branches: rotated pages, a long image,
    marks; blurred, lines that only their texts confirm, or do not."""
    samples = {file.stem: open_image(file) for file in sorted(EXAMPLES.glob("*.jpg"))}
    waybill = samples["waybill"]
    fields = [f["rectangle"] for f in json.loads((EXAMPLES / "waybill.json").read_text(encoding="utf-8"))]
    quad = [[60, 300], [340, 310], [335, 385], [50, 375]]
    line = waybill[575:670]
    found: dict[str, tuple[Any, Any]] = {name: (rgb, None) for name, rgb in samples.items()}
    return found | {
        "fields": (waybill, [*fields, quad]),
        "upside down": (waybill[::-1, ::-1], None),
        "on its side": (np.rot90(waybill[300:700]), None),
        "long": (np.concatenate([line] * 4, 1), None),
        "tall": (np.concatenate([waybill[:, 130:400]] * 3), None),
        "large": (cv2.resize(samples["receipt"], None, fx=2.3, fy=2.3, interpolation=cv2.INTER_CUBIC), None),
        "blurred": (cv2.GaussianBlur(samples["form"], (0, 0), 3), None),
        "tiny": (waybill[320:326, 60:63], None),
        "blank": (np.full((300, 500, 3), 255, np.uint8), [[10, 10, 200, 40]]),
    }


def plain(line: TextLine) -> dict[str, Any]:
    """A line as JSON."""
    return {
        "quad": [float(v) for v in line.quad.ravel()],
        "score": line.score,
        "text": line.text,
        "text_score": line.text_score,
        "region": line.region,
    }


def make(folder: Path) -> None:
    """Fill a folder: bundle/, bundle-all-formats/, mobile.onnx, a PNG of each photo, lines.json."""
    write(folder / "bundle", ["onnx"])
    shutil.rmtree(folder / "bundle-all-formats", ignore_errors=True)
    with_all_formats(folder / "bundle", folder / "bundle-all-formats")
    self_test(open_bundle(folder / "bundle-all-formats"))
    shutil.copyfile(WEIGHTS / "mobile.onnx", folder / "mobile.onnx")
    reader, exact = TextReader(folder / "bundle", threads=1), TextReader(detector=WEIGHTS / "mobile.onnx", threads=1)
    cases = []
    for name, (rgb, regions) in photos().items():
        rgb = np.ascontiguousarray(rgb)
        cv2.imwrite(str(folder / f"{name}.png"), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
        lines = [plain(line) for line in reader.read(rgb, regions)]
        detected = [plain(line) for line in exact.detect(rgb, regions)]
        cases.append({"photo": name, "regions": regions, "lines": lines, "float": detected})
    (folder / "lines.json").write_text(json.dumps(cases, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
