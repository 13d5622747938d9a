"""The function of each stage, with the named inputs and outputs of its golden cases."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from contract.generator.encoding import plain, value
from contract.generator.table import TableDetector, TableRecognizer, Texts, paint
from ctpn.contract import spec as specs
from ctpn.contract.manifest import parse_manifest
from ctpn.contract.signature import Trust, verify
from ctpn.contract.spec import CRNN, DetectorSpec, RecognizerSpec, revise
from ctpn.detection import direction, lines, nms
from ctpn.detection.anchors import decode
from ctpn.detection.postprocess import huge_lines, postprocess
from ctpn.detection.proposals import Proposals
from ctpn.errors import CtpnError
from ctpn.imaging import resample, rotate, tiling
from ctpn.layout import geometry, reading_order, regions
from ctpn.reader import TextReader
from ctpn.recognition import ctc, policy
from ctpn.recognition.calibration import text_probability
from ctpn.recognition.line_crop import batches, ink_of, is_space, padded, rectify, split_column, split_points

Values = dict[str, Any]
# What the cases start from: the mobile detector with every output.
MOBILE = revise(specs.MOBILE, {"outputs": ["score", "vertical", "side", "link", "direction"], "direction": asdict(specs.DIRECTION)})


def run(stage: str, inputs: Values) -> Values:
    """The answer of a stage as it is written; an error of ours as {"error": its message}."""
    try:
        answer: Values = plain(STAGES[stage](**inputs))
        return answer
    except CtpnError as e:
        return {"error": str(e)}


def detector(changes: Values) -> DetectorSpec:
    """The mobile detector's spec with other values."""
    return revise(MOBILE, changes)


def recognizer(changes: Values) -> RecognizerSpec:
    """The CRNN's spec with other values."""
    return revise(CRNN, changes)


def _fit(photo: Any, spec: Values) -> Values:
    fitted = tiling.fit(photo, detector(spec))
    return {"pixels": fitted.pixels, "scale_x": fitted.scale_x, "scale_y": fitted.scale_y}


def _fit_size(width: int, height: int, spec: Values) -> Values:
    fitted = tiling.fit(np.zeros((height, width, 3), np.uint8), detector(spec))
    return {"size": [fitted.pixels.shape[1], fitted.pixels.shape[0]], "scale_x": fitted.scale_x, "scale_y": fitted.scale_y}


def _closer_scale(width: int, height: int, quads: Any, spec: Values) -> Values:
    return {"scale": tiling.closer_scale(width, height, quads, detector(spec))}


def _far_view(pixels: Any, spec: Values) -> Values:
    return {"pixels": tiling.far_view(pixels, detector(spec))}


def _stitch(maps: list[Any], places: list[Any], stride: int, axis: int) -> Values:
    return {"map": tiling.stitch(maps, [(a, b) for a, b in places], stride, axis)}


def _region(region: Any, width: int, height: int, spec: Values) -> Values:
    found, rules = regions.outline(region, width, height), detector(spec).regions
    return {"outline": found, "window": list(regions.window(found, width, height, rules)), "scale": regions.scale(found, rules)}


def _decode(spec: Values, **maps: Any) -> Values:
    return _proposals(decode(maps, detector(spec)))


def _proposals(p: Proposals) -> Values:
    return {"boxes": p.boxes_net, "scores": p.scores, "columns": p.columns, "ends": p.ends_net, "links": p.links}


def _suppress(boxes: Any, scores: Any, columns: Any, threshold: float) -> Values:
    return {"kept": nms.suppress(boxes, scores, columns, threshold)}


def _connect(spec: Values, boxes: Any, scores: Any, columns: Any, ends: Any, links: Any) -> Values:
    return {"successors": lines.connect(Proposals(boxes, scores, columns, ends, links), detector(spec))}


def _lines(spec: Values, boxes: Any, scores: Any, columns: Any, ends: Any, links: Any) -> Values:
    quads, found = lines.text_lines(Proposals(boxes, scores, columns, ends, links), detector(spec))
    return {"quads": quads, "scores": found}


def _postprocess(spec: Values, **maps: Any) -> Values:
    quads, found = postprocess(maps, detector(spec))
    return {"quads": quads, "scores": found}


def _huge_lines(far: Any, quads: Any, spec: Values) -> Values:
    return {"added": huge_lines(far, quads, detector(spec))}


def _direction(**changes: Any) -> specs.DirectionSpec:
    found = revise(MOBILE, {"direction": changes}).direction
    assert found
    return found


def _parts(angles: Any, quads: Any, spec: Values) -> Values:
    parts, directed = direction.parts_to_rotate(angles, quads, _direction(**spec.get("direction", {})))
    return {"angles": [p.angle for p in parts], "quads": [p.quad_net for p in parts], "directed": directed}


def _turned_part(angle: int, cells: Any, quads: Any, spec: Values) -> Values:
    part = direction.Part(angle, cells, np.zeros((4, 2)))
    found = [direction.turned_part(part, quads, _direction(**spec.get("direction", {})))]
    return {"angles": [p.angle for p in found if p], "quads": [p.quad_net for p in found if p]}


def _rotate(photo: Any, quad: Any, spec: Values) -> Values:
    rotated = rotate.rotate(photo, quad, detector(spec))
    corners = np.array([[0, 0], rotated.pixels.shape[1::-1]], np.float32)
    return {"pixels": rotated.pixels, "corners": rotated.to_picture(corners)}


def _join(line_crop: Any, split: list[Any], texts: list[str], scores: list[Any], steps: list[Any], spec: Values) -> Values:
    parts = [ctc.Decoded(t, 0.0, s, n) for t, s, n in zip(texts, scores, steps, strict=True)]
    return _decoded(policy.join(line_crop, [(a, b) for a, b in split], parts, recognizer(spec)))


def _decoded(d: ctc.Decoded) -> Values:
    return {"text": d.text, "score": d.score, "scores": d.scores, "steps": d.steps}


def _read_lines(photo: Values, quads: list[Any], texts: Texts, spec: Values) -> Values:
    table = TableRecognizer(recognizer(spec), texts)
    return {**_lines_read(policy.read_lines(paint(**photo), quads, table)), "recognizer_inputs": table.inputs}


def _read_unless_upside_down(photo: Values, quads: list[Any], texts: Texts, spec: Values) -> Values:
    table = TableRecognizer(recognizer(spec), texts)
    found = policy.read_unless_upside_down(paint(**photo), quads, table)
    return {"upside_down": found is None, **_lines_read(found or []), "recognizer_inputs": table.inputs}


def _is_upside_down(photo: Values, quads: list[Any], texts: Texts, spec: Values) -> Values:
    table = TableRecognizer(recognizer(spec), texts)
    return {"upside_down": policy.is_upside_down(paint(**photo), quads, table), "recognizer_inputs": table.inputs}


def _lines_read(lines: list[policy.ReadLine]) -> Values:
    return {
        "lines": [line.index for line in lines],
        "quads": [line.quad for line in lines],
        "texts": [line.text.text for line in lines],
        "scores": [line.text.score for line in lines],
        "columns": [line.is_column for line in lines],
    }


def _read(photo: Values, regions: Any, texts: Texts, **specs: Values) -> Values:
    finder, table = TableDetector(detector(specs["detector"])), TableRecognizer(recognizer(specs["recognizer"]), texts)
    lines = TextReader.of(finder, table).read(paint(**photo), regions)
    return {**_page(lines), "detector_inputs": finder.inputs, "recognizer_inputs": table.inputs}


def _detect(photo: Values, regions: Any, **specs: Values) -> Values:
    finder = TableDetector(detector(specs["detector"]))
    lines = TextReader.of(finder, TableRecognizer(CRNN, {})).detect(paint(**photo), regions)
    return {**_page(lines), "detector_inputs": finder.inputs}


def _page(lines: Any) -> Values:
    keys = {"quads": "quad", "scores": "score", "texts": "text", "text_scores": "text_score", "regions": "region"}
    found = {name: [getattr(line, key) for line in lines] for name, key in keys.items()}
    return {**found, "warnings": [w.code for w in lines.warnings]}


def _spec(text: str, kind: str) -> Values:
    spec = (DetectorSpec if kind == "detector" else RecognizerSpec).from_json(text)
    return {"spec": asdict(spec)}


def _manifest(text: str) -> Values:
    found = asdict(parse_manifest(text))
    return {k: found[k] for k in ("version", "models", "specs", "charset", "golden", "files")}


def _signature(manifest: Any, signature: Any, public_keys: list[str] | None, min_release: int, now: str) -> Values:
    if public_keys is None:  # as open_bundle
        return {"signed": None}
    trust = Trust(tuple(public_keys), min_release, datetime.fromisoformat(now.replace("Z", "+00:00")))
    found = verify(manifest.tobytes(), None if signature is None else signature.tobytes(), trust)
    return {"signed": {"key": found.key, "release": found.release, "expires": found.expires}}


STAGES: dict[str, Callable[..., Values]] = {
    "halved": lambda image, times: {"image": resample.halved(image, times)},
    "resize": lambda image, width, height: {"image": resample.resize(image, height, width)},
    "sample": lambda image, x, y: {"image": resample.sample(image, x, y)},
    "fit": _fit,
    "fit_size": _fit_size,
    "closer_scale": _closer_scale,
    "far_view": _far_view,
    "tiles": lambda length, spec: {"places": [list(p) for p in tiling.tiles(length, detector(spec))]},
    "stitch": _stitch,
    "region": _region,
    "overlap_fraction": lambda quad, region: {"fraction": geometry.overlap_fraction(quad, region)},
    "reading_order": lambda quads: {"order": reading_order.reading_order(list(quads))},
    "decode": _decode,
    "suppress": _suppress,
    "connect": _connect,
    "lines": _lines,
    "postprocess": _postprocess,
    "huge_lines": _huge_lines,
    "cell_angles": lambda map, spec: {"angles": direction.cell_angles(map, _direction(**spec.get("direction", {})))},
    "parts_to_rotate": _parts,
    "turned_part": _turned_part,
    "best_of_looks": lambda angles, quads, scores, looks, look_angles, spec: {
        "kept": direction.best_of_looks(angles, quads, scores, looks, look_angles, _direction(**spec.get("direction", {})))
    },
    "rotate": _rotate,
    "rectify": lambda image, quad, spec: {"line_crop": rectify(image, quad, recognizer(spec))},
    "split_vertical": lambda quad: {"quads": np.array(geometry.split_vertical(quad))},
    "rotate_quad": lambda quad, quarters: {"quad": geometry.rotate_quad(quad, quarters)},
    "rectangle": lambda quad: {"quad": geometry.rectangle(quad)},
    "of_height": lambda quad, times: {"quad": geometry.of_height(quad, times)},
    "chains_down": lambda quads, max_gap: {"chains": geometry.chains_down(list(quads), max_gap)},
    "split_column": lambda line_crop, spec: {"cells": [list(c) for c in split_column(line_crop, recognizer(spec))]},
    "split_points": lambda line_crop, spec: {"split": [list(p) for p in split_points(line_crop, recognizer(spec))]},
    "is_space": lambda line_crop, cut, spec: {"space": is_space(ink_of(line_crop), cut, recognizer(spec))},
    "batches": lambda widths, spec: {"groups": batches(widths, recognizer(spec))},
    "padded": lambda parts, spec: {"batch": padded(parts, recognizer(spec))},
    "join": _join,
    "greedy": lambda logits, charset: _decoded(ctc.greedy(logits, charset)),
    "text_probability": lambda scores, spec: {"probability": text_probability(scores, recognizer(spec).calibration)},
    "read_lines": _read_lines,
    "read_unless_upside_down": _read_unless_upside_down,
    "is_upside_down": _is_upside_down,
    "read": _read,
    "detect": _detect,
    "spec": _spec,
    "manifest": _manifest,
    "signature": _signature,
}


def case(stage: str, name: str, *, says: str | None = None, **inputs: Any) -> Values:
    """A golden case: its inputs as they are written, and what the stage answers to these; `says` is a part of the error."""
    written = plain(inputs)
    out = run(stage, value(written))
    if (says is None) == ("error" in out) or (says or "") not in out.get("error", ""):
        raise AssertionError(f"{stage}, {name}: expected the error {says!r}, got {out}")
    return {"stage": stage, "name": name, "in": written, "out": out if says is None else {"error": says}}


def load(file: Path) -> Values:
    """A golden file."""
    return dict(json.loads(file.read_text(encoding="utf-8")))
