"""The file that phones write: an example is accepted, and each kind of error is named."""

import json
from pathlib import Path

import pytest

from ctpn.contract.phone import FIELDS, parse_phone, summary
from ctpn.errors import CtpnError
from ctpn.stage_timer import STAGES

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "tests" / "fixtures" / "phone.json"


def read(file):
    return parse_phone(file.read_bytes(), file.name)


def changed(tmp_path, path, value):
    data = json.loads(EXAMPLE.read_text())
    *parents, last = path.split(".")
    place = data
    for key in parents:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    (tmp_path / "p.json").write_text(json.dumps(data))
    return tmp_path / "p.json"


def test_the_example_passes():
    data = read(EXAMPLE)
    short = summary(data)
    assert set(short) == {*STAGES, "whole", "p90"} and 0 < short["whole"] <= short["p90"]
    assert short["detect"] == sorted(data["ms"]["detect"])[3:5][0] / 2 + sorted(data["ms"]["detect"])[4] / 2


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("schema", 1, "schema: expected 2, got 1"),
        ("kind", "ctpn-bundle", "kind: expected 'ctpn-benchmark', got \"ctpn-bundle\""),
        ("device.cores", 7.5, "device.cores: expected an integer from 0 to 1e9, got 7.5"),
        ("device.model", None, "device.model: expected a string of at most 100 printable characters, got null"),
        ("device.model", "a\nb", "device.model: expected a string of at most 100 printable characters, got"),
        ("device", [], r"device: expected an object, got \[\]"),
        ("load_ms", -1, "load_ms: expected a number from 0 to 1e9, got -1"),
        ("load_ms", float("nan"), "NaN is not JSON"),
        pytest.param("load_ms", 10**400, "load_ms: expected a number from 0 to 1e9, got 1000", id="no float"),
        ("device.cores", 10**12, "device.cores: expected an integer from 0 to 1e9, got 1000000000000"),
        ("ms.whole", [1e308] * 8, r"ms.whole\[0\]: expected a number from 0 to 1e9, got 1e\+308"),
        ("warmup", True, "warmup: expected an integer from 0 to 1e9, got true"),
        ("golden", 1, "golden: expected true or false, got 1"),
        ("photo.lines", ..., "photo.lines: missing"),
        ("memory", 3, "memory: unknown"),
        ("time", "yesterday", "time: expected the pattern"),
        ("bundle.manifest", "G" * 64, "bundle.manifest: expected the pattern"),
        ("app.name", "toaster", "app.name: expected the pattern"),
        ("ms.ctc", [1, 2], r"ms.ctc: expected a list of at least 5 numbers, got \[1, 2\]"),
        ("ms.ctc", [1] * 7, "ms.ctc: expected 8 numbers as in ms.whole, got 7"),
        ("ms.ctc", [1, 2, 3, 4, 5, 6, 7, "8"], r"ms.ctc\[7\]: expected a number from 0 to 1e9, got \"8\""),
        ("ms.detect", [900.0] * 8, r"ms.whole\[0\]: expected at least the stages' sum"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, path, value, message):
    with pytest.raises(CtpnError, match=message) as error:
        read(changed(tmp_path, path, value))
    assert "p.json: " in str(error.value) and "docs/phone.md" in str(error.value)


@pytest.mark.parametrize("text", ["", "[]", "null", '"x"', "{", "[" * 100_000, "\xff"])
def test_what_is_no_such_file_at_all(tmp_path, text):
    (tmp_path / "p.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(CtpnError, match=r"p.json: (kind: expected|expected JSON)"):
        read(tmp_path / "p.json")


def test_the_description_names_every_field():
    text = (ROOT / "docs" / "phone.md").read_text(encoding="utf-8")
    for name, wanted in FIELDS.items():
        for key in [name, *(wanted if isinstance(wanted, dict) else ())]:
            assert f"`{key}`" in text, key


def test_no_memory_told_is_no_error(tmp_path):
    assert read(changed(tmp_path, "memory_mb", None))["memory_mb"] is None
