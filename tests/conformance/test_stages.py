"""contract/stages.toml: every stage, its module in each language, and the vectors that hold it."""

import json
from pathlib import Path

import pytest

from contract.generator.__main__ import FILES
from contract.generator.encoding import HERE
from contract.generator.stages import STAGES

tomllib = pytest.importorskip("tomllib", reason="Python reads TOML from 3.11 on")

ROOT = Path(__file__).parents[2]
TABLE = tomllib.loads((ROOT / "contract" / "stages.toml").read_text(encoding="utf-8"))
MODULES, LANGUAGES, PENDING = TABLE["modules"], TABLE["languages"], TABLE["pending"]


def stages_of(vectors):
    return {case["stage"] for case in json.loads((HERE / f"{vectors}.json").read_text(encoding="utf-8"))["cases"]}


def test_every_stage_is_in_one_module():
    listed = [stage for module in MODULES.values() for stage in module["stages"]]
    assert sorted(listed) == sorted(STAGES)


def test_every_file_of_vectors_is_listed():
    assert {name for module in MODULES.values() for name in module["vectors"]} == set(FILES)


@pytest.mark.parametrize("name", MODULES)
def test_a_modules_stages_have_vectors(name):
    module = MODULES[name]
    found = set().union(*(stages_of(vectors) for vectors in module["vectors"]))
    assert set(module["stages"]) <= found
    for vectors in module["vectors"]:
        assert set(module["stages"]) & stages_of(vectors), vectors


@pytest.mark.parametrize("name", MODULES)
def test_a_module_exists_in_each_language(name):
    module = MODULES[name]
    assert set(module) == {"stages", "vectors", *LANGUAGES}
    for language, folder in LANGUAGES.items():
        is_pending = name in PENDING.get(language, [])
        assert (ROOT / folder / module[language]).is_file() != is_pending, f"{language}: {module[language]}"
