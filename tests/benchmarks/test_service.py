"""The backend's load test measures a real service, in small."""

import json

import pytest

from benchmarks.service import main


@pytest.mark.slow
def test_a_small_run_measures_everything(tmp_path, capsys):
    out = tmp_path / "service.json"
    sizes = ["--seconds", "1", "--requests", "20", "--connections", "40", "--uploads", "15"]
    assert main([*sizes, "--out", str(out)]) == 0
    found = json.loads(out.read_text())
    assert 0.2 < found["share"] < 5 and found["bare"] > 0 and set(found["loads"]) == {"50", "90"}
    assert all(0 < load["p50_ms"] <= load["p99_ms"] for load in found["loads"].values())
    assert found["restart"]["answered"] == found["restart"]["sent"] > 0
    assert sum(found["hostile"]["statuses"].values()) == 15 and found["hostile"]["died"] == 0
    assert set(found["hostile"]["statuses"]) <= {"200", "400", "413", "422"}
    assert found["idle"] == {"connections": 40, "read": True, "closed": True}
    assert found["memory"]["last_mb"] < 1.2 * found["memory"]["first_mb"]
    assert "of the reader's own throughput" in capsys.readouterr().out
