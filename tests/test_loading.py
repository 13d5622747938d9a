"""Ctrl-C while a command loads its modules is one line, and in a program of somebody else what Python makes of it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.command import environment

ROOT = Path(__file__).parents[1]
INTERRUPTED = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)\n"


@pytest.fixture
def run(tmp_path):
    """Run a command in whose Python the import of `package` meets Ctrl-C."""

    def started(package, *args, **options):
        (tmp_path / f"{package}.py").write_text(INTERRUPTED, encoding="utf-8")
        env = environment({"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"})
        return subprocess.run([sys.executable, *args], env=env, capture_output=True, text=True, timeout=120, **options)

    return started


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("ctpn", "numpy"), ("ctpn", "cv2"), ("ctpn.batch", "numpy"), ("ctpn.serve", "numpy"), ("ctpn.evaluate", "rapidfuzz"),
        ("ctpn.train", "numpy"), ("ctpn.train", "torch"), ("ctpn.nn.keras_import", "h5py"), ("export.onnx", "onnx"),
        ("benchmarks.parity", "torch"),
    ],
)  # fmt: skip
def test_ctrl_c_while_modules_are_loaded_is_one_line(run, module, package):
    done = run(package, "-m", module, "--help")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", f"{module}: stopped\n")


def test_the_installed_script_too(run, tmp_path):
    (tmp_path / "ctpn").write_text("import sys\nfrom ctpn.cli import main\nsys.exit(main())\n", encoding="utf-8")
    done = run("numpy", str(tmp_path / "ctpn"), "--help")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "ctpn: stopped\n")


IN_A_THREAD = "import threading\nt = threading.Thread(target=__import__, args=['ctpn'])\nt.start()\nt.join()"


@pytest.mark.parametrize("program", ["import ctpn", IN_A_THREAD])
def test_a_program_that_imports_ours_keeps_its_ctrl_c(run, program):
    done = run("numpy", "-c", program)
    assert done.returncode == -signal.SIGINT and done.stderr.endswith("KeyboardInterrupt\n")


def test_ctrl_c_that_is_ignored_stays_ignored():
    """As by `nohup`, and in a job that a script has sent to the background."""
    program = "import os, signal, sys\nsys.argv = ['ctpn']\nimport ctpn\nos.kill(os.getpid(), signal.SIGINT)\nprint('here')"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, timeout=120,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "here\n", "")
