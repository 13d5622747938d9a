"""Whatever number of a spec is changed, and however the policy is written otherwise, a golden vector notices."""

import json
from functools import cache
from pathlib import Path

import pytest

from contract.generator import stages
from contract.generator.encoding import HERE, difference, value
from ctpn import reader
from ctpn.contract import signature
from ctpn.contract.spec import revise
from ctpn.recognition import policy

# What only describes the graph, and no stage reads.
GRAPH = {"name", "charset", "charset_sha256", "channels", "mean", "std", "widths"}
DETECTOR = {
    "anchor_heights": [7.5, 10.0, 15.0, 22.0, 33.0, 49.0, 73.0, 110.0, 165.0, 250.0],
    "stride_x": 32,
    "stride_y": 16,
    "outputs": ["score", "vertical", "link", "direction"],
    "long_side": 928,
    "size_multiple": 64,
    "pad": 128,
    "score_threshold": 0.3,
    "nms_threshold": 0.6,
    "lines": {
        "line_grouping": "paper",
        "link_threshold": 0.35,
        "max_gap": 70,
        "min_overlap": 0.2,
        "line_score": 0.61,
        "score_slack": 0.1,
        "min_aspect_ratio": 0.6,
        "min_width": 3.5,
        "clipped_weight": 0.4,
        "min_taper_columns": 10,
        "expansion": [0.04, 0.06],
    },
    "tiling": {"max_aspect_ratio": 4.1, "tile_short_side": 320, "overlap": 64, "max_untiled": 1.6},
    "regions": {"region_padding": 0.4, "min_padding": 18, "max_padding": 60, "min_region_side": 80, "max_enlargement": 2.5},
    "limits": {"max_proposals": 20, "max_lines": 3},
    "direction": {
        "stride": 32,
        "text_score": 0.55,
        "level_angle": 12,
        "spread": 5,
        "min_cells": 30,
        "max_gap": 40,
        "padding": 20,
        "max_looks": 1,
    },
}
RECOGNIZER = {
    "height": 40,
    "stride": 8,
    "width_multiple": 160,
    "pad": 128,
    "max_width": 960,
    "margin": [0.2, 0.01],
    "line_crop": {
        "min_width": 9,
        "cut_start": 0.6,
        "cut_window": 7,
        "cut_tolerance": 9.0,
        "space_ink": 0.0,
        "space_width": 0.6,
        "column_pitch": [0.95, 2.5],
        "column_tolerance": 0.1,
        "column_cell": 1.1,
    },
    "reading": {
        "flip_retry_score": 0.63,
        "page_flip_score": 0.7,
        "page_flip_votes": 7,
        "vertical_aspect": 1.7,
        "column_slope": 5.0,
        "column_gap": 0.5,
        "min_gain": 0.03,
        "height_retry_score": 0.5,
        "retry_height": 1.2,
        "min_combined_score": 1.08,
        "batch_columns": 1344,
        "batch_spread": 1.0,
    },
    "calibration": {"bias": -1.5, "errors": 0.9, "length": 0.5, "floor": 0.01},
}


def leaves(values):
    """Merge patches of one value each."""
    for name, found in values.items():
        yield from ({name: {inner: v}} for inner, v in found.items()) if isinstance(found, dict) else [{name: found}]


PATCHES = [("MOBILE", patch) for patch in leaves(DETECTOR)] + [("CRNN", patch) for patch in leaves(RECOGNIZER)]


@cache
def golden():
    """All cases with a spec, the shortest first, with the tolerances of their files."""
    files = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(HERE.glob("*.json"))]
    cases = [(c, f["tolerance"]) for f in files for c in f["cases"] if {"spec", "detector", "recognizer"} & set(c["in"])]
    return sorted(cases, key=lambda case: len(json.dumps(case[0]["in"])))


def noticed(only=None):
    """Whether a case, of some stages or of any, has another answer now."""
    return any(differs(case, tolerance) for case, tolerance in golden() if only is None or case["stage"] in only)


def differs(case, tolerance):
    try:
        return difference(case["out"], stages.run(case["stage"], value(case["in"])), tolerance)
    except (ValueError, IndexError):  # line crops of another height than the spec's, cells that a map does not have
        return True


def test_each_number_has_another_value_here():
    for spec, values in ((stages.MOBILE, DETECTOR), (stages.CRNN, RECOGNIZER)):
        data = json.loads(spec.to_json())
        for name in data.keys() - GRAPH - {"schema", "kind"}:
            if isinstance(data[name], dict):
                assert data[name].keys() == values[name].keys(), name
            assert data[name] != values[name]


@pytest.mark.parametrize(("base", "patch"), PATCHES, ids=lambda p: json.dumps(p) if isinstance(p, dict) else p)
def test_another_number_is_noticed(base, patch, monkeypatch):
    monkeypatch.setattr(stages, base, revise(getattr(stages, base), patch))
    assert noticed()


MUTANTS = {
    "a retry wins from an equal score on": (
        "text.score > self.texts[i].score + self.recognizer.spec.reading.min_gain",
        "text.score >= self.texts[i].score",
    ),
    "the worse wins": (
        "text.score > self.texts[i].score + self.recognizer.spec.reading.min_gain",
        "text.score < self.texts[i].score",
    ),
    "a column's quad is its first square": ("Way(split_vertical(q), q)", "Way(split_vertical(q), split_vertical(q)[0])"),
    "the quad stays": ("self.texts[i], self.chosen[i] = text, way", "self.texts[i] = text"),
    "square lines are vertical": ("height > policy.vertical_aspect * width", "height >= width"),
    "the widest lines vote": ("-sizes[i][0] / sizes[i][1]", "-sizes[i][0]"),
    "the shortest lines vote": ("-sizes[i][0] / sizes[i][1]", "sizes[i][0] / sizes[i][1]"),
    "vertical lines vote": ("readings.finish(readings.vote(readings.level,", "readings.finish(readings.vote(range(len(quads)),"),
    "the longest lines are always retried": ("longest if before < policy.page_flip_score else []", "longest"),
    "the page never flips": ("(vote.better or self.texts[i].score", "(self.texts[i].score"),
    "the page always flips": ("(vote.better or self.texts[i].score < limit)", "True"),
    "the page flips without a gain": ("limit = before + policy.min_gain", "limit = before"),
    "voters are retried twice": ("if i not in vote.voters and", "if"),
    "the best of both decides": ("other > limit)", "_mean_score([self.texts[i] for i in longest]) > limit)"),
    "what is upside down is read": ("return None if vote.outright else readings.finish(vote)", "return readings.finish(vote)"),
    "nothing is upside down": ("return readings.vote(range(len(longest)), _upside_down).outright", "return False"),
    "lines that run down are not flipped": ("        self.retry_others(steep, self.vote(steep, _upside_down), _upside_down)\n", ""),
    "no line that runs down is a column": (
        "        self.retry_others(self.steep, self.vote(self.steep, self.as_column), self.as_column)\n",
        "",
    ),
    "pieces stay": ("absorbed |= set(chain[1:])", "pass"),
    "joined whatever it says": ("if text.score > min(self.texts[i].score for i in chain) - policy.min_gain:", "if True:"),
    "lines that are no columns are joined": (" and any(self.chosen[which[k]].is_column for k in c)]", "]"),
    "a column begins at its lower end": ("quad if quad[1, 1] + quad[2, 1] > quad[0, 1] + quad[3, 1] else rotate_quad(quad, 2)", "quad"),
    "a column is not straightened": ("return rectangle(", "return ("),
    "a column lies": ("rotate_quad(down, 3), True)", "down, True)"),
    "no line runs down": ("        self.retry(self.vertical, lambda q: _rotated(q, 1))\n", ""),
    "no line runs up": ("        self.retry(self.vertical, lambda q: _rotated(q, 3))\n", ""),
    "no line is a column": ("        self.retry(self.vertical, lambda q: Way(split_vertical(q), q))\n", ""),
    "no other height": ("        self.retry_heights([i for i in range(len(self.quads)) if i not in absorbed])\n", ""),
    "other heights of all": ("if self.texts[i].score < policy.height_retry_score", "if True"),
    "the quad of another height": ("replace(way, parts=[", "replace(way, quad=of_height(way.quad, policy.retry_height), parts=["),
    "another height of the line as it was found": (
        "replace(way, parts=[of_height(part, policy.retry_height) for part in way.parts]) for way in ways]",
        "replace(way, parts=[of_height(self.quads[i], policy.retry_height)]) for i, way in zip(badly, ways)]",
    ),
    "columns first": (
        "        self.retry(self.vertical, lambda q: _rotated(q, 1))\n",
        "        self.retry(self.vertical, lambda q: Way(split_vertical(q), q))\n"
        "        self.retry(self.vertical, lambda q: _rotated(q, 1))\n",
    ),
    "up before down": (
        "_rotated(q, 1))\n        self.retry(self.vertical, lambda q: _rotated(q, 3))",
        "_rotated(q, 3))\n        self.retry(self.vertical, lambda q: _rotated(q, 1))",
    ),
}


DECISIONS = ["read_lines", "read_unless_upside_down", "is_upside_down"]
READER_MUTANTS = {
    "detection uses the score slack": (
        "_Search(detector, detector.spec, timer)",
        "_Search(detector, detector.spec.with_score_slack, timer)",
    ),
    "reading does without score slack": ("detector.spec.with_score_slack", "detector.spec"),
    "every line is confirmed": ("if _is_confirmed(lines[text.index], text.text, detector.spec, recognizer.spec)", "if True"),
    "only the sum confirms": ("line.score >= detector.lines.line_score or ", ""),
    "only the detector confirms": (
        " or line.score + text.score >= recognizer.reading.min_combined_score",
        "",
    ),
    "lines that are half in a region are in it": ("overlap_fraction(line.quad, marked) > 0.5", "overlap_fraction(line.quad, marked) > 0"),
    "no line is too far outside": (" if overlap_fraction(line.quad, marked) > 0.5", ""),
    "regions are numbered from 1": ("region=index)", "region=index + 1)"),
    "regions are not enlarged": ("if by > 1 else part", "if by > 9 else part"),
    "quads stay where the region is": (" + np.array([x0, y0], np.float32), region", ", region"),
    "quads stay enlarged": ("quad=line.quad / exact + ", "quad=line.quad + "),
    "the enlarged size is cut off": ("np.floor(side * by + 0.5)", "np.floor(side * by)"),
    "quads stay reduced": ("_lines(quads_net / scale_net, scores, rgb)", "_lines(quads_net, scores, rgb)"),
    "quads reach over the border": (".clip(0, [rgb.shape[1], rgb.shape[0]])", ""),
    "tiles are cut across": ("across = pixels_net.shape[1] >= pixels_net.shape[0]", "across = True"),
    "long images are detected at once": ("if len(places) == 1:", "if True:"),
    "the map of directions is stitched as the others": ('if spec.direction and name == "direction" else cell', "if False else cell"),
    "found lines are not ordered": (
        "for group in search.lines(photo, regions) for line in _ordered(group)]\n        return",
        "for group in search.lines(photo, regions) for line in group]\n        return",
    ),
    "read lines keep the order in which they were found": ("for i in order]", "for i in sorted(order)]"),
    "limits are reached in silence": ('(PageWarning("limit_reached", message),) if self.reached', "() if self.reached"),
    "regions are mixed": ("groupby(lines, lambda line: line[0].region)", "groupby(lines, lambda line: 0)"),
    "a part's quad stays reduced": ("quad = part.quad_net / scale_net", "quad = part.quad_net"),
    "a part is not turned": ("        if again:\n", "        if False:\n"),
    "a turned part's quad stays reduced": ("quad = again.quad_net / scale_net", "quad = again.quad_net"),
    "a look that finds nothing counts": ("[look for look in looks if look[1]]", "looks"),
    "cells keep their angles": ("parts, angles = parts_to_rotate", "parts, _ = parts_to_rotate"),
    "the level look's lines tell no angle": ("parts_to_rotate(angles, quads_net, rules)", "parts_to_rotate(angles, quads_net[:0], rules)"),
    "the best look is found among quads of the photo": (".reshape(-1, 4, 2) * scale_net", ".reshape(-1, 4, 2)"),
    "a rotated look is level": ("*((part.angle, self", "*((0, self"),
    "rotated text stays upside down": (
        "if self.recognizer and is_upside_down(",
        "if self.recognizer and not is_upside_down and is_upside_down(",
    ),
    "rotated text is looked at in the same direction again": ("np.roll(quad, -2, 0)", "quad"),
    "a page upside down is read as it is": ("read_lines if detector.spec.direction is None else read_unless_upside_down", "read_lines"),
    "a page upside down stays turned": ("quad=size - line.quad", "quad=line.quad"),
    "regions of a page upside down stay": ("[size - photo.to_pixels(", "[photo.to_pixels("),
    "columns are ordered as rows": ("rotate_quad(line.quad, 1) if column else line.quad", "line.quad"),
}


def mutant(module, old, new):
    """The names of a module in whose source `old` is replaced, where it occurs once."""
    source = Path(module.__file__).read_text(encoding="utf-8")
    assert source.count(old) == 1
    names = {"__name__": module.__name__, "__file__": module.__file__}
    exec(compile(source.replace(old, new), module.__file__, "exec"), names)
    return names


@pytest.mark.parametrize("name", MUTANTS)
def test_another_policy_is_noticed(name, monkeypatch):
    changed = mutant(policy, *MUTANTS[name])
    for function in DECISIONS:
        monkeypatch.setattr(policy, function, changed[function])
    assert noticed(DECISIONS)


@pytest.mark.parametrize("name", READER_MUTANTS)
def test_another_reader_is_noticed(name, monkeypatch):
    monkeypatch.setattr(stages, "TextReader", mutant(reader, *READER_MUTANTS[name])["TextReader"])
    assert noticed(["read", "detect"])


SIGNATURE_MUTANTS = {
    "one key is known": ("map(_public_key, trust.public_keys)", "map(_public_key, trust.public_keys[:1])"),
    "other curves are known": (" or not isinstance(key.curve, SECP256R1)", ""),
    "nothing is verified": ("if not _is_signed(", "if not found.signature and _is_signed("),
    "the release is not signed": ("\\n{release}\\n{expires}", "\\n7\\n{expires}"),
    "the end is not signed": ("{release}\\n{expires}", "{release}\\n2027-01-01T00:00:00Z"),
    "good until its end": ("now >= found.expires", "now > found.expires"),
    "it never ends": ("now >= found.expires", "not now"),
    "the release in use is old": ("found.release < trust.min_release", "found.release <= trust.min_release"),
    "no release is old": ("found.release < trust.min_release", "found.release < 0"),
    "one byte more": ("4096", "4097"),
    "one release more": ("2**53 - 1", "2**53"),
    "there is release 0": ("1 <= release", "0 <= release"),
    "digits of all alphabets": (", re.ASCII", ""),
    "other fields are omitted": ("set(found) != KEYS", "not set(found) >= KEYS"),
    "base64 of any kind": (" or base64.b64encode(found).decode() != text", ""),
    "a number may be true": ('whole_number(found.get("schema"))', 'found.get("schema")'),
}


@pytest.mark.parametrize("name", SIGNATURE_MUTANTS)
def test_another_verification_is_noticed(name, monkeypatch):
    monkeypatch.setattr(stages, "verify", mutant(signature, *SIGNATURE_MUTANTS[name])["verify"])
    cases = json.loads((HERE / "signature.json").read_text(encoding="utf-8"))["cases"]
    assert any(differs(case, {}) for case in cases)
