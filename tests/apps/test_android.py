"""The Android app: built by `make android` where its tools are, and the APK is what a phone installs."""

import hashlib
import json
import re
import struct
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pytest

from benchmarks import phones
from ctpn.version import __version__

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "android-demo"
PAGE = 16384


def told(*command):
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def phone_apk(apk):
    return apk.with_name(f"{apk.stem}-arm64-v8a.apk")


def entries(file):
    """Name, kind of packing and offset of the bytes, of every file in an APK."""
    with zipfile.ZipFile(file) as z, file.open("rb") as f:
        for info in z.infolist():
            f.seek(info.header_offset + 26)
            name, extra = struct.unpack("<HH", f.read(4))
            yield info.filename, info.compress_type, info.header_offset + 30 + name + extra


def test_badging(apk):
    badging, permissions = told("aapt2", "dump", "badging", apk), told("aapt2", "dump", "permissions", apk)
    versions = pom_properties()
    for wanted in (
        f"package: name='ctpn.app' versionCode='1' versionName='{__version__}'", f"sdkVersion:'{versions['android.min']}'",
        f"targetSdkVersion:'{versions['android.target']}'", "launchable-activity: name='ctpn.app.MainActivity'",
        "native-code: 'arm64-v8a' 'x86_64'", "application-debuggable",
    ):  # fmt: skip
        assert wanted in badging, badging
    assert "uses-permission" not in permissions, permissions  # no INTERNET, and nothing else either
    assert "android.permission" not in badging, badging


def test_signature(apk, phone_apk):
    for file in (apk, phone_apk):
        said = told("apksigner", "verify", "--verbose", "--min-sdk-version", "26", file)
        assert "Verified using v2 scheme (APK Signature Scheme v2): true" in said, said


def test_libraries_are_mapped_from_pages_of_16_kb(apk, phone_apk):
    for file, abis in ((apk, {"arm64-v8a", "x86_64"}), (phone_apk, {"arm64-v8a"})):
        libraries = [e for e in entries(file) if e[0].endswith(".so")]
        names = {f"lib/{abi}/{name}" for abi in abis for name in ("libonnxruntime.so", "libonnxruntime4j_jni.so")}
        assert {name for name, _, _ in libraries} == names
        assert all(packed == zipfile.ZIP_STORED and offset % PAGE == 0 for _, packed, offset in libraries), libraries
        with zipfile.ZipFile(file) as z:
            assert all(least_alignment(z.read(name)) >= PAGE for name in names)


def least_alignment(elf):
    """Of the parts of a 64-bit ELF file that are loaded."""
    (start,) = struct.unpack_from("<Q", elf, 0x20)
    size, count = struct.unpack_from("<HH", elf, 0x36)
    headers = [struct.unpack_from("<IIQQQQQQ", elf, start + i * size) for i in range(count)]
    return min(h[7] for h in headers if h[0] == 1)


def test_what_android_11_wants_of_resources(apk):
    """Stored, and on a multiple of 4 bytes; else a phone refuses to install."""
    assert [(p, o % 4) for n, p, o in entries(apk) if n == "resources.arsc"] == [(zipfile.ZIP_STORED, 0)]


def test_classes(apk):
    with zipfile.ZipFile(apk) as z:
        dex = [n for n in z.namelist() if re.fullmatch(r"classes\d*\.dex", n)]
        assert dex and all(z.read(n)[:4] == b"dex\n" for n in dex)
        code = b"".join(z.read(n) for n in dex)
    for name in (
        b"Lctpn/app/MainActivity;",
        b"Lctpn/core/Screen;",
        b"Lctpn/reader/TextReader;",
        b"Lai/onnxruntime/OrtSession;",
        b"Lkotlin/Unit;",
    ):
        assert name in code, name
    assert b"TelemetryInitializer" not in code and b"java/net/HttpURLConnection" not in code


def test_the_bundle_is_inside_and_whole(apk):
    with zipfile.ZipFile(apk) as z:
        manifest = json.loads(z.read("assets/bundle/manifest.json"))
        inside = {n.removeprefix("assets/bundle/") for n in z.namelist() if n.startswith("assets/bundle/")}
        assert inside == {"manifest.json", *manifest["files"]}
        sums = {n: hashlib.sha256(z.read(f"assets/bundle/{n}")).hexdigest() for n in manifest["files"]}
    assert sums == {n: wanted["sha256"] for n, wanted in manifest["files"].items()}
    assert manifest["version"] == __version__


def test_size(phone_apk):
    assert phone_apk.stat().st_size <= 35_000_000


def test_the_benchmark_writes_what_the_report_reads(apk):
    """The file that the app's own test measured and shared."""
    data = phones.read(apk.with_name("ctpn-benchmark.json"))
    assert data["app"] == {"name": "android", "version": __version__} and data["golden"]
    with zipfile.ZipFile(apk) as z:
        assert data["bundle"]["manifest"] == hashlib.sha256(z.read("assets/bundle/manifest.json")).hexdigest()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from Linux's /proc")
def test_reading_the_largest_photo_leaves_room_in_200_mb(apk):
    """A heap of 48 MB, and what lies beside it, leave 35 MB for Android's own part and 25 MB for the bitmap that is shown."""
    jars = apk.with_name("classpath.txt").read_text(encoding="utf-8").split(":")
    stdlib = Path(next(jar for jar in jars if "kotlin-stdlib" in jar))
    ort = pom_properties()["ort.version"]
    jars += [str(stdlib.parents[5] / "com" / "microsoft" / "onnxruntime" / "onnxruntime" / ort / f"onnxruntime-{ort}.jar")]
    jars += [str(DEMO / "reader" / "target" / "test-classes")]
    heap = ("-Xms48m", "-Xmx48m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
    bundle = DEMO / "app" / "src" / "main" / "assets" / "bundle"
    said = told("java", *heap, "-cp", ":".join(jars), "ctpn.reader.MemoryKt", bundle, "2896", "2172")
    lines, kilobytes = map(int, re.findall(r"\d+", said))
    assert lines > 10 and 48 * 1024 + kilobytes < (200 - 25 - 35) * 1e6 / 1024, said


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


def pom_properties():
    space = "{http://maven.apache.org/POM/4.0.0}"
    root = ET.parse(DEMO / "pom.xml").getroot()
    return {p.tag.removeprefix(space): p.text for p in root.find(f"{space}properties")} | {"version": root.find(f"{space}version").text}


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
        # Modules, and what each build brings by itself.
        beside = {"core", "reader", "kotlin-stdlib", "android-all", "onnxruntime-android"}
        assert used - beside == declared - beside, module
