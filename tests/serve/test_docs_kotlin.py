"""The lines of docs/backend.md in Kotlin: compiled with the Android app's core and reader, they fetch from a running service."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import ctpn
from ctpn.serve.bundles import publish
from export.sign import main as sign
from tests.helpers.pom import DEMO, pom_properties
from tests.helpers.service import ROOT

MAIN = """
fun main(arguments: Array<String>) {
    val (service, key, inUse, bundles) = arguments
    try {
        println(newerBundle(service, File(key).readText(), inUse.toLong(), File(bundles)))
    } catch (e: ctpn.core.CtpnException) {
        println("refused: ${e.message}")
    } catch (e: java.io.IOException) {
        println("failed: $e")
    }
}
"""
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <parent><groupId>ctpn</groupId><artifactId>android-demo</artifactId><version>{version}</version><relativePath>{parent}</relativePath></parent>
  <artifactId>lines</artifactId>
  <dependencies>
    <dependency><groupId>org.jetbrains.kotlin</groupId><artifactId>kotlin-stdlib</artifactId></dependency>
    <dependency><groupId>org.jetbrains.kotlinx</groupId><artifactId>kotlinx-serialization-json-jvm</artifactId></dependency>
    <dependency><groupId>com.microsoft.onnxruntime</groupId><artifactId>onnxruntime</artifactId></dependency>
  </dependencies>
  <build><plugins><plugin>
    <groupId>org.jetbrains.kotlin</groupId><artifactId>kotlin-maven-plugin</artifactId>
    <executions><execution><id>compile</id><configuration><sourceDirs>{sources}</sourceDirs></configuration></execution></executions>
  </plugin></plugins></build>
</project>
"""


@pytest.fixture(scope="module")
def classpath(tmp_path_factory) -> str:
    """What java needs to run the lines."""
    if not shutil.which("mvn") or not shutil.which("javac"):
        pytest.skip("no JDK or no Maven; on Debian: make android-tools")
    folder: Path = tmp_path_factory.mktemp("lines")
    found = re.search(r"```kotlin\n(.*?)```", (ROOT / "docs" / "backend.md").read_text(encoding="utf-8"), re.S)
    assert found
    (folder / "src").mkdir()
    (folder / "src" / "Lines.kt").write_text(found[1] + MAIN, encoding="utf-8")
    sources = [folder / "src", *(DEMO / module / "src/main/kotlin" for module in ("core", "reader"))]
    values = {"version": pom_properties()["version"], "parent": os.path.relpath(DEMO / "pom.xml", folder)}
    listed = "".join(f"<sourceDir>{s}</sourceDir>" for s in sources)
    (folder / "pom.xml").write_text(POM.format(**values, sources=listed), encoding="utf-8")
    jars = ["dependency:build-classpath", "-Dmdep.outputFile=jars.txt", "-Dmdep.includeScope=runtime"]  # without what is for tests
    done = subprocess.run(["mvn", "-B", "-ntp", "-q", "compile", *jars], cwd=folder, capture_output=True, text=True)
    if done.returncode and re.search(r"could not be resolved|Could not transfer|Cannot access", done.stdout):
        pytest.skip("Maven cannot fetch the Kotlin compiler here; make android fetches it")
    assert done.returncode == 0, done.stdout[-3000:]
    return f"{folder / 'target' / 'classes'}{os.pathsep}{(folder / 'jars.txt').read_text().strip()}"


def test_an_app_in_kotlin_fetches_verifies_and_swaps_a_bundle(classpath, started, shipped_bundle: Path, tmp_path: Path, capsys):
    service, key, bundles = started(), tmp_path / "k.pub.pem", tmp_path / "bundles"
    published = service.data / "bundles"
    bundles.mkdir()

    def newer(in_use: int) -> str:
        command = ["java", "-XX:TieredStopAtLevel=1", "-cp", classpath, "LinesKt", service.url, str(key), str(in_use), str(bundles)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert sign(["--new-key", str(tmp_path / "k.pem")]) == 0
    shutil.copytree(shipped_bundle, tmp_path / "signed")
    for release in ("2", "3"):
        assert newer(int(release) - 1) == "null"  # nothing that is newer
        assert sign([str(tmp_path / "signed"), "--key", str(tmp_path / "k.pem"), "--release", release]) == 0
        publish(tmp_path / "signed", published, ctpn.Trust.of([key]))
        assert newer(int(release) - 1) == str(bundles / release)
        ctpn.TextReader(bundles / release, trust=ctpn.Trust.of([key], int(release)), threads=1).close()
    publish(shipped_bundle, published, None)  # as release 4, by somebody without the key
    assert newer(3).startswith("failed: java.io.FileNotFoundException")
    shutil.rmtree(published / "4")
    shutil.rmtree(bundles / "3")
    intact = (published / "3" / "manifest.json").read_bytes()
    (published / "3" / "manifest.json").write_bytes(intact.replace(b'"version"', b' "version"', 1))
    assert newer(2).startswith("refused: signature.json: does not fit the manifest")
    (published / "3" / "manifest.json").write_bytes(intact)
    (published / "3" / "charset.txt").write_text("x")
    assert newer(2).startswith("refused: charset.txt: expected")
    assert [f.name for f in bundles.iterdir()] == ["2"]  # nothing half-fetched stays
    capsys.readouterr()
