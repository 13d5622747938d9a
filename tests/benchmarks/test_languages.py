"""The times of the stages in each language."""

import pytest

from benchmarks import languages
from ctpn.errors import CtpnError


def test_medians_and_bests_are_by_language_and_stage():
    found = languages.summary({"Python": {"fit": [4.0, 3.0, 8.0]}, "Swift": {"fit": [2.0, 1.006]}})
    assert found == {
        "median_ms": {"Python": {"fit": 4.0}, "Swift": {"fit": 1.5}},
        "best_ms": {"Python": {"fit": 3.0}, "Swift": {"fit": 1.01}},
    }


def test_without_the_case_it_says_how_to_write_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(languages, "CASE", tmp_path)
    assert languages.main([]) == 1
    assert "tests.helpers.reader_case out/reader-case" in capsys.readouterr().err


def test_swift_that_cannot_be_built_is_named(tmp_path, monkeypatch):
    script = tmp_path / "ios-demo" / "test.sh"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\necho no toolchain >&2\nexit 1\n")
    script.chmod(0o755)
    monkeypatch.setattr(languages, "ROOT", tmp_path)
    with pytest.raises(CtpnError, match=r"no times \(no toolchain\); run make ios"):
        languages.swift_times()


def test_kotlin_is_what_maven_builds(tmp_path, monkeypatch):
    maven = tmp_path / "mvn"
    maven.write_text('#!/bin/sh\necho \'{"fit": [2.5]}\' > "$STAGE_TIMES"\n')
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert languages.kotlin_times() == {"fit": [2.5]}
    maven.write_text("#!/bin/sh\necho no compiler\nexit 1\n")
    with pytest.raises(CtpnError, match=r"mvn: no times \(no compiler\); run make android"):
        languages.kotlin_times()
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    with pytest.raises(CtpnError, match="mvn: not found"):
        languages.kotlin_times()
