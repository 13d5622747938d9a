"""The benchmark of bulk reading measures the real command and the real reader, in small."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.bulk import parse

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_small_run_measures_every_side(tmp_path):
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'ctpn[ray]'")
    sizes = ["--photos", "32", "--jobs", "1", "--many", "30", "--out", str(tmp_path / "bulk.json")]
    command = [sys.executable, "-m", "benchmarks.bulk", *sizes]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"RAY_AUTH_MODE": "disabled"}, timeout=500)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "bulk.json").read_text())
    rates = found["rates"]["1"]
    assert min(rates.values()) > 0 and 0.3 < rates["pool_share"] < 3
    assert found["memory"]["photos"] == 30 and 50 < found["memory"]["last_mb"] < 1000
    assert 100 < found["row_bytes"] < found["bytes"]
    assert "of the bare readers' throughput" in done.stdout


def test_too_few_photos_for_a_rate_are_refused(capsys):
    with pytest.raises(SystemExit) as stop:
        parse(["--photos", "32"])
    assert stop.value.code == 2 and "expected more than" in capsys.readouterr().err
