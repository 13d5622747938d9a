"""Specs travel as JSON. Each field is required, named when it is missing, unknown or mistyped, and kept in its range."""

import json
from copy import deepcopy

import pytest

from contract.generator.stages import MOBILE as DIRECTED
from ctpn.contract.spec import CLASSIC, CRNN, DETECTORS, MOBILE, VGG16, DetectorSpec, RecognizerSpec, read_spec, revise
from ctpn.errors import ModelError

SPECS = {"mobile": MOBILE, "with directions": DIRECTED, "vgg16": VGG16, "classic": CLASSIC, "crnn": CRNN}


def fields(data, group=""):
    """The dotted name of each field, the groups themselves too."""
    return [n for k, v in data.items() for n in ([group + k, *fields(v, f"{k}.")] if isinstance(v, dict) else [group + k])]


def changed(spec, name, change):
    """The spec's JSON after `change(owner, key)` of one field."""
    data = json.loads(spec.to_json())
    owner, _, key = name.rpartition(".")
    change(data[owner] if owner else data, key)
    return json.dumps(data)


FIELDS = [(spec, name) for spec in (DIRECTED, CRNN) for name in fields(json.loads(spec.to_json())) if name not in ("schema", "kind")]
IDS = [f"{spec.name} {name}" for spec, name in FIELDS]


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_there_and_back(spec):
    again = type(spec).from_json(spec.to_json())
    assert again == spec and again.to_json() == type(spec).from_json(again.to_json()).to_json()


def test_the_fields_are_counted():
    """A new field is added here too, on purpose: every language must require it."""
    assert sum(spec is DIRECTED for spec, _ in FIELDS) == 18 + 11 + 4 + 5 + 2 + 8
    assert sum(spec is CRNN for spec, _ in FIELDS) == 16 + 9 + 12 + 4


@pytest.mark.parametrize(("spec", "name"), FIELDS, ids=IDS)
def test_a_missing_field_is_named(spec, name):
    with pytest.raises(ModelError, match=f"spec: missing {name}; export it again"):
        type(spec).from_json(changed(spec, name, lambda owner, key: owner.pop(key)))


@pytest.mark.parametrize(("spec", "name"), FIELDS, ids=IDS)
@pytest.mark.parametrize("value", [None, True, [[]], 0.5j], ids=["null", "true", "a list", "a text or number"])
def test_a_mistyped_field_is_named(spec, name, value):
    if value == 0.5j:
        value = 5 if name in ("name", "charset", "charset_sha256") else "5"
    with pytest.raises(ModelError, match=f"{name}: expected"):
        type(spec).from_json(changed(spec, name, lambda owner, key: owner.update({key: value})))


@pytest.mark.parametrize("group", ["", "lines", "tiling", "regions", "limits", "direction"])
def test_an_unknown_field_is_named(group):
    with pytest.raises(ModelError, match=f"unknown {group + '.' if group else ''}novel"):
        DetectorSpec.from_json(changed(DIRECTED, f"{group}.novel" if group else "novel", lambda owner, key: owner.update({key: 1})))


def test_all_that_is_missing_is_named_at_once():
    data = json.loads(MOBILE.to_json())
    del data["lines"]["max_gap"], data["lines"]["line_score"]
    with pytest.raises(ModelError, match=r"missing lines.line_score, lines.max_gap"):
        DetectorSpec.from_json(json.dumps(data))


@pytest.mark.parametrize(
    ("schema", "message"), [(2, "older than this reader"), (4, "newer than this reader"), (True, "got True"), ("3", "got '3'")]
)
def test_another_schema_is_refused_with_what_to_do(schema, message):
    with pytest.raises(ModelError, match=f"expected schema 3, got .*{message}|{message}"):
        DetectorSpec.from_json(json.dumps(json.loads(MOBILE.to_json()) | {"schema": schema}))


def test_what_to_do_depends_on_the_file():
    old = json.dumps({"schema": 1, "kind": "detector"})
    with pytest.raises(ModelError, match=r"a\.onnx: .* python -m export.onnx, or fetch a bundle of this version"):
        read_spec(DetectorSpec, old, "a.onnx")
    with pytest.raises(ModelError, match=r"a\.safetensors: .* python -m export.stamp"):
        read_spec(DetectorSpec, old, "a.safetensors")


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"kind": "detector", "kind": "detector"}', '{"pad": NaN}', "[" * 100000])
def test_no_spec_at_all_is_refused(text):
    with pytest.raises(ModelError, match="spec"):
        DetectorSpec.from_json(text)


def test_every_definition_is_checked_too():
    with pytest.raises(ModelError, match=r"detector spec 'mobile': lines.max_gap: expected an integer in \[4, 512\], got '50'"):
        revise(MOBILE, {"lines": {"max_gap": "50"}})
    with pytest.raises(ModelError, match=r"unknown lines.gap"):
        revise(MOBILE, {"lines": {"gap": 50}})
    with pytest.raises(ModelError, match=r"unknown gap"):
        revise(MOBILE, {"gap": 50})


def test_a_revision_changes_what_it_names_alone():
    before = deepcopy(MOBILE)
    new = revise(MOBILE, {"pad": 5, "lines": {"max_gap": 17}})
    assert (new.pad, new.lines.max_gap, new.lines.line_score) == (5, 17, 0.55) and before == MOBILE
    assert revise(new, {"pad": MOBILE.pad, "lines": {"max_gap": MOBILE.lines.max_gap}}) == MOBILE


def test_score_slack_lowers_the_line_score_and_not_below_zero():
    assert MOBILE.with_score_slack.lines.line_score == pytest.approx(0.3)
    assert revise(MOBILE, {"lines": {"score_slack": 1.0}}).with_score_slack.lines.line_score == 0
    assert VGG16.with_score_slack == VGG16


def test_the_charset_is_frozen():
    assert CRNN.classes == 5128
    assert CRNN.charset[0] == " " and "快" in CRNN.charset
    assert DETECTORS == {"mobile": MOBILE, "vgg16": VGG16}


def test_a_changed_charset_is_refused():
    data = json.loads(CRNN.to_json())
    for charset, message in (
        (CRNN.charset[::-1], "charset: expected sha256 3d10d74d"),
        ("aab", "distinct"),
        ("a\ud800", "half of a surrogate"),
    ):
        with pytest.raises(ModelError, match=message):
            RecognizerSpec.from_json(json.dumps(data | {"charset": charset}))
