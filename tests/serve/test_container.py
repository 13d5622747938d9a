"""The Dockerfile and the compose file: linted, with arguments that the service knows. They are not run here."""

import json
import subprocess
import sys
from pathlib import Path

import yaml

from ctpn.serve import __main__ as serve
from tests.helpers.service import ROOT

DOCKERFILE, COMPOSE = ROOT / "ctpn" / "serve" / "Dockerfile", ROOT / "ctpn" / "serve" / "compose.yaml"
RULES = "{extends: default, rules: {line-length: {max: 140}, document-start: disable}}"


def test_the_linters_have_nothing_to_say():
    hadolint = [str(Path(sys.executable).with_name("hadolint")), str(DOCKERFILE)]
    for command in (hadolint, [sys.executable, "-m", "yamllint", "-d", RULES, str(COMPOSE)]):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_it_runs_as_nobody_with_a_read_only_root():
    service = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]["ctpn"]
    assert service["read_only"] is True and service["user"] == "65534:65534" and service["cap_drop"] == ["ALL"]
    assert "USER 65534:65534" in DOCKERFILE.read_text(encoding="utf-8")
    assert float(service["stop_grace_period"].removesuffix("s")) > serve.DRAIN_TIME


def test_the_service_knows_their_arguments_and_what_is_copied_exists():
    text = DOCKERFILE.read_text(encoding="utf-8")
    entry = next(line for line in text.splitlines() if line.startswith("ENTRYPOINT"))
    arguments = json.loads(entry.removeprefix("ENTRYPOINT "))
    assert arguments[:3] == ["python", "-m", "ctpn.serve"]
    compose = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]["ctpn"]["command"]
    args = serve.parse([*arguments[3:], *compose])
    assert (args.host, args.workers) == ("0.0.0.0", 2) and args.database.startswith("postgresql+psycopg://")
    copied = [name for line in text.splitlines() if line.startswith("COPY ") and "--from" not in line for name in line.split()[1:-1]]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert copied and all((ROOT / name).exists() and f"!{name}" in ignored for name in copied)
