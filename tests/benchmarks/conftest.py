"""What several tests of the benchmarks begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import sides
from tests.helpers.stand_in import PROGRAM


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the stand-in, which takes the place of every model's process."""
    (tmp_path / "worker.py").write_text(PROGRAM)
    monkeypatch.setattr(sides, "WORKER", tmp_path / "worker.py")
    return tmp_path
