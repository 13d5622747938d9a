"""What several tests of training begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.printed_pages import printed_pages


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A set of four small pages."""
    return printed_pages(tmp_path / "set")
