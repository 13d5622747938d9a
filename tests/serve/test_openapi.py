"""What /openapi.json promises holds for whatever is sent: schemathesis makes the requests."""

import json
import subprocess
import sys

import requests
from jsonschema import Draft202012Validator

from tests.helpers.service import ROOT


def test_no_request_is_a_fault_of_the_service(service, tmp_path):
    """Random bytes for a photo are refused, which is right, so schemathesis may not expect that they are taken."""
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{service.url}/openapi.json", "--max-examples", "30", "--seed", "1",
        "--generation-deterministic", "--exclude-checks", "positive_data_acceptance", "--no-color",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    assert "Tested: 7" in done.stdout and "Unresolvable" not in done.stdout
    assert not [e for e in service.events() if e.get("status", 0) >= 500 or e["level"] == "error"]


def test_methods_of_a_path_are_named(service):
    answer = requests.delete(f"{service.url}/v1/benchmarks", timeout=9)
    assert answer.status_code == 405 and answer.headers["allow"] == "GET, POST"
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_result_is_that_of_the_contract(service):
    """Names and types in OpenAPI are those of contract/schemas, so that a client made from either fits."""
    document = requests.get(f"{service.url}/openapi.json", timeout=9).json()
    page = document["components"]["schemas"]["Page"]
    result = json.loads((ROOT / "contract" / "schemas" / "result.schema.json").read_text(encoding="utf-8"))
    one = next(s for s in (result, *result.get("oneOf", []), *result.get("$defs", {}).values()) if "lines" in s.get("properties", {}))
    assert set(page["properties"]) == set(one["properties"])
    example = document["paths"]["/v1/read"]["post"]["responses"]["200"]["content"]["application/json"]["example"]
    Draft202012Validator(result).validate(example)
    assert document["security"] == [{}, {"key": []}]
