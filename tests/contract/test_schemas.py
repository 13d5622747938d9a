"""The JSON Schemas say what Python's readers do: real files pass both, and what one refuses the other refuses too."""

import json
import re
from copy import deepcopy
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from contract.generator.encoding import HERE
from ctpn.contract import phone
from ctpn.contract.json_text import parse
from ctpn.contract.manifest import MANIFEST, parse_manifest
from ctpn.contract.spec import CLASSIC, CRNN, MOBILE, VGG16, DetectorSpec, RecognizerSpec
from ctpn.errors import CtpnError

SCHEMAS = Path(__file__).parents[2] / "contract" / "schemas"
PHONE = json.loads((Path(__file__).parents[1] / "fixtures" / "phone.json").read_text(encoding="utf-8"))
HOSTILE = [
    None,
    True,
    "5",
    "",
    [],
    [[]],
    {},
    -1,
    0,
    0.5,
    1,
    1.0,
    2,
    3,
    33,
    255,
    256,
    1e9,
    1.1e9,
    -1e9,
    -1.1e9,
    [0, 1],
    [1, 2, 3],
    [-1, -1],
    ["x"],
    [2e9] * 2,
]
# What a schema cannot say, by the words of the reader's message.
BEYOND = re.compile(
    r"ascending|divisors of size_multiple|distinct|expected the output link|multiple of|at most max_padding|charset: expected sha256"
    r"|without the output direction|divisor of size_multiple|the lower first|at least stride_x|at most max_width|times the height"
    r"|stages' sum|numbers as in ms.whole|bytes in all|differ not only in case|file and a folder|named among files"
)


def read_phone(data):
    phone.parse_phone(json.dumps(data).encode(), "phone.json")


READERS = {
    "detector": lambda data: DetectorSpec.from_json(json.dumps(data)),
    "recognizer": lambda data: RecognizerSpec.from_json(json.dumps(data)),
    "manifest": lambda data: parse_manifest(json.dumps(data)),
    "phone": read_phone,
}


def validator(name):
    return Draft202012Validator(json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")))


VALIDATORS = {name: validator(name) for name in READERS}


def manifest():
    cases = json.loads((HERE / "manifest.json").read_text(encoding="utf-8"))["cases"]
    return json.loads(next(case["in"]["text"] for case in cases if case["name"] == "a folder as a model"))


def paths(value, at=()):
    """The place of every value inside objects and lists, the first three of a list."""
    yield from ((*at, key) for key in value) if isinstance(value, dict) else ()
    inner = value.items() if isinstance(value, dict) else enumerate(value[:3]) if isinstance(value, list) else ()
    for key, v in inner:
        yield from paths(v, (*at, key))


def with_change(data, path, change):
    new = deepcopy(data)
    place = new
    for key in path[:-1]:
        place = place[key]
    change(place, path[-1])
    return new


def compare(name, data):
    """Whether schema and reader take a value; it must be both or neither."""
    valid = VALIDATORS[name].is_valid(data)
    try:
        READERS[name](data)
    except CtpnError as e:
        assert not valid or BEYOND.search(str(e)), f"the schema passes what the reader refuses: {e}"
    else:
        assert valid, f"the reader passes what the schema refuses: {next(VALIDATORS[name].iter_errors(data)).message[:200]}"
    return valid


@pytest.mark.parametrize("file", sorted(SCHEMAS.glob("*.json")), ids=lambda f: f.name)
def test_a_schema_is_one(file):
    schema = json.loads(file.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"].endswith("2020-12/schema") and file.name.endswith(".schema.json")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("detector", spec.to_json()) for spec in (MOBILE, VGG16, CLASSIC)), ("recognizer", CRNN.to_json()), ("phone", json.dumps(PHONE)),
        *((part, (HERE / "specs" / f"{part}.json").read_text(encoding="utf-8")) for part in ("detector", "recognizer")),
    ],
)  # fmt: skip
def test_real_ones_pass(name, text):
    assert compare(name, json.loads(text))


def test_the_manifest_of_a_bundle_passes(shipped_bundle):
    assert compare("manifest", json.loads((shipped_bundle / MANIFEST).read_text(encoding="utf-8")))


EXAMPLES = {
    "detector": json.loads(MOBILE.to_json()),
    "recognizer": json.loads(CRNN.to_json()) | {"charset": " a", "charset_sha256": ""},
    "manifest": manifest(),
    "phone": PHONE,
}
PLACES = [(name, path) for name, data in EXAMPLES.items() for path in paths(data)]


@pytest.mark.parametrize(("name", "path"), PLACES, ids=[f"{name} {'.'.join(map(str, path))}" for name, path in PLACES])
def test_both_refuse_the_same(name, path):
    """Each field missing, with another beside it, and with values of every type and size."""
    data = EXAMPLES[name]
    if isinstance(path[-1], str):
        assert not compare(name, with_change(data, path, lambda owner, key: owner.pop(key))) or (
            path[0] in ("files", "models") and len(path) > 1
        )
        assert not compare(name, with_change(data, path, lambda owner, key: owner.update(novel=1)))
    for value in HOSTILE:
        compare(name, with_change(data, path, lambda owner, key, value=value: owner.__setitem__(key, value)))


@pytest.mark.parametrize("name", ["spec", "manifest"])
def test_the_golden_files_are_judged_alike(name):
    judged = []
    for case in json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))["cases"]:
        try:
            data = parse(case["in"]["text"])
        except ValueError:
            continue  # not JSON, or a key twice: beyond a schema
        judged.append(compare(case["in"].get("kind", name), data))
        assert judged[-1] or "error" in case["out"]
    assert sum(judged) > 4 and len(judged) - sum(judged) > 20


def test_the_phone_schema_has_all_stages():
    schema = VALIDATORS["phone"].schema
    assert set(schema["properties"]) == set(phone.FIELDS) and set(schema["properties"]["ms"]["properties"]) == set(phone.FIELDS["ms"])
