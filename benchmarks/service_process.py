"""A service as users start it, in a process of its own on loopback."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests

from benchmarks.memory import family, megabytes

ROOT = Path(__file__).parents[1]


class Service:
    """A running service: its address, its process, its log."""

    def __init__(self, data: Path, *arguments: str, port: int = 0) -> None:
        self.port = port or _free_port()
        self.data, self.url, self.log = data, f"http://127.0.0.1:{self.port}", data.with_name(f"{data.name}-{self.port}.log")
        command = [sys.executable, "-m", "ctpn.serve", "--port", str(self.port), "--data", str(data), *arguments]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stderr=log, env=os.environ | {"OMP_NUM_THREADS": "1"})
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + 120
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if requests.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return
            except requests.ConnectionError:
                time.sleep(0.1)
        self.stop()
        raise AssertionError(f"not ready: {self.log.read_text()}")

    def events(self) -> list[dict[str, Any]]:
        """What it logged."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def metric(self, name: str) -> float:
        """A figure of /metrics, summed over its labels."""
        lines = requests.get(f"{self.url}/metrics", timeout=10).text.splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.split(" ")[0].split("{")[0] == name)

    def read(self, data: bytes, **more: Any) -> requests.Response:
        """Ask for the texts of a photo."""
        return requests.post(f"{self.url}/v1/read", data=data, timeout=60, **more)

    def processes(self) -> list[int]:
        """It and its reader processes (Linux)."""
        return family(self.process.pid)

    def megabytes(self) -> float:
        """Resident memory of these."""
        return megabytes(self.processes())

    def stop(self) -> int:
        """End it as an operator does; its exit code."""
        self.process.terminate()
        return self.process.wait(40)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
