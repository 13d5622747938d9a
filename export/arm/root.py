"""Make the folder that ARM programs run in: python -m export.arm.root

Debian's Python and C library for arm64, the aarch64 wheels of onnxruntime and numpy in the versions installed here, and
the counting plugin, in .cache/arm; 200 MB, made once by apt-get and pip. Needs no rights of root: apt-get works on lists
and archives of its own there, and nothing is installed on this machine. Needed here: Linux, Debian's qemu-user, apt-get,
dpkg-deb, and a C compiler for the counting.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from ctpn import command
from ctpn.errors import CtpnError
from export.staging import staged_directory
from export.variants import say

CACHE = Path(__file__).parents[2] / ".cache" / "arm"
EMULATOR = "qemu-aarch64"
TOOLS = {EMULATOR: "qemu-user", "apt-get": "apt", "dpkg-deb": "dpkg"}  # and Debian's packages that have them
DEBIAN = ("python3", "libstdc++6")  # with all that they depend on
WHEELS = ("onnxruntime", "numpy")
PLATFORMS = ("manylinux_2_28_aarch64", "manylinux_2_27_aarch64", "manylinux2014_aarch64")


def missing() -> str | None:
    """Why nothing can be emulated on this machine; None if it can."""
    lacking = [tool for tool in TOOLS if not shutil.which(tool)]
    if not lacking:
        return None
    return f"no {', '.join(lacking)} on this machine; on Debian: apt-get install {' '.join(TOOLS[tool] for tool in lacking)}"


def folder() -> Path:
    """Its path: a folder for each pair of versions."""
    return CACHE / "-".join(f"{wheel}-{version(wheel)}" for wheel in WHEELS)


def make() -> Path:
    """The folder, made if it is not there; complete or not at all.

    Raises:
        CtpnError: a tool is missing, or apt-get or pip failed.
    """
    done = folder()
    if done.is_dir():
        return done
    if reason := missing():
        raise CtpnError(f"ARM: {reason}")
    say("ARM: fetching Debian's Python for arm64, onnxruntime and numpy for aarch64 (once, 200 MB)")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".root-", dir=CACHE) as name:
        new = Path(name, "root")
        for package in _packages(Path(name, "apt")):
            _run("dpkg-deb", "-x", package, new)
        _wheels(new)
        if not done.is_dir():  # another process may have been faster
            new.rename(done)
    return done


def python(root: Path) -> Path:
    """The ARM Python in the folder."""
    return next(p for p in sorted(root.glob("usr/bin/python3.*")) if re.fullmatch(r"python3\.\d+", p.name))


def plugin(root: Path) -> Path | None:
    """The plugin that counts instructions, compiled if it is not there; None without a C compiler."""
    file, compiler = root / "count.so", shutil.which("cc")
    if not file.exists() and compiler:
        major = int(emulator().split(".")[0])
        flags = ("-O2", "-shared", "-fPIC", "-fvisibility=hidden", f"-DVERSION={1 if major < 9 else 2}")
        with staged_directory(root) as new:
            _run(compiler, *flags, "-o", new / file.name, Path(__file__).with_name("count.c"))
    return file if file.exists() else None


def emulator() -> str:
    """Version of the emulator."""
    version: str = re.findall(r"version (\S+)", _run(EMULATOR, "--version"))[0]
    return version


def _packages(state: Path) -> list[Path]:
    """Debian's packages for arm64 with what they need, downloaded by an apt-get that knows of nothing installed."""
    for part in ("lists/partial", "archives/partial"):
        (state / part).mkdir(parents=True)
    (state / "status").touch()
    settings = {
        "APT::Architecture": "arm64", "APT::Architectures": "arm64", "APT::Sandbox::User": "", "Acquire::Retries": 5,
        "Dir::State": state, "Dir::State::Lists": state / "lists", "Dir::State::status": state / "status",
        "Dir::Cache": state, "Dir::Cache::archives": state / "archives",
    }  # fmt: skip
    apt = ["apt-get", "-q", "-y", *(f"-o{key}={value}" for key, value in settings.items())]
    _run(*apt, "update")
    _run(*apt, "install", "--no-install-recommends", "--download-only", *DEBIAN)
    return sorted((state / "archives").glob("*.deb"))


def _wheels(root: Path) -> None:
    pinned = [f"{wheel}=={version(wheel)}" for wheel in WHEELS]
    _run(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "10", "--no-deps",
         "--only-binary=:all:", "--implementation", "cp", "--python-version", python(root).name.removeprefix("python"),
         *(f"--platform={p}" for p in PLATFORMS), "--target", root / "site", *pinned)  # fmt: skip


def _run(*command: str | Path) -> str:
    """Output of a command.

    Raises:
        CtpnError: it failed; with the last lines that it said.
    """
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        last = "; ".join((done.stderr or done.stdout).strip().splitlines()[-3:])
        raise CtpnError(f"ARM: {Path(command[0]).name} failed with exit code {done.returncode}: {last}")
    return done.stdout


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 it is there, 1 failed, 130 stopped by hand; usage errors exit 2."""
    command.parser("export.arm.root", __doc__).parse_args(argv)

    def made() -> str:
        root = make()
        return f"{root}: ready, {'with' if plugin(root) else 'without'} counting of instructions"

    return command.run("export.arm.root", made)


if __name__ == "__main__":
    sys.exit(main())
