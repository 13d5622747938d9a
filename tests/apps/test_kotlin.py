"""The Android demo's own tests, on what Python reads now: that `make android` has run all of them; and its style."""

import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from contract.generator.form import HERE as GOLDEN
from contract.generator.stages import load
from tests.helpers.reader_case import photos

DEMO = Path(__file__).parents[2] / "android-demo"


@pytest.fixture(scope="module")
def suites(apk):
    """Surefire's figures of each test class; the build has run them."""
    reports = [ET.parse(f).getroot() for f in sorted(DEMO.glob("*/target/surefire-reports/TEST-*.xml"))]
    return {suite.get("name").rpartition(".")[2]: suite for suite in reports}


def test_every_golden_vector_was_tried(suites):
    vectors = sum(len(load(f)["cases"]) for f in GOLDEN.glob("*.json"))
    assert vectors > 300 and len(suites["GoldenTest"].findall("testcase")) == vectors + 2


def test_the_real_models_read_every_photo(suites):
    assert len(suites["TextReaderTest"].findall("testcase")) == 2 * len(photos()) + 5


def test_every_test_file_was_run(suites):
    written = {f.stem for f in DEMO.glob("*/src/test/kotlin/**/*Test.kt")}
    assert len(written) > 12 and set(suites) == written


def test_nothing_was_skipped(suites):
    assert [(name, s.get("skipped")) for name, s in suites.items() if s.get("skipped") != "0"] == []


@pytest.mark.skipif(not shutil.which("mvn"), reason="mvn not found; on Debian: make android-tools")
def test_the_style_is_ktlints():
    done = subprocess.run(["mvn", "-q", "-B", "-ntp", "-f", DEMO / "pom.xml", "ktlint:check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


def test_core_knows_no_phone_and_no_runtime():
    sources = sorted((DEMO / "core" / "src" / "main").rglob("*.kt"))
    assert len(sources) > 10
    for file in sources:
        text = file.read_text(encoding="utf-8")
        assert "android." not in text and "androidx" not in text and "onnxruntime" not in text, file
    assert all("import android" not in f.read_text(encoding="utf-8") for f in (DEMO / "reader" / "src" / "main").rglob("*.kt"))
