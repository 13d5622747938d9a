"""What all commands share: a package or memory that is missing is one line, and so is whatever stops them."""

import ast
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from ctpn import command
from ctpn.errors import CtpnError
from tests.helpers.command import environment

ROOT = Path(__file__).parents[1]
EXTRAS = re.findall(r"^(\w+) = \[", (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("[project.scripts]")[0], re.M)
# Modules of the packages that reading does not need.
BEYOND = (
    "torch safetensors h5py fontTools faker jieba symspellpy tqdm yaml onnx onnxsim onnxscript sklearn coremltools rapidfuzz matplotlib"
)
NEED_NONE = ("ctpn", "ctpn.annotations.collect", "ctpn.batch", "ctpn.serve", "ctpn.serve.keys", "ctpn.serve.publish")
HELPERS = ("export.onnx.ort_worker", "export.arm.worker", "benchmarks.competitor_process", "ctpn.synthesis.pages.examples")


def commands():
    """Names of the modules that are run by `python -m`."""
    found = []
    for file in sorted(p for d in ("ctpn", "export", "benchmarks") for p in (ROOT / d).rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__")
        if any(isinstance(node, ast.If) and "__main__" in ast.dump(node.test) for node in tree.body) and name not in HELPERS:
            found.append(name)
    return found


@pytest.fixture(scope="module")
def hiding(tmp_path_factory):
    """A folder that hides the packages which the environment variable HIDE names from a Python whose path begins with it."""
    folder = tmp_path_factory.mktemp("site")
    text = "import os, sys\nfor name in os.environ.get('HIDE', '').split():\n    sys.modules[name] = None\n"
    (folder / "sitecustomize.py").write_text(text, encoding="utf-8")
    return folder


def run(module, *args, hiding, hidden, **options):
    env = environment({"HIDE": hidden, "PYTHONPATH": f"{hiding}{os.pathsep}{ROOT}"})
    return subprocess.run([sys.executable, "-m", module, *args], env=env, capture_output=True, text=True, timeout=300, **options)


def one_line(done):
    return done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1


@pytest.mark.parametrize("module", commands())
def test_a_command_without_its_packages_names_the_extra(hiding, module):
    done = run(module, "--help", hiding=hiding, hidden=BEYOND)
    if module in NEED_NONE:
        assert done.returncode == 0 and done.stdout.startswith("usage: ")
        return
    assert one_line(done), done.stderr
    extra = re.search(r"(\w+) is missing; install it with: pip install 'ctpn\[(\w+)\]', in a clone: pip install -c ", done.stderr)
    assert extra[1] in BEYOND.split() and extra[2] in EXTRAS


@pytest.mark.parametrize(
    ("module", "package", "extra"),
    [
        *(("ctpn.nn.keras_import", package, "train") for package in ("torch", "safetensors", "h5py")),
        *(("ctpn.synthesis.pages", package, "train") for package in ("fontTools", "faker", "jieba", "symspellpy")),
        *(("ctpn.synthesis.webfonts", package, "train") for package in ("fontTools", "tqdm")), ("ctpn.train", "yaml", "train"),
        *(("ctpn.evaluate", package, "evaluate") for package in ("rapidfuzz", "tqdm")),
        ("export.onnx", "onnx", "export"), ("export.bundle", "onnxsim", "export"), ("benchmarks.report", "matplotlib", "benchmarks"),
        ("benchmarks.parity", "rapidfuzz", "benchmarks"), ("benchmarks.peers", "tqdm", "benchmarks"),
    ],
)  # fmt: skip
def test_each_package_alone(hiding, module, package, extra):
    done = run(module, "--help", hiding=hiding, hidden=package)
    assert one_line(done) and f"{package} is missing; install it with: pip install 'ctpn[{extra}]'" in done.stderr


def test_programs_that_import_ours_get_an_import_error(hiding):
    program = "import sys; sys.modules['torch'] = None\ntry:\n    import ctpn.nn\nexcept ModuleNotFoundError as e:\n    print(e.name, e)"
    done = subprocess.run([sys.executable, "-c", program], env=environment(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and done.stdout.startswith("torch torch is missing; install it with: pip install 'ctpn[train]'")


@pytest.mark.parametrize("gigabytes", [1, 2])
def test_an_export_with_too_little_memory_says_so(tmp_path, hiding, gigabytes):
    limit = gigabytes << 30
    done = run(
        "export.onnx", "--model", "crnn", "--out", str(tmp_path / "out"), hiding=hiding, hidden="",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )  # fmt: skip
    errors = [line for line in done.stderr.splitlines() if "memory" in line]
    assert done.returncode == 0 or (done.returncode == 1 and len(errors) == 1 and "Traceback" not in done.stderr)
    assert done.returncode == 0 or "there is too little memory (" in errors[0]


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (CtpnError("a\x1b[31m is wrong"), 1, "x: a\\x1b[31m is wrong\n"), (CtpnError("first\nsecond"), 1, "x: first\nx: second\n"),
        (FileNotFoundError(2, "No such file or directory", "快\n"), 1, "x: 快\\n: No such file or directory; check the path\n"),
        (OSError(28, "No space left on device"), 1, "x: No space left on device; make room on that disk\n"),
        (OSError("out: choose another --out"), 1, "x: out: choose another --out\n"), (KeyboardInterrupt(), 130, "x: stopped\n"),
    ],
    ids=["ours", "several lines", "no file", "full", "ours of the system's kind", "Ctrl-C"],
)  # fmt: skip
def test_what_stops_a_command_is_said_without_a_traceback(capsys, error, code, said):
    def work():
        raise error

    assert command.run("x", work) == code and capsys.readouterr().err == said


def test_a_result_that_cannot_be_written_is_one_line(hiding):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", "from ctpn import command; command.parser('x', ''); exit(command.run('x', lambda: '快'))"],
            stdout=full, stderr=subprocess.PIPE, env=environment({"PYTHONIOENCODING": "ascii"}), timeout=300,
        )  # fmt: skip
    assert done.returncode == 1 and done.stderr.startswith(b"x: stdout: cannot be written (No space left on device); make room")


@pytest.mark.parametrize("module", ["ctpn.nn.keras_import", "ctpn.evaluate"])
def test_help_is_utf8_whatever_the_locale(module):
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], env=environment({"PYTHONIOENCODING": "ascii"}), capture_output=True, timeout=300
    )
    assert done.returncode == 0 and done.stdout.decode().startswith("usage: ")
