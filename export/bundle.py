"""Write the folder that an app reads with, or verify one: python -m export.bundle --out DIR

Models, specs, charset, one golden case (photo, regions, the lines that are read there), and a manifest with the sha256 of
every file. Its models are the shipped ones of ctpn/weights. Their int8 ONNX files were verified when they were exported. Other
formats are exported and verified now, which takes minutes. The same input gives the same bytes. docs/bundle.md describes it.

  python -m export.bundle --out out/bundle      write one
  python -m export.bundle --out out/bundle --formats onnx torchscript executorch
  python -m export.bundle --check out/bundle    verify every byte, then read the golden case, with the Core ML packages too
  python -m export.bundle --check out/bundle --photos examples/*.jpg    and compare whole photos
  python -m export.bundle --android             into the Android app; --ios: into the iPhone app; --web: for a later one
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ctpn import command
from ctpn.contract.bundle import Bundle, GoldenCase, GoldenLine, Tolerance, open_bundle
from ctpn.contract.manifest import KIND, MANIFEST, SCHEMA
from ctpn.contract.spec import DetectorSpec, RecognizerSpec
from ctpn.errors import CtpnError
from ctpn.files import sha256
from ctpn.imaging.decode import open_image
from ctpn.layout.geometry import greedy_matching, ious
from ctpn.layout.regions import Rectangle
from ctpn.page import TextLine
from ctpn.reader import WEIGHTS, TextReader
from ctpn.version import __version__
from export import sign
from export.bundle_models import FORMATS, MODELS, Size, shipped, write_models
from export.coreml.fixed_size import FixedDetector
from export.options import size
from export.staging import files_of, staged_directory

ROOT = Path(__file__).parents[1]
CARDS = WEIGHTS  # JSON beside the shipped models
APPS = {
    "android": ROOT / "android-demo" / "app" / "src" / "main" / "assets" / "bundle",
    "ios": ROOT / "ios-demo" / "App" / "bundle",
    "web": ROOT / "web-demo" / "bundle",
}
PHOTO = ROOT / "examples" / "waybill.jpg"
TOOLS = {  # by format; the first ones read the golden case
    "": ("numpy", "onnxruntime", "opencv-python-headless"), "torchscript": ("torch",),
    "executorch": ("torch", "executorch"), "coreml": ("torch", "coremltools"),
}  # fmt: skip
# Of whole photos in float16: the hmean of their lines (IoU >= 0.5), and the fraction of equal texts among those that ONNX is confident of.
# All 144 lines of examples/ are the same, and 114 of 115 texts.
MIN_LINES, MIN_TEXTS, CONFIDENT = 0.98, 0.97, 0.7
# Pixels and probability; texts must be equal. The lines are int8's. ARM's int8 (emulated) is 0.33 pixels and 0.001 away from them, float32
# 0.81 pixels, float16 1.52 pixels; where a line's corners move by that much, the probability of its text moves by up to 0.07.
TOLERANCE = Tolerance(quad=2.0, score=0.1)


def build(folder: Path, formats: list[str], fixed: Size = (960, 960)) -> None:
    """Fill an empty folder.

    Args:
        formats: of the models; "onnx" is always among them, because the golden case is read with it.
        fixed: (H, W) of a detector of fixed size.

    Raises:
        CtpnError: a shipped model is missing or not the one whose accuracy is stored, an exported one differs, or nothing is
            read in the golden case.
    """
    measured = _measured()  # before anything that takes long
    models, parity = write_models(folder, formats, fixed)
    reader = TextReader(threads=1)
    specs: dict[str, DetectorSpec | RecognizerSpec] = {"detector": reader.detector.spec, "recognizer": reader.recognizer.spec}
    for part, spec in specs.items():
        (folder / f"{part}.spec.json").write_text(spec.to_json() + "\n", encoding="utf-8")
    (folder / "charset.txt").write_text(reader.recognizer.spec.charset, encoding="utf-8")
    _golden(folder, reader)
    manifest = {
        "schema": SCHEMA, "kind": KIND, "version": __version__, "models": models,
        "specs": {part: f"{part}.spec.json" for part in specs}, "charset": "charset.txt", "golden": "golden.json",
        "files": {f.relative_to(folder).as_posix(): {"bytes": f.stat().st_size, "sha256": sha256(f)} for f in files_of(folder)},
        "tools": {package: version(package) for name in ("", *formats) for package in TOOLS.get(name, ())},
        "measured": {**measured, "parity": parity},
        "cards": {part: _json(CARDS / f"{name}.json") for part, name in MODELS.items()},
    }  # fmt: skip
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def _json(file: Path) -> Any:
    if not file.is_file():
        raise CtpnError(f"{file}: missing; it belongs to the project's files, make it again with make ship")
    return json.loads(file.read_text(encoding="utf-8"))


def _measured() -> dict[str, Any]:
    """Accuracy of our int8 models, from their cards: `found` of the detector, `read` of both."""
    return {"found": _accuracy(MODELS["detector"])["found"], "read": _accuracy(MODELS["recognizer"])["read"]}


def _accuracy(model: str) -> dict[str, Any]:
    """`measured` of a model's card, which must be of the shipped files."""
    file = CARDS / f"{model}.json"
    measured: dict[str, Any] = _json(file).get("measured", {})
    digests, own = measured.get("sha256", {}), shipped(model).name
    if own not in digests or digests.items() - {(shipped(name).name, sha256(shipped(name))) for name in MODELS.values()}:
        raise CtpnError(f"{file}: measured with other models than the shipped ones; measure again with python -m benchmarks.card")
    return measured


def _golden(folder: Path, reader: TextReader) -> None:
    """The middle of the sample waybill, as PNG so that every device has the same pixels, and what is read in its fields.

    A field whose lines are other ones when its picture is padded, as for graphs of one size, is left out: it tells nothing of a device.
    """
    fields = _json(PHOTO.with_suffix(".json"))
    top, bottom = 240, 530
    rgb = open_image(PHOTO)[top:bottom]
    inside = [f["rectangle"] for f in fields if f["rectangle"][1] >= top and f["rectangle"][1] + f["rectangle"][3] <= bottom]
    regions = _steady([(x, y - top, w, h) for x, y, w, h in inside], rgb, reader)
    lines = reader.read(rgb, regions)
    if not lines or {line.region for line in lines if line.text} != set(range(len(regions))):
        raise CtpnError(f"{PHOTO}: nothing is read in one of its fields, so it is no golden case; the models do not read")
    (folder / "golden.png").write_bytes(
        cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes()
    )
    case = GoldenCase("golden.png", regions, TOLERANCE, [_line(line) for line in lines])
    (folder / "golden.json").write_text(json.dumps(asdict(case), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _steady(regions: list[Rectangle], rgb: NDArray[np.uint8], reader: TextReader) -> list[Rectangle]:
    """The regions whose texts a detector of one size reads too, one by one."""
    detector, spec = reader.detector, reader.detector.spec

    def run(pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        return {name: values[None] for name, values in detector.maps(pixels[0]).items()}

    padded = TextReader.of(FixedDetector(run, (spec.long_side, spec.long_side), spec), reader.recognizer)
    as_is, other = ([(line.region, line.text) for line in r.read(rgb, regions)] for r in (reader, padded))
    return [region for i, region in enumerate(regions) if [t for t in as_is if t[0] == i] == [t for t in other if t[0] == i]]


def _line(line: TextLine) -> GoldenLine:
    assert line.region is not None and line.text is not None  # it was read in regions
    quad = tuple((round(float(x), 2), round(float(y), 2)) for x, y in line.quad)
    return GoldenLine(line.region, quad, round(line.score, 4), line.text, round(float(line.text_score or 0), 4))


def self_test(bundle: Bundle, reader: TextReader | None = None) -> None:
    """Read the golden case.

    Args:
        reader: with the models to test; None: the bundle's own as ONNX.

    Raises:
        CtpnError: another number of lines, another text, or a quad or score beyond the case's tolerance.
    """
    case = bundle.golden()
    photo: NDArray[np.uint8] = open_image(bundle.folder / case.photo)
    got = [_line(line) for line in (reader or TextReader(bundle.folder, threads=1)).read(photo, case.regions)]
    if len(got) != len(case.lines):
        raise CtpnError(f"{bundle.folder}: golden case: expected {len(case.lines)} lines, got {len(got)}; write the bundle again")
    for expected, line in zip(case.lines, got, strict=True):
        distance = float(np.abs(np.array(expected.quad) - np.array(line.quad)).max())
        difference = max(abs(expected.score - line.score), abs(expected.text_score - line.text_score))
        same = expected.text == line.text and expected.region == line.region
        if not same or distance > case.tolerance.quad or difference > case.tolerance.score:
            raise CtpnError(f"{bundle.folder}: golden case: expected {expected}, got {line}; this device or runtime computes differently")


def core_ml_reader(bundle: Bundle) -> TextReader:
    """A reader with the bundle's Core ML packages, run by Core ML on a Mac, elsewhere by our evaluator of their programs.

    Raises:
        ModelError: the bundle does not have them.
    """
    from export.coreml.reading import open_detector, open_recognizer

    names = {part: next((n for n in formats if n.startswith("coreml")), "coreml") for part, formats in bundle.manifest.models.items()}
    return TextReader.of(
        open_detector(bundle.model("detector", names["detector"]), bundle.detector_spec),
        open_recognizer(bundle.model("recognizer", names["recognizer"]), bundle.recognizer_spec),
    )


def self_tests(bundle: Bundle) -> None:
    """Read the golden case with the ONNX models and, where there are some, with the Core ML packages; raises as `self_test`."""
    self_test(bundle)
    if any(name.startswith("coreml") for name in bundle.manifest.models["detector"]):
        self_test(bundle, core_ml_reader(bundle))  # float16 must keep the case too: an app reads it when it loads the models


def compare_photos(bundle: Bundle, photos: list[Path]) -> list[str]:
    """Read photos with the bundle's Core ML packages, and with the shipped float32 detector and the shipped recogniser as ONNX.

    Returns:
        A line about each photo.

    Raises:
        CtpnError: over all photos the lines agree by less than `MIN_LINES`, or fewer than `MIN_TEXTS` of the texts are the same.
    """
    ours = core_ml_reader(bundle)
    theirs = TextReader(detector=WEIGHTS / f"{MODELS['detector']}.onnx", threads=1)
    told, lines, matched, same, confident = [], 0, 0, 0, 0
    for photo in photos:
        rgb = open_image(photo)
        got, expected = ours.read(rgb), theirs.read(rgb)
        pairs = greedy_matching(ious([a.quad for a in got], [b.quad for b in expected]))
        equal = [got[i].text == expected[j].text for i, j in pairs if (expected[j].text_score or 0) >= CONFIDENT]
        lines, matched = lines + len(got) + len(expected), matched + 2 * len(pairs)
        same, confident = same + sum(equal), confident + len(equal)
        told.append(f"{photo}: {len(pairs)} of {len(expected)} lines, {len(got)} found; {sum(equal)} of {len(equal)} texts the same")
    if matched < MIN_LINES * lines or same < MIN_TEXTS * confident:
        raise CtpnError(
            "\n".join(
                [*told, f"expected {MIN_LINES} of the lines and {MIN_TEXTS} of the texts with the Core ML packages; export them again"]
            )
        )
    return told


def write(out: Path, formats: list[str], fixed: Size = (960, 960)) -> None:
    """Write a bundle into a staged directory, verify it, then replace the old one.

    Raises:
        CtpnError: as `build` and `self_tests`, `out` holds something that is no bundle, or the disk is full.
    """
    out = out.resolve()
    if out.exists() and not (out / MANIFEST).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise CtpnError(f"{out}: expected a new folder, an empty one or a bundle to replace; choose another --out")
    try:
        with staged_directory(out.parent) as staged:
            new = staged / out.name
            new.mkdir()
            build(new, formats, fixed)
            bundle = open_bundle(new)
            self_tests(bundle)
    except OSError as e:  # a full disk's error does not say where
        raise CtpnError(f"{out}: cannot be written ({e}); make room there, or choose another --out") from e


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = command.parser("export.bundle", __doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", type=Path, help="folder to write")
    where.add_argument("--check", type=Path, metavar="DIR", help="bundle to verify")
    for app, assets in APPS.items():
        where.add_argument(f"--{app}", action="store_const", const=assets, dest="out", help=f"write into {app}-demo")
    parser.add_argument("--photos", type=Path, nargs="+", default=[], help="with --check: photos to read with the Core ML packages too")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=["onnx"], help="formats of the models, beside onnx")
    parser.add_argument("--sign", type=Path, metavar="PEM", help="sign it with this private key (python -m export.sign), as --release")
    parser.add_argument("--release", type=sign.release_number, metavar="N", help="number of this release; higher than those before")
    parser.add_argument("--size", type=size, default=(960, 960), help="HxW of a detector of fixed size (default: 960x960)")
    args = parser.parse_args(argv)
    if args.photos and not args.check:
        parser.error("expected --photos with --check")
    if (args.sign is None) != (args.release is None):
        parser.error("expected --sign and --release together")
    return args


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 written or verified, 1 failed, 130 stopped by hand; usage errors exit 2."""
    args = parse(argv)

    def verified() -> str:
        if args.check:
            bundle = open_bundle(args.check)
            self_tests(bundle)
            for told in compare_photos(bundle, args.photos) if args.photos else ():
                print(told, file=sys.stderr)
        else:
            write(args.out, args.formats, args.size)
            if args.sign:
                sign.sign(args.out, args.sign, args.release, sign.DAYS)
        folder = args.check or args.out
        return f"{folder}: {sum(f.stat().st_size for f in files_of(folder)) / 1e6:.2f} MB, verified"

    return command.run("export.bundle", verified)


if __name__ == "__main__":
    sys.exit(main())
