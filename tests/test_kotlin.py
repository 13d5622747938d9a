"""The demo's core and reader in Kotlin: their own tests, on what Python reads now, and their style."""

import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.golden.form import HERE as GOLDEN
from tests.golden.stages import load
from tests.reader_case import make, photos

DEMO = Path(__file__).parents[1] / "android-demo"
LACKING = [tool for tool in ("javac", "mvn") if not shutil.which(tool)]
pytestmark = pytest.mark.skipif(bool(LACKING), reason=f"{', '.join(LACKING)} not found; on Debian: make android-tools")


def maven(*words):
    done = subprocess.run(["mvn", "-q", "-B", "-ntp", "-f", DEMO / "pom.xml", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


@pytest.fixture(scope="module")
def suites(tmp_path_factory):
    """Surefire's figures of each test class of core and reader: all of them have passed."""
    case = tmp_path_factory.mktemp("reader_case")
    make(case)
    for module in ("core", "reader"):
        shutil.rmtree(DEMO / module / "target" / "surefire-reports", ignore_errors=True)
    maven("-pl", "core,reader", "test", f"-Dctpn.case={case}")
    reports = [ET.parse(f).getroot() for m in ("core", "reader") for f in sorted((DEMO / m).glob("target/surefire-reports/TEST-*.xml"))]
    return {suite.get("name").rpartition(".")[2]: suite for suite in reports}


def test_every_golden_vector_was_tried(suites):
    vectors = sum(len(load(f)["cases"]) for f in GOLDEN.glob("*.json"))
    assert vectors > 300 and len(suites["GoldenTest"].findall("testcase")) == vectors + 2


def test_the_real_models_read_every_photo(suites):
    assert len(suites["TextReaderTest"].findall("testcase")) == 2 * len(photos()) + 5
    assert {"BundleTest", "RecognizeTest", "ManifestTest", "ScreenTest"} <= set(suites)


def test_nothing_was_skipped(suites):
    assert [(name, s.get("skipped")) for name, s in suites.items() if s.get("skipped") != "0"] == []


def test_the_style_is_ktlints():
    maven("ktlint:check")


def test_core_knows_no_phone_and_no_runtime():
    sources = sorted((DEMO / "core" / "src" / "main").rglob("*.kt"))
    assert len(sources) > 10
    for file in sources:
        text = file.read_text(encoding="utf-8")
        assert "android." not in text and "androidx" not in text and "onnxruntime" not in text, file
    assert all("import android" not in f.read_text(encoding="utf-8") for f in (DEMO / "reader" / "src" / "main").rglob("*.kt"))
