"""ONNX Runtime's own format: what its smallest builds read, and which operators such a build needs."""

from __future__ import annotations

import ctypes
import logging
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from onnxruntime.tools.ort_format_model import create_config_from_models

from ctpn.errors import ModelError

WORKER = Path(__file__).with_name("ort_worker.py")
SAME_ADDRESSES = 0x0040000  # Linux's ADDR_NO_RANDOMIZE


def convert(source: Path, target: Path, *, accelerated: bool) -> None:
    """Write an ONNX file as `.ort`, its graph already optimised, beside it.

    The runtime writes a table in the order of memory addresses. So a process of its own does it, without this run's environment
    and paths, whose addresses are not randomised: on Linux the same file comes out each time.

    Args:
        accelerated: keep the graph as it is, so that an accelerator finds its operators; what is left to the CPU is optimised when
            the file is loaded with session.enable_saved_runtime_optimizations.

    Raises:
        ModelError: it could not be written.
    """
    command = [sys.executable, "-I", str(WORKER), source.name, target.name, "save" if accelerated else "no"]
    done = subprocess.run(
        command, cwd=target.parent, env={"PYTHONHASHSEED": "0"}, capture_output=True, text=True, preexec_fn=_same_addresses
    )
    if done.returncode:
        raise ModelError(f"{target.name}: cannot be written: {done.stderr.strip().splitlines()[-1:]}")


def _same_addresses() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).personality(SAME_ADDRESSES)


def required_operators(models: Iterable[Path], target: Path) -> None:
    """Write which operators and types the `.ort` files need, for ONNX Runtime's build.py --include_ops_by_config."""
    models = sorted(models)
    logging.getLogger("ort_format_model.utils").setLevel(logging.WARNING)
    create_config_from_models(models, target, enable_type_reduction=True)
    text = target.read_text(encoding="utf-8")
    for model in models:  # names, not the folder of this run
        text = text.replace(str(model), model.name)
    target.write_text(text, encoding="utf-8")
