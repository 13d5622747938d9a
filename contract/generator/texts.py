"""Cases of logits, joined texts, specs and manifests."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

from contract.generator.pictures import noise
from contract.generator.stages import case
from ctpn.contract.spec import CLASSIC, MOBILE, RecognizerSpec

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
        "sure": far,
        "unsure": path([1, 0, 2, 4], 1.0),
        "long": path([0, 1, 1, 0, 4, 4, 2, 0, 0, 3, 3, 1, 2, 1, 0, 4]),
    }
    strip = np.full((32, 80, 3), 255, np.uint8)
    strip[8:24, 4:30] = strip[8:24, 44:76] = 0
    close = strip.copy()
    close[8:24, 30:44] = 0
    f32, i64 = (lambda *v: np.array(v, np.float32)), (lambda *v: np.array(v, np.int64))
    two = {"cuts": [[0, 36], [36, 80]], "scores": [f32(0.9, 0.8), f32(0.5)], "steps": [i64(1, 5), i64(3)], "spec": {}}
    return [
        *(case("greedy", name, logits=logits, charset=CHARSET) for name, logits in given.items()),
        case("greedy", "no number", says="expected finite logits", logits=lost, charset=CHARSET),
        case("greedy", "another charset", says="expected 6 classes for this charset, got 5", logits=path([1]), charset="abcde"),
        case("join", "with a space", strip=strip, texts=["ab", "字"], **two),
        case("join", "without", strip=close, texts=["ab", "字"], **two),
        case("join", "a space already", strip=strip, texts=["a ", "字"], **two),
        case("join", "one piece", strip=strip, texts=["ab"], **{k: v[:1] for k, v in two.items() if k != "spec"}, spec={}),
        case(
            "join",
            "nothing read",
            strip=noise(32, 80),
            texts=["", ""],
            cuts=two["cuts"],
            scores=[f32(), f32()],
            steps=[i64(), i64()],
            spec={},
        ),
    ]


def spec_cases() -> Cases:
    """Specs as they travel, and damaged ones."""
    digest = hashlib.sha256(CHARSET.encode()).hexdigest()
    small = RecognizerSpec("tiny", CHARSET, digest, margin=(0.25, 0.125), widths=(32, 64)).to_json()
    good = {"mobile": (MOBILE.to_json(), "detector"), "classic": (CLASSIC.to_json(), "detector"), "tiny": (small, "recognizer")}
    m, r = json.loads(MOBILE.to_json()), json.loads(small)

    def changed(spec: dict[str, Any], **values: Any) -> str:
        return json.dumps({k: v for k, v in {**spec, **values}.items() if v != "gone"}, ensure_ascii=False, sort_keys=True)

    bad = {
        "cut short": (MOBILE.to_json()[:60], "detector", "not JSON"),
        "a list": ("[1]", "detector", "expected a JSON object"),
        "empty": ("", "detector", "not JSON"),
        "another kind": (MOBILE.to_json(), "recognizer", "expected kind 'recognizer', got 'detector'"),
        "newer": (changed(m, schema=2), "detector", "expected schema 1, got 2"),
        "an unknown field": (changed(m, colour=1), "detector", "the model is newer than this reader"),
        "no name": (changed(m, name="gone"), "detector", "name"),
        "no heights": (changed(m, anchor_heights=[]), "detector", "anchor_heights must be positive and ascending"),
        "descending": (changed(m, anchor_heights=[9, 7]), "detector", "anchor_heights must be positive and ascending"),
        "a stride of 0": (changed(m, stride_x=0), "detector", "must divide size_multiple 32"),
        "a stride of 5": (changed(m, stride_y=5), "detector", "must divide size_multiple 32"),
        "another builder": (changed(m, builder="magic"), "detector", "builder must be one of"),
        "CMYK": (changed(m, channels="CMYK"), "detector", "channels must be 'RGB' or 'BGR'"),
        "links without link": (changed(m, outputs=["score", "vertical"]), "detector", "builder 'links' needs the output 'link'"),
        "a pad of 1000": (changed(m, pad=1000), "detector", "pad must lie in 0 to 255, got 1000"),
        "a size of 0": (changed(m, size_multiple=0), "detector", "size_multiple must be positive, got 0"),
        "a long side below 0": (changed(m, long_side=-5), "detector", "long_side must be positive, got -5"),
        "a deviation of 0": (changed(m, std=[1, 0, 1]), "detector", "std must be positive"),
        "a score as text": (changed(m, line_score="1"), "detector", "line_score"),
        "grown by one number": (changed(m, grow=[0]), "detector", "grow"),
        "a doubt of 2": (changed(m, doubt=2), "detector", "doubt must lie in [0, 1]"),
        "a threshold of 2": (changed(m, line_score=2), "detector", "line_score must lie in [0, 1]"),
        "twice the same character": (changed(r, charset="aa"), "recognizer", "charset must hold distinct characters"),
        "another charset": (changed(r, charset="abc"), "recognizer", "charset: expected sha256"),
        "a height of 0": (changed(r, height=0), "recognizer", "height must be positive, got 0"),
        "a width of 0": (changed(r, widths=[0]), "recognizer", "widths must be positive"),
        "a pad below 0": (changed(r, pad=-1), "recognizer", "pad must lie in 0 to 255, got -1"),
        "a stride of 3": (changed(r, stride=3), "recognizer", "must divide width_multiple"),
    }
    return [
        *(case("spec", name, text=text, kind=kind) for name, (text, kind) in good.items()),
        *(case("spec", name, says=says, text=text, kind=kind) for name, (text, kind, says) in bad.items()),
    ]


def manifest_cases() -> Cases:
    """Manifests of ours and of others."""
    names = ["detector.onnx", "recognizer.onnx", "d.json", "r.json", "charset.txt", "golden.json"]
    sums = {n: {"bytes": 10 + i, "sha256": f"{i:064x}"} for i, n in enumerate(names)}
    good = {
        "kind": "ctpn-bundle",
        "schema": 1,
        "version": "0.1.0",
        "models": {"detector": {"onnx": names[0]}, "recognizer": {"onnx": names[1]}},
        "specs": {"detector": "d.json", "recognizer": "r.json"},
        "charset": "charset.txt",
        "golden": "golden.json",
        "files": sums,
        "tools": {},
    }
    large = {n: {**s, "bytes": 200 << 20} for n, s in sums.items()}
    many = {f"f{i}": {"bytes": 1, "sha256": ""} for i in range(65)}
    bad: dict[str, tuple[dict[str, Any], str]] = {
        "newer": ({"schema": 2}, "newer than the program: update"),
        "schema as text": ({"schema": "1"}, "expected schema 1"),
        "another kind": ({"kind": "zip"}, "not the manifest"),
        "files as a list": ({"files": []}, "expected objects files, models and specs"),
        "no files": ({"files": {}}, "bytes in all"),
        "one model": ({"models": {"detector": {"onnx": names[0]}}}, "expected models of detector and recognizer"),
        "no format": ({"models": {"detector": {}, "recognizer": {}}}, "expected models of detector and recognizer"),
        "a path for the charset": ({"charset": "../charset.txt"}, "every file that is named among files"),
        "no golden case": ({"golden": None}, "every file that is named among files"),
        "a file that is not listed": ({"specs": {"detector": "d.json", "recognizer": "x.json"}}, "every file that is named among files"),
        "a path": ({"files": {"../../etc/passwd": {"bytes": 1, "sha256": ""}}}, "plain names"),
        "hidden": ({"files": {".x": {"bytes": 1, "sha256": ""}}}, "plain names"),
        "itself": ({"files": {"manifest.json": {"bytes": 1, "sha256": ""}}}, "plain names"),
        "too large": ({"files": large}, "bytes in all"),
        "bytes as text": ({"files": {"a": {"bytes": "1"}}}, "bytes and sha256"),
        "too many": ({"files": many}, "at most 64 files"),
    }
    texts = {"cut short": json.dumps(good)[:100], "empty": "", "deep": "[" * 5000}
    return [
        case("manifest", "good", text=json.dumps(good, sort_keys=True)),
        *(case("manifest", name, says=says, text=json.dumps({**good, **keys}, sort_keys=True)) for name, (keys, says) in bad.items()),
        *(case("manifest", name, says="no JSON", text=text) for name, text in texts.items()),
        case("manifest", "a list", says="not the manifest", text="[1]"),
    ]
