"""Whatever number of a spec is changed, and however the policy is written otherwise, a golden vector notices."""

import json
from functools import cache
from pathlib import Path

import pytest

from contract.generator import stages
from contract.generator.encoding import HERE, difference, value
from ctpn import reader
from ctpn.contract.spec import CRNN, MOBILE, revise
from ctpn.recognition import policy

# What only describes the graph, and no stage reads.
GRAPH = {"name", "charset", "charset_sha256", "channels", "mean", "std", "widths"}
DETECTOR = {
    "anchor_heights": [7.5, 10.0, 15.0, 22.0, 33.0, 49.0, 73.0, 110.0, 165.0, 250.0],
    "stride_x": 32,
    "stride_y": 16,
    "outputs": ["score", "vertical", "link"],
    "long_side": 928,
    "size_multiple": 64,
    "pad": 128,
    "score_threshold": 0.3,
    "nms_threshold": 0.6,
    "lines": {
        "line_grouping": "paper",
        "link_threshold": 0.3,
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
}
RECOGNIZER = {
    "height": 40,
    "stride": 8,
    "width_multiple": 160,
    "pad": 128,
    "max_width": 960,
    "margin": [0.2, 0.01],
    "line_crop": {"min_width": 9, "cut_start": 0.6, "cut_window": 7, "cut_tolerance": 9.0, "space_ink": 0.0, "space_width": 0.6},
    "reading": {
        "flip_retry_score": 0.63,
        "page_flip_score": 0.7,
        "page_flip_votes": 7,
        "vertical_aspect": 1.7,
        "min_gain": 0.03,
        "min_combined_score": 1.08,
        "batch_columns": 1344,
        "batch_spread": 1.0,
    },
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
    except ValueError:  # line crops of another height than the spec's
        return True


def test_each_number_has_another_value_here():
    for spec, values in ((MOBILE, DETECTOR), (CRNN, RECOGNIZER)):
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
    "a retry wins from an equal score on": ("text.score > texts[i].score + policy.min_gain", "text.score >= texts[i].score"),
    "the worse wins": ("text.score > texts[i].score + policy.min_gain", "text.score < texts[i].score"),
    "a column's quad is its first square": ("part[0] if len(part) == 1 else quads[i]", "part[0]"),
    "the quad stays": ("texts[i], chosen[i] = text, part[0] if len(part) == 1 else quads[i]", "texts[i] = text"),
    "square lines are vertical": ("height > policy.vertical_aspect * width", "height >= width"),
    "the widest lines vote": ("-sizes[i][0] / sizes[i][1]", "-sizes[i][0]"),
    "the shortest lines vote": ("-sizes[i][0] / sizes[i][1]", "sizes[i][0] / sizes[i][1]"),
    "vertical lines vote": ("sorted(horizontal,", "sorted(range(len(quads)),"),
    "the longest lines are always retried": ("longest if before < policy.page_flip_score else []", "longest"),
    "the page never flips": ("(flip_all or texts[i].score", "(texts[i].score"),
    "the page always flips": ("(flip_all or texts[i].score < policy.flip_retry_score)", "True"),
    "the page flips without a gain": ("> before + policy.min_gain", "> before"),
    "voters are retried twice": ("if i not in voters and", "if"),
    "vertical lines flip too": ("[i for i in horizontal if i not in voters", "[i for i in range(len(quads)) if i not in voters"),
    "no line runs down": ("    retry(vertical, lambda q: [rotate_quad(q, 1)])\n", ""),
    "no line runs up": ("    retry(vertical, lambda q: [rotate_quad(q, 3)])\n", ""),
    "no line is a column": ("    retry(vertical, split_vertical)\n", ""),
    "columns first": (
        "    retry(vertical, lambda q: [rotate_quad(q, 1)])\n",
        "    retry(vertical, split_vertical)\n    retry(vertical, lambda q: [rotate_quad(q, 1)])\n",
    ),
    "up before down": (
        "rotate_quad(q, 1)])\n    retry(vertical, lambda q: [rotate_quad(q, 3)])",
        "rotate_quad(q, 3)])\n    retry(vertical, lambda q: [rotate_quad(q, 1)])",
    ),
}


READER_MUTANTS = {
    "detection uses the score slack": (
        "_find_lines(photo, regions, detector, detector.spec, timer)",
        "_find_lines(photo, regions, detector, detector.spec.with_score_slack, timer)",
    ),
    "reading does without score slack": ("detector.spec.with_score_slack", "detector.spec"),
    "every line is confirmed": ("if _is_confirmed(line, detector.spec, recognizer.spec)", "if True"),
    "only the sum confirms": ("line.score >= detector.lines.line_score or ", ""),
    "only the detector confirms": (
        " or line.score + (line.text_score or 0.0) >= recognizer.reading.min_combined_score",
        "",
    ),
    "lines that are half in a region are in it": ("overlap_fraction(line.quad, marked) > 0.5", "overlap_fraction(line.quad, marked) > 0"),
    "no line is too far outside": ("if overlap_fraction(line.quad, marked) > 0.5", ""),
    "regions are numbered from 1": ("region=index)", "region=index + 1)"),
    "regions are not enlarged": ("if by > 1 else part", "if by > 9 else part"),
    "quads stay where the region is": (" + np.array([x0, y0], np.float32), region", ", region"),
    "quads stay enlarged": ("quad=line.quad / exact + ", "quad=line.quad + "),
    "the enlarged size is cut off": ("np.floor(side * by + 0.5)", "np.floor(side * by)"),
    "quads stay reduced": ("quads_net / np.array([fitted.scale_x, fitted.scale_y], np.float32)", "quads_net"),
    "quads reach over the border": (".clip(0, [rgb.shape[1], rgb.shape[0]])", ""),
    "tiles are cut across": ("across = pixels_net.shape[1] >= pixels_net.shape[0]", "across = True"),
    "long images are detected at once": ("if len(places) == 1:", "if True:"),
    "found lines are not ordered": ("for line in _ordered(lines)]", "for line in lines]"),
    "read lines keep the order in which they were found": ("for line in _ordered(list(group))]", "for line in list(group)]"),
    "limits are reached in silence": ('(PageWarning("limit_reached", message),) if reached', "() if reached"),
    "regions are mixed": ("groupby(lines, lambda line: line.region)", "groupby(lines, lambda line: 0)"),
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
    monkeypatch.setattr(policy, "read_lines", mutant(policy, *MUTANTS[name])["read_lines"])
    assert noticed(["read_lines"])


@pytest.mark.parametrize("name", READER_MUTANTS)
def test_another_reader_is_noticed(name, monkeypatch):
    monkeypatch.setattr(stages, "TextReader", mutant(reader, *READER_MUTANTS[name])["TextReader"])
    assert noticed(["read", "detect"])
