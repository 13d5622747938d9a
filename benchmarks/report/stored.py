"""The stored results, as far as they have been measured."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import phones
from benchmarks.report.blocks import Text
from ctpn.errors import CtpnError

COMMANDS = {
    "peers": "python -m benchmarks.peers",
    "reading": "python -m benchmarks.peers --read",
    "stages": "python -m benchmarks.stages",
    "latency": "python -m benchmarks.latency",
    "parity": "python -m benchmarks.parity",
    "longlines": "python -m benchmarks.longlines",
    "findings": "python -m benchmarks.findings",
    "confirmation_sweep": "python -m benchmarks.confirmation_sweep",
    "arm": "python -m benchmarks.arm",
}


class Results:
    """A folder of results, NAME.json each, and phones/ with what the apps have written.

    Attributes:
        data: by name, of those of COMMANDS that are there.
        phones: by file name, checked.

    Raises:
        CtpnError: a file is damaged, or a phone's is not as docs/phone.md has it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = {name: _read(folder / f"{name}.json") for name in COMMANDS if (folder / f"{name}.json").exists()}
        self.phones = {file.stem: phones.read(file) for file in sorted((folder / "phones").glob("*.json"))}

    def needed(self, name: str) -> dict[str, Any]:
        """A result without which there is no table.

        Raises:
            CtpnError: it has not been measured.
        """
        if name not in self.data:
            raise CtpnError(f"{self.folder / name}.json: not measured yet; {COMMANDS[name]}")
        return self.data[name]

    @contextmanager
    def shown(self, name: str) -> Iterator[None]:
        """Around all that takes figures out of a result.

        Raises:
            CtpnError: it is not as its command writes it.
        """
        try:
            yield
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, StopIteration) as e:
            file, reason = self.folder / f"{name}.json", f"{type(e).__name__} {e}"
            raise CtpnError(f"{file}: not as its command writes it ({reason}); measure again: {COMMANDS[name]}") from None


def _read(file: Path) -> dict[str, Any]:
    try:
        data = json.loads(file.read_bytes())
    except ValueError as e:
        raise CtpnError(f"{file}: expected JSON, got {str(e)[:100]}; remove it and measure again with {COMMANDS[file.stem]}") from None
    if not isinstance(data, dict):
        raise CtpnError(f"{file}: expected an object, got {type(data).__name__}; measure again with {COMMANDS[file.stem]}")
    return data


def where(environment: dict[str, Any]) -> str:
    """On what a result was measured, in one sentence."""
    names = (("onnxruntime", "ONNX Runtime"), ("torch", "PyTorch"), ("executorch", "ExecuTorch"), ("openvino", "OpenVINO"))
    versions = [f"{title} {environment['packages'][name]}" for name, title in names if environment["packages"].get(name)]
    processor = f"{environment['processor']} ({', '.join(environment['flags'])}), {environment['cores']} cores"
    return f"Measured on {processor}, {', '.join(versions)}; {environment['time']}, load {environment['load']:.1f} at the end."


def lacking(title: str, missing: list[dict[str, str]]) -> list[Text]:
    """What a result says that it lacks, in a paragraph for each reason; none where nothing is missing."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for one in missing:
        by_reason.setdefault((one["why"], one["do"]), []).append(one["what"])
    return [Text(f"{title}: {'; '.join(what)}: {why} (`{do}`).") for (why, do), what in by_reason.items()]
