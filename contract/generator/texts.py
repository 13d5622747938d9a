"""Cases of logits, joined texts, specs and manifests."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.generator import ranges
from contract.generator.directions import direction_spec_cases
from contract.generator.pictures import noise
from contract.generator.stages import MOBILE, case
from ctpn.contract.spec import CLASSIC, CRNN, revise

Cases = list[dict[str, Any]]
CHARSET = "ab 字"


def path(classes: list[int], lead: float = 4.0) -> Any:
    """Logits whose best classes are these."""
    logits = np.random.default_rng(len(classes)).normal(0, 1, (len(classes), len(CHARSET) + 1)).round(3).astype(np.float32)
    logits[np.arange(len(classes)), classes] = np.float32(lead) + np.arange(len(classes), dtype=np.float32) % 3
    return logits


def greedy_cases() -> Cases:
    """CTC's best path."""
    ties, lost = path([1, 1, 2]), path([1, 0, 2])
    ties[:] = 1.5
    ties[2, 0] = 1
    lost[1, 3] = np.nan
    far = path([0, 4, 4, 0]) * np.float32(30)
    given = {
        "no steps": path([]),
        "all blank": path([0, 0, 0]),
        "one step": path([4]),
        "repeats are one": path([1, 1, 1, 0, 1, 2, 2]),
        "a blank between": path([1, 0, 1]),
        "spaces are characters": path([0, 1, 3, 3, 2, 0]),
        "equal classes": ties,
        "equal peaks": np.repeat(path([2]), 4, 0),
        "confident": far,
        "not confident": path([1, 0, 2, 4], 1.0),
        "long": path([0, 1, 1, 0, 4, 4, 2, 0, 0, 3, 3, 1, 2, 1, 0, 4]),
    }
    crop = np.full((32, 80, 3), 255, np.uint8)
    crop[8:24, 4:30] = crop[8:24, 44:76] = 0
    close = crop.copy()
    close[8:24, 30:44] = 0

    def f32(*values: float) -> NDArray[np.float32]:
        return np.array(values, np.float32)

    def i64(*values: int) -> NDArray[np.int64]:
        return np.array(values, np.int64)

    two: dict[str, Any] = {"split": [[0, 36], [36, 80]], "scores": [f32(0.9, 0.8), f32(0.5)], "steps": [i64(1, 5), i64(3)], "spec": {}}
    return [
        *(case("greedy", name, logits=logits, charset=CHARSET) for name, logits in given.items()),
        case("greedy", "no number", says="expected finite logits", logits=lost, charset=CHARSET),
        case("greedy", "another charset", says="expected 6 classes for this charset, got 5", logits=path([1]), charset="abcde"),
        case("join", "with a space", line_crop=crop, texts=["ab", "字"], **two),
        case("join", "without", line_crop=close, texts=["ab", "字"], **two),
        case("join", "a space already", line_crop=crop, texts=["a ", "字"], **two),
        case("join", "one part", line_crop=crop, texts=["ab"], **{k: v[:1] for k, v in two.items() if k != "spec"}, spec={}),
        case(
            "join",
            "nothing read",
            line_crop=noise(32, 80),
            texts=["", ""],
            split=two["split"],
            scores=[f32(), f32()],
            steps=[i64(), i64()],
            spec={},
        ),
    ]


def calibration_cases() -> Cases:
    """The probabilities of a text's characters to that of the whole text."""
    given = {
        "nothing read": [], "one character": [0.9], "certain": [1.0, 1.0, 1.0], "one poor character": [0.999, 0.6, 0.999, 0.998],
        "all poor": [0.5] * 12, "a long text": [0.995] * 60, "no chance": [1e-9, 0.3],
    }  # fmt: skip
    other = {"calibration": {"bias": 1.0, "errors": 0.5, "length": -0.25, "floor": 0.01}}
    steep = {"calibration": {"bias": -50.0, "errors": 20.0, "length": 20.0, "floor": 0.001}}
    return [
        *(case("text_probability", name, scores=np.array(scores, np.float32), spec={}) for name, scores in given.items()),
        *(
            case("text_probability", f"{name}, other numbers", scores=np.array(given[name], np.float32), spec=other)
            for name in ("one poor character", "all poor")
        ),
        *(
            case("text_probability", f"{name}, at the ends", scores=np.array(given[name], np.float32), spec=steep)
            for name in ("certain", "all poor")
        ),
    ]


def spec_cases() -> Cases:
    """Specs as they travel, and damaged ones."""
    digest = hashlib.sha256(CHARSET.encode()).hexdigest()
    tiny = {"name": "tiny", "charset": CHARSET, "charset_sha256": digest, "margin": [0.25, 0.125], "widths": [32, 64]}
    small = revise(CRNN, tiny).to_json()
    good = {"mobile": (MOBILE.to_json(), "detector"), "classic": (CLASSIC.to_json(), "detector"), "tiny": (small, "recognizer")}
    m, r = json.loads(MOBILE.to_json()), json.loads(small)

    def changed(spec: dict[str, Any], group: str = "", **values: Any) -> str:
        """The JSON with other values, of the spec itself or of one of its groups; without those that are "gone"."""
        new = {k: v for k, v in {**(spec[group] if group else spec), **values}.items() if v != "gone"}
        return json.dumps({**spec, group: new} if group else new, ensure_ascii=False, sort_keys=True)

    whole = {
        "whole numbers with a point": (changed(m, long_side=960.0, mean=[0, 0, 0]), "detector"),
        "another order": (json.dumps(dict(reversed(list(m.items())))), "detector"),
    }
    d, twice = "detector", MOBILE.to_json()[:-1] + ', "pad": 127}'
    bad = {
        "cut short": (MOBILE.to_json()[:60], d, "not JSON"),
        "a list": ("[1]", d, "expected a JSON object"),
        "empty": ("", d, "not JSON"),
        "a key twice": (twice, d, "duplicate key"),
        "a key twice in a group": (MOBILE.to_json().replace('"max_gap"', '"max_gap": 1, "max_gap"'), d, "duplicate key"),
        "NaN": (MOBILE.to_json().replace("0.55", "NaN"), d, "not JSON"),
        "another kind": (MOBILE.to_json(), "recognizer", "expected kind 'recognizer', got 'detector'"),
        "no kind": (changed(m, kind="gone"), d, "expected kind 'detector'"),
        "older": (changed(m, schema=2), d, "expected schema 3, got 2; the model is older than this reader"),
        "newer": (changed(m, schema=4), d, "expected schema 3, got 4; the model is newer than this reader"),
        "no schema": (changed(m, schema="gone"), d, "expected schema 3"),
        "an unknown field": (changed(m, colour=1), d, "unknown colour"),
        "an unknown field of a group": (changed(m, "lines", colour=1), d, "unknown lines.colour"),
        "no name": (changed(m, name="gone"), d, "missing name"),
        "no gap": (changed(m, "lines", max_gap="gone"), d, "missing lines.max_gap"),
        "no group": (changed(m, tiling="gone"), d, "missing tiling"),
        "a group as a list": (changed(m, tiling=[]), d, "tiling: expected an object"),
        "null": (changed(m, "regions", min_padding=None), d, "regions.min_padding: expected an integer in [0, 256]"),
        "true for a number": (changed(m, "lines", max_gap=True), d, "lines.max_gap: expected an integer in [4, 512]"),
        "half a pixel": (changed(m, "lines", max_gap=20.5), d, "lines.max_gap: expected an integer in [4, 512]"),
        "a number too large": (changed(m, "lines", min_width=2e9), d, "lines.min_width: expected a number in [0, 1000]"),
        "no heights": (changed(m, anchor_heights=[]), d, "anchor_heights: expected 1 to 64 ascending heights"),
        "65 heights": (changed(m, anchor_heights=list(range(1, 66))), d, "anchor_heights: expected 1 to 64 ascending heights"),
        "descending": (changed(m, anchor_heights=[9, 7]), d, "anchor_heights: expected 1 to 64 ascending heights"),
        "a height of 0": (changed(m, anchor_heights=[0, 7]), d, "anchor_heights: expected in each place a number in [1, 4096]"),
        "a height as text": (changed(m, anchor_heights=["7"]), d, "anchor_heights: expected in each place a number in [1, 4096]"),
        "one height": (changed(m, anchor_heights=7), d, "anchor_heights: expected a list"),
        "a stride of 0": (changed(m, stride_x=0), d, "stride_x: expected an integer in [4, 64]"),
        "a stride of 5": (changed(m, stride_y=5), d, "stride_x and stride_y: expected divisors of size_multiple 32, got 16 and 5"),
        "another grouping": (changed(m, "lines", line_grouping="magic"), d, "lines.line_grouping: expected one of links, paper, classic"),
        "CMYK": (changed(m, channels="CMYK"), d, "channels: expected one of RGB, BGR"),
        "an unknown map": (changed(m, outputs=["score", "vertical", "glow"]), d, "outputs: expected in each place one of score, vertical"),
        "a map twice": (changed(m, outputs=["score", "vertical", "link", "link"]), d, "outputs: expected distinct names"),
        "no score map": (changed(m, outputs=["vertical", "link"]), d, "outputs: expected distinct names with score and vertical"),
        "links without link": (changed(m, outputs=["score", "vertical"]), d, "lines.line_grouping: expected the output link"),
        "a pad of 1000": (changed(m, pad=1000), d, "pad: expected an integer in [0, 255], got 1000"),
        "a size of 0": (changed(m, size_multiple=0), d, "size_multiple: expected an integer in [4, 256]"),
        "a long side below 0": (changed(m, long_side=-5), d, "long_side: expected an integer in [32, 4096], got -5"),
        "a deviation of 0": (changed(m, std=[1, 0, 1]), d, "std: expected in each place a number in [0.001, 1000]"),
        "two means": (changed(m, mean=[0, 0]), d, "mean: expected a list of 3"),
        "a score as text": (changed(m, "lines", line_score="1"), d, "lines.line_score: expected a number in [0, 1]"),
        "expanded by one number": (changed(m, "lines", expansion=[0]), d, "lines.expansion: expected a list of 2"),
        "a slack of 2": (changed(m, "lines", score_slack=2), d, "lines.score_slack: expected a number in [0, 1], got 2"),
        "a threshold of 2": (changed(m, "lines", line_score=2), d, "lines.line_score: expected a number in [0, 1], got 2"),
        "ends that weigh nothing": (changed(m, "lines", clipped_weight=0), d, "lines.clipped_weight: expected a number in [0.01, 1]"),
        "an overlap between cells": (
            changed(m, "tiling", overlap=100),
            d,
            "tiling.overlap: expected a multiple of 32, at most half of long_side 960, got 100",
        ),
        "tiles that do not advance": (
            changed(m, "tiling", overlap=960),
            d,
            "tiling.overlap: expected a multiple of 32, at most half of long_side 960, got 960",
        ),
        "tiles that hardly advance": (changed(m, "tiling", overlap=512), d, "at most half of long_side 960, got 512"),
        "a long side of 140": (changed(m, long_side=140), d, "long_side: expected a multiple of size_multiple 32, got 140"),
        "a long side shorter than the tiles' overlap": (changed(m, long_side=128), d, "at most half of long_side 128, got 128"),
        "a gap within a column": (changed(m, "lines", max_gap=15), d, "lines.max_gap: expected at least stride_x 16, got 15"),
        "paddings that cross": (changed(m, "regions", min_padding=65), d, "regions.min_padding: expected at most max_padding 64, got 65"),
        "reduced regions": (changed(m, "regions", max_enlargement=0.5), d, "regions.max_enlargement: expected a number in [1, 8]"),
        "twice the same character": (changed(r, charset="aa"), "recognizer", "charset: expected distinct characters"),
        "no character": (changed(r, charset=""), "recognizer", "charset: expected distinct characters"),
        "another charset": (changed(r, charset="abc"), "recognizer", "charset: expected sha256"),
        "a charset as a list": (changed(r, charset=["a"]), "recognizer", "charset: expected a text"),
        "a line crop of no height": (changed(r, height=0), "recognizer", "height: expected an integer in [8, 256], got 0"),
        "a width of 0": (changed(r, widths=[0]), "recognizer", "widths: expected in each place an integer in [32, 8192]"),
        "a pad below 0": (changed(r, pad=-1), "recognizer", "pad: expected an integer in [0, 255], got -1"),
        "a stride of 3": (changed(r, stride=3), "recognizer", "width_multiple: expected a multiple of stride 3"),
        "a width between steps": (changed(r, widths=[40]), "recognizer", "width_multiple: expected a multiple of stride 4"),
        "parts less wide than four heights": (
            changed(r, height=256, max_width=992),
            "recognizer",
            "max_width: expected at least 4 times the height 256, got 992",
        ),
        "no policy": (changed(r, reading="gone"), "recognizer", "missing reading"),
        "no gain": (changed(r, "reading", min_gain="gone"), "recognizer", "missing reading.min_gain"),
        "a sum of 3": (
            changed(r, "reading", min_combined_score=3),
            "recognizer",
            "reading.min_combined_score: expected a number in",
        ),
        "no votes": (changed(r, "reading", page_flip_votes=0), "recognizer", "reading.page_flip_votes: expected an integer in [1, 1000]"),
        "an even window": (changed(r, "line_crop", cut_window=8), "recognizer", "expected an odd number of at most max_width 1280, got 8"),
        "a window wider than a part": (
            changed(r | {"max_width": 128}, "line_crop", cut_window=129),
            "recognizer",
            "line_crop.cut_window: expected an odd number of at most max_width 128, got 129",
        ),
        "a cut at the end": (changed(r, "line_crop", cut_start=1), "recognizer", "line_crop.cut_start: expected a number in [0.1, 0.95]"),
        "a cut at the start": (
            changed(r, "line_crop", cut_start=1e-9),
            "recognizer",
            "line_crop.cut_start: expected a number in [0.1, 0.95]",
        ),
    }
    specs: dict[str, Any] = {"detector": MOBILE, "recognizer": revise(CRNN, tiny)}
    ends = {
        f"{kind}, all numbers at the {end} end": (revise(specs[kind], ranges.at_end(kind, end)).to_json(), kind)
        for kind in ranges.FIELDS
        for end in ("low", "high")
    }
    bad |= {
        f"{kind}, {f.group or 'no group'}, {f.name} {side}": (changed(m if kind == d else r, f.group, **{f.name: value}), kind, f.says)
        for kind, numbers in ranges.FIELDS.items()
        for f in numbers
        for side, value in f.beyond.items()
    }
    return [
        *(case("spec", name, text=text, kind=kind) for name, (text, kind) in {**good, **whole, **ends}.items()),
        *(case("spec", name, says=says, text=text, kind=kind) for name, (text, kind, says) in bad.items()),
        *direction_spec_cases(),
    ]


def manifest_cases() -> Cases:
    """Manifests of ours and of others."""
    names = ["detector.onnx", "recognizer.onnx", "d.json", "r.json", "charset.txt", "golden.json", "golden.png"]
    sums: dict[str, dict[str, Any]] = {n: {"bytes": 10 + i, "sha256": f"{i:064x}"} for i, n in enumerate(names)}
    one = sums["d.json"]
    good = {
        "kind": "ctpn-bundle",
        "schema": 3,
        "version": "0.1.0",
        "models": {"detector": {"onnx": names[0]}, "recognizer": {"onnx": names[1]}},
        "specs": {"detector": "d.json", "recognizer": "r.json"},
        "charset": "charset.txt",
        "golden": "golden.json",
        "files": sums,
        "tools": {},
        "measured": {},
        "cards": {},
    }
    package = {f"detector-960.mlpackage/{n}": one for n in ("Manifest.json", "Data/com.apple.CoreML/model.mlmodel", "Data/w/weights.bin")}
    coreml = {"detector": {"onnx": names[0], "coreml-960": "detector-960.mlpackage"}, "recognizer": {"onnx": names[1]}}
    longest = "/".join(["a" * 63, "b" * 63, "c" * 63, "d" * 63])
    fine: dict[str, dict[str, Any]] = {
        "good": {},
        "a folder as a model": {"models": coreml, "files": sums | package},
        "five folders and the longest name": {"files": sums | {longest: one, "a/b/c/d/e": one}},
        "sizes with a point, and of nothing": {"files": sums | {"empty": {"bytes": 0.0, "sha256": "0" * 64}}},
        "as many bytes as allowed": {
            "files": sums | {"large": {"bytes": (512 << 20) - sum(s["bytes"] for s in sums.values()), "sha256": "f" * 64}}
        },
        "as many files as allowed": {"files": sums | {f"f{i}": one for i in range(64 - len(sums))}},
    }
    plain, among = "files: expected plain names of files below", "every file that is named among files"
    hostile = {
        "a folder above": "../charset.txt",
        "a folder above within": "a/../../x",
        "this folder": "./x",
        "absolute": "/etc/passwd",
        "a backslash": "a\\b",
        "a drive": "C:x",
        "a drive's folder": "C:/x",
        "NUL": "a\0b",
        "a line break": "a\n",
        "a space at the end": "a ",
        "a dot at the end": "a.",
        "a folder with a dot at the end": "a./b",
        "hidden": ".x",
        "an empty folder": "a//b",
        "a slash at the end": "a/",
        "no name": "",
        "300 characters": "a" * 300,
        "101 characters": "a" * 101,
        "256 characters in folders": f"{longest}e",
        "six segments": "a/b/c/d/e/f",
        "another alphabet": "имя",
        "a tilde": "~/x",
        "itself": "manifest.json",
        "itself in capitals": "MANIFEST.JSON",
    }
    bad: dict[str, tuple[dict[str, Any], str]] = {
        "newer": ({"schema": 4}, "expected schema 3, got 4; this bundle is newer than the program: update"),
        "older": ({"schema": 2}, "expected schema 3, got 2; this bundle is older than the program: fetch"),
        "schema as text": ({"schema": "3"}, "expected schema 3"),
        "schema as true": ({"schema": True}, "expected schema 3"),
        "another kind": ({"kind": "zip"}, "not the manifest"),
        "an unknown key": ({"colour": 1}, "unknown colour"),
        "files as a list": ({"files": []}, "files: expected an object"),
        "cards as a text": ({"cards": ""}, "cards: expected an object"),
        "a version that is no text": ({"version": 1}, "version: expected a text"),
        "no files": ({"files": {}}, "files: expected 1 to 64, got 0"),
        "too many files": ({"files": sums | {f"f{i}": one for i in range(65 - len(sums))}}, "files: expected 1 to 64, got 65"),
        "one model": ({"models": {"detector": {"onnx": names[0]}}}, "models: expected detector and recognizer"),
        "a third model": ({"models": {**coreml, "cat": {"onnx": names[0]}}}, "models: expected detector and recognizer"),
        "no format": ({"models": {"detector": {}, "recognizer": {}}}, "models: expected formats of the detector"),
        "a format with a slash": ({"models": coreml | {"detector": {"a/b": names[0]}}}, "models: expected formats of the detector"),
        "formats as a list": ({"models": coreml | {"recognizer": [names[1]]}}, "models: expected formats of the recognizer"),
        "one spec": ({"specs": {"detector": "d.json"}}, "specs: expected detector and recognizer"),
        "a path for the charset": ({"charset": "../charset.txt"}, among),
        "a folder for the charset": ({"charset": "detector-960.mlpackage", "files": sums | package}, among),
        "no golden case": ({"golden": None}, "golden: expected a text"),
        "a spec that is not listed": ({"specs": {"detector": "d.json", "recognizer": "x.json"}}, among),
        "a model that is not listed": ({"models": {"detector": {"onnx": "x.onnx"}, "recognizer": {"onnx": names[1]}}}, among),
        "half of a folder's name": ({"models": coreml | {"detector": {"onnx": "detector-960"}}, "files": sums | package}, among),
        "a model that is no text": ({"models": {"detector": {"onnx": 1}, "recognizer": {"onnx": names[1]}}}, among),
        "bytes as text": ({"files": sums | {"a": {**one, "bytes": "1"}}}, "files: expected bytes and sha256 of a"),
        "bytes below 0": ({"files": sums | {"a": {**one, "bytes": -1}}}, "files: expected bytes and sha256 of a"),
        "half a byte": ({"files": sums | {"a": {**one, "bytes": 0.5}}}, "files: expected bytes and sha256 of a"),
        "no bytes": ({"files": sums | {"a": {"sha256": "0" * 64}}}, "files: expected bytes and sha256 of a"),
        "no sum": ({"files": sums | {"a": {"bytes": 1}}}, "files: expected bytes and sha256 of a"),
        "a short sum": ({"files": sums | {"a": {"bytes": 1, "sha256": "0" * 63}}}, "files: expected bytes and sha256 of a"),
        "a sum in capitals": ({"files": sums | {"a": {"bytes": 1, "sha256": "A" * 64}}}, "files: expected bytes and sha256 of a"),
        "more about a file": ({"files": sums | {"a": {**one, "mode": 7}}}, "files: expected bytes and sha256 of a"),
        "one byte too much": (
            {"files": sums | {"a": {"bytes": 512 << 20, "sha256": "0" * 64}}},
            "files: expected at most 536870912 bytes in all",
        ),
        "a sum of sizes that overflows": (
            {"files": sums | {n: {"bytes": 1 << 62, "sha256": "0" * 64} for n in "abcd"}},
            "files: expected at most 536870912 bytes in all",
        ),
        "names that differ in case": ({"files": sums | {"Charset.txt": one}}, "files: expected names that differ not only in case"),
        "folders that differ in case": ({"files": sums | {"a/x": one, "A/y": one}}, "files: expected names that differ not only in case"),
        "a file that is a folder": ({"files": sums | {"a": one, "a/b": one}}, "files: a is a file and a folder"),
        **{name: ({"files": sums | {path: one}}, plain) for name, path in hostile.items()},
        **{f"without {key}": ({key: "gone"}, f"missing {key}") for key in good if key not in ("kind", "schema")},
        "without schema": ({"schema": "gone"}, "expected schema 3"),
        "without kind": ({"kind": "gone"}, "not the manifest"),
    }

    def compact(manifest: dict[str, Any]) -> str:
        return json.dumps(manifest, sort_keys=True, separators=(",", ":"))

    whole = compact(good)
    texts = {
        "cut short": (whole[:100], "no JSON"),
        "empty": ("", "no JSON"),
        "deep": ("[" * 5000, "no JSON"),
        "Infinity": (whole.replace('"bytes":10,', '"bytes":Infinity,'), "no JSON"),
        "a key twice": (whole[:-1] + ', "version": "0.1.0"}', "duplicate key"),
        "a file twice": (whole.replace('"d.json":{', '"d.json":{"bytes":12,"sha256":"00"},"d.json":{', 1), "duplicate key"),
        "a size twice": (whole.replace('"bytes":12', '"bytes":9,"bytes":12', 1), "duplicate key"),
        "a key twice, once escaped": (whole[:-1] + ', "versi\\u006fn": "0.1.0"}', "duplicate key"),
        "a key twice where no reader looks": (whole.replace('"cards":{}', '"cards":{"a": {"b": 1, "b": 1}}'), "duplicate key"),
        "a list": ("[1]", "not the manifest"),
    }

    def text(keys: dict[str, Any]) -> str:
        return compact({k: v for k, v in {**good, **keys}.items() if v != "gone"})

    return [
        *(case("manifest", name, text=text(keys)) for name, keys in fine.items()),
        *(case("manifest", name, says=says, text=text(keys)) for name, (keys, says) in bad.items()),
        *(case("manifest", name, says=says, text=written) for name, (written, says) in texts.items()),
    ]
