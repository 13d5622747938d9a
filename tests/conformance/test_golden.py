"""The golden vectors: what is stored is what the stages answer, and every stage has some with something in them."""

import json
import shutil

import pytest

from contract.generator.__main__ import FILES, check, main
from contract.generator.encoding import HERE, difference, value
from contract.generator.stages import STAGES, load, run

CASES = [
    (f"{name}.json", case, load(HERE / f"{name}.json")["tolerance"]) for name in FILES for case in load(HERE / f"{name}.json")["cases"]
]


@pytest.mark.parametrize(("case", "tolerance"), [c[1:] for c in CASES], ids=[f"{c[1]['stage']}: {c[1]['name']}" for c in CASES])
def test_a_stage_answers_what_is_stored(case, tolerance):
    assert difference(case["out"], run(case["stage"], value(case["in"])), tolerance) is None


def test_the_recipe_makes_what_is_stored():
    assert check() == [] and main(["--check"]) == 0


def test_a_changed_vector_is_noticed(tmp_path):
    shutil.copytree(HERE, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "suppress.json"
    golden = json.loads(file.read_text(encoding="utf-8"))
    last = next(c for c in golden["cases"] if c["name"] == "many")
    last["out"]["kept"]["int"][-1] += 1
    file.write_text(json.dumps(golden), encoding="utf-8")
    assert len(check(tmp_path)) == 1 and check(tmp_path)[0].startswith("suppress.json: kept: expected")
    file.unlink()
    assert "expected the files" in check(tmp_path)[0]


def test_every_stage_has_cases_with_something_in_them():
    assert {c["stage"] for _, c, _ in CASES} == set(STAGES)
    empty = ("[]", "{}", '""')
    for stage in STAGES:
        outs = [json.dumps(next(iter(c["out"].values()))) for _, c, _ in CASES if c["stage"] == stage and "error" not in c["out"]]
        assert any(o not in empty and '"int": []' not in o for o in outs), stage
    assert sum(f.stat().st_size for f in HERE.glob("*.json")) < 2_000_000


def test_differences_are_reported_counts_first():
    assert difference({"a": [1.0, 2.0]}, {"a": [1.0]}, {}) == "a: expected 2 values, got 1"
    assert difference({"a": [1.0, 2.0]}, {"a": [1.0, 2.1]}, {"a": 0.2}) is None
    assert difference({"a": [1.0, 2.0]}, {"a": [1.0, 2.1]}, {"b": 0.2}) == "a: expected 2.0, got 2.1"
    assert difference({"a": {"shape": [1], "f32": [1.0]}}, {"a": {"shape": [1], "f32": [1.05]}}, {"a": 0.1}) is None
    assert difference({"a": "字"}, {"a": "宇"}, {"a": 9}) == "a: expected 字, got 宇"
    assert difference({"error": "shape"}, {"error": "a wrong shape"}, {}) is None and difference({"error": "x"}, {"error": "y"}, {})
    assert difference({"error": "shape"}, {"a": 1}, {})
    assert difference({"a": True}, {"a": 2}, {"a": 9})
