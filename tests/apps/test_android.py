"""The Android app's sources: strings, pictures and versions that two files must have alike."""

import re
import xml.etree.ElementTree as ET

from ctpn.version import __version__
from tests.helpers.pom import DEMO, pom_properties


def test_every_string_is_there_in_both_languages():
    """By name and kind, with the same places for values."""
    english, chinese = (strings(DEMO / "app" / "src" / "main" / "res" / d / "strings.xml") for d in ("values", "values-zh"))
    assert english == chinese
    assert len(english) > 40


def strings(file):
    found = {}
    for element in ET.parse(file).getroot():
        texts = [element] if element.tag == "string" else list(element)
        places = sorted({p for text in texts for p in re.findall(r"%(?:\d\$)?[.\d]*[sdf]", text.text)})
        found[element.tag, element.get("name")] = (places, len(texts) if element.tag == "string-array" else 1)
    return found


def test_readme_shows_pictures_that_are_there():
    for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", (DEMO / "README.md").read_text(encoding="utf-8")):
        assert (DEMO / picture).stat().st_size > 10_000, picture


SAME = {  # a version's name in Gradle's catalogue and in Maven's properties
    "app": "version", "android-min": "android.min", "android-target": "android.target", "kotlin": "kotlin.version",
    "json": "json.version", "onnxruntime": "ort.version", "junit4": "junit4.version", "junit5": "junit.version",
    "robolectric": "robolectric.version",
}  # fmt: skip


def test_gradle_and_maven_have_the_same_versions():
    ours, catalogue = pom_properties(), (DEMO / "gradle" / "libs.versions.toml").read_text(encoding="utf-8")
    gradle = dict(re.findall(r'^([\w-]+) = "([^"]+)"', catalogue, re.M))
    assert {name: gradle[name] for name in SAME} == {name: ours[key] for name, key in SAME.items()}
    assert gradle["app"] == __version__
    assert set(gradle) - set(SAME) == {"android-plugin"}  # Maven has no part in that one


def test_gradle_and_maven_build_the_same_modules_of_the_same_libraries():
    modules = re.findall(r"<module>(\w+)</module>", (DEMO / "pom.xml").read_text(encoding="utf-8"))
    assert re.findall(r'":(\w+)"', (DEMO / "settings.gradle.kts").read_text(encoding="utf-8")) == modules
    catalogue = (DEMO / "gradle" / "libs.versions.toml").read_text(encoding="utf-8")
    names = {n.replace("-", "."): m for n, m in re.findall(r'^([\w-]+) = \{ module = "[^":]+:([^"]+)"', catalogue, re.M)}
    for module in modules:
        pom, kts = ((DEMO / module / name).read_text(encoding="utf-8") for name in ("pom.xml", "build.gradle.kts"))
        used = {names[n] for n in re.findall(r"\(libs\.([\w.]+)\)", kts.split("dependencies {")[1])}
        declared = set(re.findall(r"<dependency>\s*<groupId>[^<]+</groupId>\s*<artifactId>([\w-]+)</artifactId>", pom))
        # Modules, and what each build adds by itself.
        beside = {"core", "reader", "kotlin-stdlib", "android-all", "onnxruntime-android"}
        assert used - beside == declared - beside, module
