"""Versions of the Android app's build."""

import xml.etree.ElementTree as ET
from pathlib import Path

DEMO = Path(__file__).parents[2] / "android-demo"
SPACE = "{http://maven.apache.org/POM/4.0.0}"


def pom_properties() -> dict[str, str]:
    """The properties of android-demo/pom.xml, and its version as "version"."""
    root = ET.parse(DEMO / "pom.xml").getroot()
    properties = root.find(f"{SPACE}properties")
    assert properties is not None
    found = {p.tag.removeprefix(SPACE): p.text or "" for p in properties}
    return found | {"version": root.findtext(f"{SPACE}version") or ""}
