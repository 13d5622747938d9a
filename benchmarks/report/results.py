"""The stored results that have been measured."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.environment import Environment
from benchmarks.report.markdown import Text
from ctpn.contract.phone import parse_phone
from ctpn.errors import CtpnError

COMMANDS = {
    "peers": "python -m benchmarks.peers",
    "reading": "python -m benchmarks.peers --read",
    "kinds": "python -m benchmarks.kinds",
    "stages": "python -m benchmarks.stages",
    "latency": "python -m benchmarks.latency",
    "languages": "python -m benchmarks.languages",
    "parity": "python -m benchmarks.parity",
    "longlines": "python -m benchmarks.longlines",
    "findings": "python -m benchmarks.findings",
    "confirmation_sweep": "python -m benchmarks.confirmation_sweep",
    "arm": "python -m benchmarks.arm",
    "calibration": "python -m benchmarks.calibration",
    "service": "python -m benchmarks.service",
    "bulk": "python -m benchmarks.bulk",
}


class StoredResults:
    """A folder of results, NAME.json each, and phones/ with the files of the apps.

    Attributes:
        data: by name, a key of COMMANDS, of the files that exist.
        phones: by file name, checked.

    Raises:
        CtpnError: a file is damaged, or a phone's file breaks the rules of docs/phone.md.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = {name: _read(folder / f"{name}.json") for name in COMMANDS if (folder / f"{name}.json").exists()}
        self.phones = {file.stem: parse_phone(file.read_bytes(), str(file)) for file in sorted((folder / "phones").glob("*.json"))}

    def needed(self, name: str) -> Any:
        """A result that must exist; the caller gives it the type that its command stores.

        Raises:
            CtpnError: it has not been measured.
        """
        if name not in self.data:
            raise CtpnError(f"{self.folder / name}.json: not measured yet; {COMMANDS[name]}")
        return self.data[name]

    @contextmanager
    def checked(self, name: str) -> Iterator[None]:
        """A context in which values of a result are used; turns errors of its structure into CtpnError.

        Raises:
            CtpnError: it lacks what its command writes.
        """
        try:
            yield
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, StopIteration) as e:
            file, reason = self.folder / f"{name}.json", f"{type(e).__name__} {e}"
            raise CtpnError(f"{file}: not as its command writes it ({reason}); measure again: {COMMANDS[name]}") from None


def _read(file: Path) -> Any:
    try:
        data = json.loads(file.read_bytes())
    except ValueError as e:
        raise CtpnError(f"{file}: expected JSON, got {str(e)[:100]}; remove it and measure again with {COMMANDS[file.stem]}") from None
    if not isinstance(data, dict):
        raise CtpnError(f"{file}: expected an object, got {type(data).__name__}; measure again with {COMMANDS[file.stem]}")
    return data


def environment_line(environment: Environment) -> str:
    """The machine and the versions of a measurement, in one sentence."""
    names = (("onnxruntime", "ONNX Runtime"), ("torch", "PyTorch"), ("executorch", "ExecuTorch"), ("openvino", "OpenVINO"))
    versions = [f"{title} {environment['packages'][name]}" for name, title in names if environment["packages"].get(name)]
    processor = f"{environment['processor']} ({', '.join(environment['flags'])}), {environment['cores']} cores"
    return f"Measured on {processor}, {', '.join(versions)}; {environment['time']}, load {environment['load']:.1f} at the end."


def missing_lines(title: str, missing: list[dict[str, str]]) -> list[Text]:
    """What was not measured, one paragraph per reason; empty where nothing is missing."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for one in missing:
        by_reason.setdefault((one["why"], one["do"]), []).append(one["what"])
    return [Text(f"{title}: {'; '.join(what)}: {why} (`{do}`).") for (why, do), what in by_reason.items()]
