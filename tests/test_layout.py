"""The documents, the imports, and nothing of this machine in the tree."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.report.__main__ import RESULTS
from benchmarks.report.headline import headline, updated
from benchmarks.report.results import StoredResults
from ctpn.version import __version__
from tests.helpers.wheel import tracked_files

ROOT = Path(__file__).parents[1]
SOURCES = sorted(p for d in ("ctpn", "export", "benchmarks") for p in (ROOT / d).rglob("*.py"))


def imports(file):
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
    return {m for m in found if m and m.split(".")[0] in ("ctpn", "export", "benchmarks", "tests", "torch")}


def test_public_functions_say_what_they_do():
    for file in SOURCES:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), file
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{file}: {node.name}"


def test_readme_shows_the_stored_results():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert updated(text, headline(StoredResults(RESULTS))) == text, "run python -m benchmarks.report"


def test_the_changelog_begins_with_this_version():
    versions = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert __version__ in versions and versions[0] in (__version__, "Unreleased")


def test_links_of_the_documents_lead_somewhere():
    for file in (ROOT / name for name in tracked_files() if name.endswith(".md")):
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", file.read_text(encoding="utf-8")):
            assert "://" in link or (file.parent / link).exists(), f"{file}: {link}"


def test_readme_commands_exist():
    text, make = (ROOT / "README.md").read_text(encoding="utf-8"), (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"\bmake (\w+)", text))
    assert targets >= {"demo", "test"} and all(re.search(rf"^{t}:", make, re.M) for t in targets)
    for module in re.findall(r"python -m ([\w.]+)", text):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module
    for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", text):
        assert (ROOT / picture).stat().st_size > 10_000, picture


@pytest.mark.skipif(not shutil.which("make"), reason="make not found")
def test_the_makefile_names_nothing_that_is_not_there():
    """A variable that is defined no more is empty, and what it should install is left out without a word."""
    targets = re.search(r"^\.PHONY: (.+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)[1].split()
    done = subprocess.run(["make", "--warn-undefined-variables", "-n", *targets], cwd=ROOT, capture_output=True, text=True)
    assert "android-tools" in targets and (done.returncode, done.stderr) == (0, "")


def test_nothing_of_this_machine_or_of_registries_is_in_the_tree():
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if done.returncode:
        pytest.skip("no git checkout")
    bad = re.compile("|".join(("py" + "pi\\.org", "registry\\.npm" + "js", "repo" + "1\\.maven", "/wo" + "rk/", "/ro" + "ot/")))
    for name in done.stdout.decode().split("\0"):
        file = ROOT / name
        if name and file.suffix in (".py", ".md", ".toml", ".txt", ".yaml", ".json", ".xml", ".kt", ".kts", ".sh", "") and file.is_file():
            assert not bad.search(file.read_text(encoding="utf-8", errors="replace")), name


def test_no_test_imports_another():
    for file in (ROOT / "tests").rglob("*.py"):
        assert not [m for m in imports(file) if re.match(r"tests\.(.*\.)?(test_|conftest)", m)], file


def test_reading_needs_its_dependencies_alone():
    show = "; import sys; print(*{m.split('.')[0] for m in sys.modules})"
    probes = ("import numpy, cv2, onnxruntime, simplejpeg", "import ctpn.__main__; ctpn.TextReader()")
    needed, loaded = (
        set(subprocess.run([sys.executable, "-c", p + show], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())
        for p in probes
    )
    assert loaded >= {"ctpn", "onnxruntime"}  # the probe sees what is loaded
    assert loaded - needed - set(sys.stdlib_module_names) == {"ctpn", "__mp_main__"}  # the latter is multiprocessing's name for __main__
