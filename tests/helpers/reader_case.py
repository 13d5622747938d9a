"""What Kotlin's and Swift's readers must read: bundles, photos, and Python's lines: python -m tests.helpers.reader_case FOLDER

A photo is there as PNG and, for tests without a decoder, as PPM (P6: its size in a line of text, then the bytes of RGB).
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from contract.generator.encoding import plain as written
from ctpn.contract.bundle import open_bundle
from ctpn.contract.manifest import MANIFEST
from ctpn.contract.signature import SIGNATURE
from ctpn.contract.spec import MOBILE
from ctpn.errors import CtpnError
from ctpn.imaging.decode import open_image
from ctpn.imaging.tiling import tiles
from ctpn.page import TextLine
from ctpn.reader import WEIGHTS, TextReader
from export.bundle import self_test, write
from export.coreml.fixed_size import cut_map, function_width, pad_picture, untiled
from export.sign import public_pem, signature
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


def write_photo(file: Path, rgb: Any) -> None:
    """RGB as PNG, and beside it as PPM."""
    cv2.imwrite(str(file), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    file.with_suffix(".ppm").write_bytes(f"P6 {rgb.shape[1]} {rgb.shape[0]} 255\n".encode() + rgb.tobytes())


def model_values(reader: TextReader) -> dict[str, Any]:
    """What both models give for pixels made by arithmetic: their inputs' shapes, and outputs with shapes and values."""
    detector, recognizer = reader.detector, reader.recognizer
    photo, crops = pattern(1, 96, 160), pattern(2, recognizer.spec.height, 64)
    return {
        "detector": {"shape": photo.shape, "outputs": {name: tensor(map[None]) for name, map in detector.maps(photo[0]).items()}},
        "recognizer": {"shape": crops.shape, "outputs": {"logits": tensor(recognizer.logits(crops))}},
    }


def pattern(count: int, height: int, width: int) -> Any:
    """uint8 [count, height, width, 3] that any language can make."""
    n, y, x, c = np.mgrid[:count, :height, :width, :3]
    return ((n * 17 + y * 13 + x * 7 + c * 29) % 251).astype(np.uint8)


def fixed_size_cases() -> dict[str, Any]:
    """What export/coreml/fixed_size.py does, written as the golden vectors are."""
    rng = np.random.default_rng(5)
    cases: list[dict[str, Any]] = []

    def case(stage: str, run: Any, **inputs: Any) -> None:
        try:
            out = run(**inputs)
        except CtpnError as e:
            out = {"error": str(e)}
        cases.append({"stage": stage, "name": str(len(cases)), "in": written(inputs), "out": written(out)})

    def pad(image: Any, width: int, height: int, grey: int) -> Any:
        return {"image": pad_picture(image, (height, width), grey)}

    def cut(map: Any, name: str, height: int, width: int) -> Any:
        return {"map": cut_map(map, height, width, name, MOBILE)}

    for (h, w), (height, width) in {(2, 3): (4, 5), (4, 5): (4, 5), (1, 5): (4, 5), (3, 1): (3, 2), (5, 3): (4, 5), (3, 6): (4, 5)}.items():
        case("pad", pad, image=rng.integers(0, 256, (h, w, 3), np.uint8), width=width, height=height, grey=127)
    for height, width in ((96, 160), (64, 160), (96, 32), (32, 32)):
        for name in ("score", "direction"):  # whose cells are of two sizes
            case("cut", cut, map=rng.random((12, 10, 2)).astype(np.float32), name=name, height=height, width=width)
    for width in (1, 32, 160, 161, 640, 1280, 1281):
        case("width", lambda width, widths: {"width": function_width(width, widths)}, width=width, widths=[160, 320, 640, 1280])
    for length in (960, 992, 1440, 1472, 3000):
        case("tiles", lambda length: {"places": [list(p) for p in tiles(length, untiled(MOBILE))]}, length=length)
    return {"about": "graphs of one size", "tolerance": {}, "cases": cases}


def tensor(values: Any) -> dict[str, Any]:
    """An array as JSON."""
    return {"shape": values.shape, "f32": [float(v) for v in values.ravel()]}


def write_signature(folder: Path) -> None:
    """The bundle's signature as release 7, beside it so that it can be opened without, and the public key."""
    key = derive_private_key(7, SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    manifest = (folder / "bundle" / MANIFEST).read_bytes()
    (folder / SIGNATURE).write_bytes(signature(manifest, key, 7, "2100-01-01T00:00:00Z"))
    (folder / "key.pub.pem").write_text(public_pem(key), encoding="ascii")


def make(folder: Path) -> None:
    """Fill a folder: bundle/, its signature.json with key.pub.pem, bundle-all-formats/, mobile.onnx, a PNG and a PPM of each photo,
    lines.json, models.json, fixed_size.json, golden.ppm."""
    write(folder / "bundle", ["onnx"])
    write_signature(folder)
    shutil.rmtree(folder / "bundle-all-formats", ignore_errors=True)
    with_all_formats(folder / "bundle", folder / "bundle-all-formats")
    self_test(open_bundle(folder / "bundle-all-formats"))
    shutil.copyfile(WEIGHTS / "mobile.onnx", folder / "mobile.onnx")
    reader, exact = TextReader(folder / "bundle", threads=1), TextReader(detector=WEIGHTS / "mobile.onnx", threads=1)
    cases = []
    for name, (rgb, regions) in photos().items():
        rgb = np.ascontiguousarray(rgb)
        write_photo(folder / f"{name}.png", rgb)
        lines = [plain(line) for line in reader.read(rgb, regions)]
        detected = [plain(line) for line in exact.detect(rgb, regions)]
        cases.append({"photo": name, "regions": regions, "lines": lines, "float": detected})
    write_photo(folder / "golden.png", open_image(folder / "bundle" / "golden.png"))
    (folder / "fixed_size.json").write_text(json.dumps(fixed_size_cases()), encoding="utf-8")
    (folder / "models.json").write_text(json.dumps(model_values(reader)), encoding="utf-8")
    (folder / "lines.json").write_text(json.dumps(cases, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
