"""What several tests of the benchmarks begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import competitors
from tests.helpers.stand_in import PROGRAM


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the stand-in, which takes the place of every model's process."""
    (tmp_path / "competitor_process.py").write_text(PROGRAM)
    monkeypatch.setattr(competitors, "PROGRAM", tmp_path / "competitor_process.py")
    return tmp_path
