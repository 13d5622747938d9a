"""One thread, and the same examples in every run; and a bundle, made once for all who look at it."""

import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before anything loads numpy or torch

import cv2
import pytest
from hypothesis import settings

cv2.setNumThreads(1)
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Exports and apps are slow as a whole."""
    for item in items:
        if {"export", "apps"} & set(item.path.relative_to(item.config.rootpath).parts):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def shipped_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a bundle of what ships, for tests that change nothing in it."""
    from export.bundle import main

    folder = tmp_path_factory.mktemp("bundle") / "made"
    assert main(["--out", str(folder)]) == 0
    return folder
