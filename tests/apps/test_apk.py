"""The APK that `make android` has built is what a phone installs; without one, or without its tools, these tests are skipped."""

import hashlib
import json
import re
import shutil
import struct
import subprocess
import zipfile

import pytest

from ctpn.contract.phone import parse_phone
from ctpn.version import __version__
from tests.helpers.pom import DEMO, pom_properties

APK = DEMO / "app" / "target" / f"ctpn-{__version__}-debug.apk"
PAGE = 16384


def output(*command):
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} not found; on Debian: make android-tools")
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def apk():
    """The APK for phones and emulators."""
    if not APK.exists():
        pytest.skip(f"no {APK.name}; make android builds it and runs these tests")
    return APK


@pytest.fixture(scope="module")
def phone_apk(apk):
    return apk.with_name(f"{apk.stem}-arm64-v8a.apk")


def entries(file):
    """Name, compression and offset of the bytes, of every file in an APK."""
    with zipfile.ZipFile(file) as z, file.open("rb") as f:
        for info in z.infolist():
            f.seek(info.header_offset + 26)
            name, extra = struct.unpack("<HH", f.read(4))
            yield info.filename, info.compress_type, info.header_offset + 30 + name + extra


def test_badging(apk):
    badging, permissions = output("aapt2", "dump", "badging", apk), output("aapt2", "dump", "permissions", apk)
    versions = pom_properties()
    for expected in (
        f"package: name='ctpn.app' versionCode='1' versionName='{__version__}'", f"sdkVersion:'{versions['android.min']}'",
        f"targetSdkVersion:'{versions['android.target']}'", "launchable-activity: name='ctpn.app.MainActivity'",
        "native-code: 'arm64-v8a' 'x86_64'", "application-debuggable",
    ):  # fmt: skip
        assert expected in badging, badging
    assert "uses-permission" not in permissions, permissions  # no INTERNET, and nothing else either
    assert "android.permission" not in badging, badging


def test_signature(apk, phone_apk):
    for file in (apk, phone_apk):
        report = output("apksigner", "verify", "--verbose", "--min-sdk-version", "26", file)
        assert "Verified using v2 scheme (APK Signature Scheme v2): true" in report, report


def test_libraries_are_mapped_from_pages_of_16_kb(apk, phone_apk):
    for file, abis in ((apk, {"arm64-v8a", "x86_64"}), (phone_apk, {"arm64-v8a"})):
        libraries = [e for e in entries(file) if e[0].endswith(".so")]
        names = {f"lib/{abi}/{name}" for abi in abis for name in ("libonnxruntime.so", "libonnxruntime4j_jni.so")}
        assert {name for name, _, _ in libraries} == names
        assert all(compression == zipfile.ZIP_STORED and offset % PAGE == 0 for _, compression, offset in libraries), libraries
        with zipfile.ZipFile(file) as z:
            assert all(min_alignment(z.read(name)) >= PAGE for name in names)


def min_alignment(elf):
    """The smallest alignment of the segments of a 64-bit ELF file that are loaded."""
    (start,) = struct.unpack_from("<Q", elf, 0x20)
    size, count = struct.unpack_from("<HH", elf, 0x36)
    headers = [struct.unpack_from("<IIQQQQQQ", elf, start + i * size) for i in range(count)]
    return min(h[7] for h in headers if h[0] == 1)


def test_resources_are_as_android_11_requires(apk):
    """Stored, and on a multiple of 4 bytes; else a phone refuses to install."""
    assert [(p, o % 4) for n, p, o in entries(apk) if n == "resources.arsc"] == [(zipfile.ZIP_STORED, 0)]


def test_classes(apk):
    with zipfile.ZipFile(apk) as z:
        dex = [n for n in z.namelist() if re.fullmatch(r"classes\d*\.dex", n)]
        assert dex and all(z.read(n)[:4] == b"dex\n" for n in dex)
        code = b"".join(z.read(n) for n in dex)
    for name in (
        b"Lctpn/app/MainActivity;",
        b"Lctpn/core/screen/Screen;",
        b"Lctpn/core/TextReader;",
        b"Lctpn/reader/OpenReaderKt;",
        b"Lai/onnxruntime/OrtSession;",
        b"Lkotlin/Unit;",
    ):
        assert name in code, name
    assert b"TelemetryInitializer" not in code and b"java/net/HttpURLConnection" not in code


def test_the_bundle_inside_is_complete(apk):
    with zipfile.ZipFile(apk) as z:
        manifest = json.loads(z.read("assets/bundle/manifest.json"))
        inside = {n.removeprefix("assets/bundle/") for n in z.namelist() if n.startswith("assets/bundle/")}
        assert inside == {"manifest.json", *manifest["files"]}
        sums = {n: hashlib.sha256(z.read(f"assets/bundle/{n}")).hexdigest() for n in manifest["files"]}
    assert sums == {n: expected["sha256"] for n, expected in manifest["files"].items()}
    assert manifest["version"] == __version__


def test_size(phone_apk):
    assert phone_apk.stat().st_size <= 35_000_000


def test_the_benchmark_writes_what_the_report_reads(apk):
    """The file that the app's own test measured and shared."""
    data = parse_phone(apk.with_name("ctpn-benchmark.json").read_bytes(), "ctpn-benchmark.json")
    assert data["app"] == {"name": "android", "version": __version__} and data["golden"]
    with zipfile.ZipFile(apk) as z:
        assert data["bundle"]["manifest"] == hashlib.sha256(z.read("assets/bundle/manifest.json")).hexdigest()
