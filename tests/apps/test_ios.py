"""The iOS app's sources: what Xcode would read, what is newer than the app's iOS, and texts and versions that two files must have alike."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from ctpn.contract.phone import parse_phone
from ctpn.version import __version__
from tests.helpers.pom import DEMO as ANDROID

IOS = ANDROID.parent / "ios-demo"


def tool(name):
    spec = importlib.util.spec_from_file_location(name, IOS / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


project, availability = tool("check_project"), tool("check_availability")


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(IOS, tmp_path / "ios-demo", ignore=shutil.ignore_patterns(".build", "*.xcframework", "bundle"))
    return tmp_path / "ios-demo"


def test_project_plists_catalogues_and_strings_are_in_order():
    assert project.problems(IOS) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("App/Demo.xcodeproj/project.pbxproj", "path = Sources;", "path = Source;", "no folder Source"),
        ("App/Demo.xcodeproj/project.pbxproj", "path = Sources;", "path = Sources", "project.pbxproj: expected ';' after 'Sources'"),
        ("App/Demo.xcodeproj/project.pbxproj", "path = bundle;", "path = bundles;", "the folder bundle is not among the resources"),
        ("App/Demo.xcodeproj/project.pbxproj", "productName = Reader;", "productName = Other;", "Package.swift has no library Other"),
        ("App/Demo.xcodeproj/project.pbxproj", "fileRef = A0000000000000000000001C", "fileRef = A0000000000000000000009C", "not defined"),
        ("App/Demo.xcodeproj/project.pbxproj", 'relativePath = "..";', "relativePath = Sources;", "no Package.swift in Sources"),
        ("App/Demo.xcodeproj/project.pbxproj", "DEPLOYMENT_TARGET = 17.0", "DEPLOYMENT_TARGET = 16.0", "iOS 16.0, Package.swift has 17"),
        ("App/Demo.xcodeproj/project.pbxproj", "path = Resources;", "path = ../Stubs;", "has the stubs"),
        ("App/Demo.xcodeproj/xcshareddata/xcschemes/Demo.xcscheme", "A00000000000000000000010", "B00000000000000000000010", "no target"),
        ("App/Info.plist", "NSCameraUsageDescription", "NSMicrophoneUsageDescription", "NSCameraUsageDescription is missing"),
        ("App/Info.plist", "<array/>", "<array><string>-----BEGIN PRIVATE KEY-----</string></array>", "is no public key's PEM"),
        ("App/Info.plist", "<integer>0</integer>", "<string>7</string>", "MinBundleRelease is no whole number"),
        ("App/Info.plist", "UILaunchScreen", "NSAppTransportSecurity", "NSAppTransportSecurity"),
        ("App/Resources/InfoPlist.xcstrings", "zh-Hans", "ja", "NSCameraUsageDescription has no zh-Hans"),
        ("App/Resources/PrivacyInfo.xcprivacy", "<false/>", "<true/>", "tracking"),
        ("App/Resources/PrivacyInfo.xcprivacy", "<string>35F9.1</string>", "", "SystemBootTime has no reason"),
        ("App/Resources/Assets.xcassets/AppIcon.appiconset/Contents.json", "icon.png", "app.png", "no app.png"),
        ("App/Resources/Localizable.xcstrings", '"mark_hint"', '"mark_tip"', "mark_hint is missing"),
        ("App/Resources/Localizable.xcstrings", '"mark_hint"', '"mark_tip"', "mark_tip is used nowhere"),
        ("App/Resources/Localizable.xcstrings", '"zh-Hans"', '"zh-Hant"', "retake has no zh-Hans"),
        ("App/Resources/Localizable.xcstrings", "区域 %lld", "区域 %@", "region %lld: zh-Hans has other places for values"),
        ("App/Sources/ReaderScreen.swift", "import SwiftUI", "import SwiftUI\nlet a = URLSession.shared", "network: URLSession is used"),
        ("App/Sources/ImageDecoder.swift", "import Foundation\n", "", "ImageDecoder.swift: Data is used; import Foundation"),
        ("Stubs/UIKit/UIKit.swift", "let systemName", "let batteryLevel = 1.0, systemName", "batteryLevel is declared"),
    ],
)  # fmt: skip
def test_each_kind_of_mistake_is_named(copy, file, old, new, problem):
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new), encoding="utf-8")
    found = project.problems(copy)
    assert any(problem in line for line in found), found


def test_an_icon_of_another_size_is_named(copy):
    icon = copy / "App/Resources/Assets.xcassets/AppIcon.appiconset/icon.png"
    data = bytearray(icon.read_bytes())
    data[25] = 6  # with transparency
    icon.write_bytes(data)
    assert project.problems(copy) == ["icon.png: expected 1024 x 1024 without transparency, got 1024 x 1024 of PNG's kind 6"]


def test_nothing_is_newer_than_the_apps_ios():
    done = subprocess.run([sys.executable, IOS / "tools" / "check_availability.py"], capture_output=True, text=True)
    assert (done.returncode, done.stdout[:27]) == (0, "nothing newer than iOS 17 i"), done.stdout


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x.glassEffect()", [(1, "glassEffect", 26)]),
        ("// x.glassEffect()\nlet a = \"MeshGradient\" /* Mutex */", []),
        ("if #available(iOS 18, *) { MeshGradient() } else { a() }\nMeshGradient()", [(2, "MeshGradient", 18)]),
        ("if #available(iOS 18, *) { MeshGradient() }", []),
        ("if #available(iOS 18, *) {\n if a { MeshGradient() }\n x.glassEffect()\n}", [(3, "glassEffect", 26)]),
        ("func f() {\n guard #available(iOS 18, *) else { throw e }\n Mutex(1)\n}\nMutex(1)", [(5, "Mutex", 18)]),
        ("func f() {\n guard #available(iOS 18, *) else { Mutex(1) }\n}", [(2, "Mutex", 18)]),
        ("@available(iOS 26, *) struct A { let b = x.glassEffect() }\nx.glassEffect()", [(2, "glassEffect", 26)]),
        ("if #available(iOS 17.4, *) { MLComputePlan.load() }\nlet functionName = 1", [(2, "functionName", 18)]),
        ("String(validating: bytes, as: UTF8.self)", [(1, "String(validating:", 18)]),
        ("let myMutex = 1; scrollPositions(1)", []),
    ],
)  # fmt: skip
def test_newer_declarations_need_available_at_their_use(text, found):
    assert list(availability.unguarded(text, 17)) == found


def localizations():
    table = json.loads((IOS / "App/Resources/Localizable.xcstrings").read_text(encoding="utf-8"))["strings"]
    return {key.split(" ")[0]: value["localizations"] for key, value in table.items()}


OWN = {  # what a phone of Apple's does otherwise
    "choose_hint", "failed_camera", "camera_hint", "settings", "close", "done_hint", "engine", "engine_automatic", "engine_fastest",
}  # fmt: skip


@pytest.mark.parametrize(("values", "language"), [("values", "en"), ("values-zh", "zh-Hans")])
def test_the_texts_are_those_of_the_android_app(values, language):
    ours = {key: texts(value[language]) for key, value in localizations().items()}
    theirs = {}
    for element in ET.parse(ANDROID / "app/src/main/res" / values / "strings.xml").getroot():
        name, forms = element.get("name"), [item.text for item in element] or [element.text]
        if name == "stages":
            stages = ("whole", "decode", "fit", "detect", "postprocess", "line_crop", "recognize", "ctc")
            theirs |= {f"stage_{stage}": [text] for stage, text in zip(stages, forms, strict=True)}
        elif name != "app_name":
            theirs[name] = [re.sub(r"%(?:(\d)\$)?(?:\.1)?([sdf])", lambda m: f"%{m[1]}" if m[1] else "%", form) for form in forms]
    assert set(ours) - set(theirs) == OWN - {"choose_hint", "failed_camera"}
    assert {k: v for k, v in ours.items() if k not in OWN} == {k: v for k, v in theirs.items() if k not in OWN}


def texts(localization):
    """The forms of a text, with its places as %, %1, %2."""
    plural = localization.get("variations", {}).get("plural", {})
    units = [plural[q] for q in ("one", "other") if q in plural] or [localization]
    return [re.sub(r"%(?:(\d)\$)?(?:lld|@)", lambda m: f"%{m[1]}" if m[1] else "%", u["stringUnit"]["value"]) for u in units]


def test_versions_are_the_projects():
    text = (IOS / "App/Demo.xcodeproj/project.pbxproj").read_text(encoding="utf-8")
    assert set(re.findall(r"MARKETING_VERSION = ([^;]+);", text)) == {__version__}


def test_the_benchmark_writes_what_the_report_reads():
    file = IOS.parent / "out" / "ios-benchmark.json"
    if not file.is_file():
        pytest.skip(f"no {file.name}; make ios writes it")
    data = parse_phone(file.read_bytes(), file.name)
    assert data["app"]["name"] == "ios" and data["golden"] is True and len(data["ms"]["whole"]) == 5


def test_no_picture_of_what_was_never_rendered():
    for file in IOS.rglob("*.md"):
        assert not re.search(r"!\[", file.read_text(encoding="utf-8")), file


def test_bundle_goes_to_the_folder_that_the_project_has():
    from export.bundle import APPS

    assert APPS["ios"] == Path(IOS) / "App" / "bundle"
