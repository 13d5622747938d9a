"""The lines of docs/backend.md that fetch a bundle do so, against a running service, and refuse what is not signed."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import ctpn
from ctpn.errors import ModelError
from ctpn.serve.bundles import publish
from export.sign import main as sign
from tests.helpers.service import ROOT

SWIFT = ROOT / "ios-demo" / "Tests" / "NewerBundle" / "NewerBundle.swift"
BUILT = ROOT / "ios-demo" / ".build" / "debug" / "newer-bundle"


def lines(language):
    """The lines of a language in docs/backend.md."""
    return re.search(rf"```{language}\n(.*?)```", (ROOT / "docs" / "backend.md").read_text(encoding="utf-8"), re.S)[1]


def test_an_app_fetches_verifies_and_swaps_a_bundle(started, shipped_bundle: Path, tmp_path: Path, capsys):
    service, names = started(), {}
    exec(lines("python"), names)
    newer, key, bundles = names["newer_bundle"], tmp_path / "k.pub.pem", tmp_path / "bundles"
    bundles.mkdir()
    assert sign(["--new-key", str(tmp_path / "k.pem")]) == 0 and newer(service.url, key, 0, bundles) is None
    shutil.copytree(shipped_bundle, tmp_path / "signed")
    assert sign([str(tmp_path / "signed"), "--key", str(tmp_path / "k.pem"), "--release", "2"]) == 0
    publish(tmp_path / "signed", service.data / "bundles", ctpn.Trust.of([key]))
    found = newer(service.url, key, 1, bundles)
    assert found == bundles / "2" and newer(service.url, key, 2, bundles) is None
    ctpn.TextReader(found, trust=ctpn.Trust.of([key], 2), threads=1).close()
    publish(shipped_bundle, service.data / "bundles", None)  # by somebody without the key
    with pytest.raises(Exception, match="404"):
        newer(service.url, key, 2, bundles)
    (service.data / "bundles" / "2" / "charset.txt").write_text("x")
    shutil.rmtree(service.data / "bundles" / "3")
    with pytest.raises(ModelError, match=r"charset\.txt: expected"):
        newer(service.url, key, 1, bundles)
    assert [f.name for f in bundles.iterdir() if f.name.isdigit()] == ["2"]
    capsys.readouterr()


def test_the_lines_in_swift_are_those_that_are_built():
    assert lines("swift") == SWIFT.read_text(encoding="utf-8")


@pytest.mark.skipif(not BUILT.is_file(), reason="newer-bundle is not built; make ios builds it")
def test_the_lines_in_swift_do_the_same(started, shipped_bundle: Path, tmp_path: Path, capsys):
    service, key, bundles = started(), tmp_path / "k.pub.pem", tmp_path / "bundles"
    bundles.mkdir()

    def newer(in_use):
        run = [ROOT / ".cache" / "swift-trixie" / "run", BUILT, service.url, key, str(in_use), bundles]
        done = subprocess.run(run, capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else done.stderr

    assert sign(["--new-key", str(tmp_path / "k.pem")]) == 0 and newer(0) == ""
    shutil.copytree(shipped_bundle, tmp_path / "signed")
    assert sign([str(tmp_path / "signed"), "--key", str(tmp_path / "k.pem"), "--release", "2"]) == 0
    publish(tmp_path / "signed", service.data / "bundles", ctpn.Trust.of([key]))
    assert newer(1) == str(bundles / "2") and newer(2) == ""
    ctpn.TextReader(bundles / "2", trust=ctpn.Trust.of([key], 2), threads=1).close()
    publish(shipped_bundle, service.data / "bundles", None)  # by somebody without the key
    assert "-1011" in newer(2)  # URLError's badServerResponse: there is no signature.json
    (service.data / "bundles" / "2" / "charset.txt").write_text("x")
    shutil.rmtree(service.data / "bundles" / "3")
    assert "charset.txt: expected" in newer(1)
    assert [f.name for f in bundles.iterdir()] == ["2"]
    capsys.readouterr()
