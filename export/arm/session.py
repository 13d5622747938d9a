"""An ONNX file in the aarch64 build of ONNX Runtime, on an emulated processor, as a function of its input."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from ctpn.errors import CtpnError
from export.arm.root import EMULATOR, make, plugin, python
from export.arm.worker import Arrays, receive, send
from export.graph import INPUT
from export.parity import Maps, Pixels

# What the emulator is given, and the part in the processor's number (MIDR; all are Arm's, implementer 0x41): ONNX Runtime
# asks for it and picks other loops for some. The emulator shows the host's /proc/cpuinfo, so the root gets one of its own;
# which instructions there are comes from the emulator itself. `max` is no processor that is sold: all that the emulator
# knows (SVE2, i8mm, bf16: phones since 2022) without SME, and without pointer authentication, which is slow to emulate. It
# bears the number of a Neoverse N1: at those of a Cortex-A710 or X2 ONNX Runtime 1.32 crashes here when it is imported.
PROCESSORS = {
    "cortex-a35": ("cortex-a35", 0xD04), "cortex-a53": ("cortex-a53", 0xD03), "cortex-a57": ("cortex-a57", 0xD07),
    "cortex-a72": ("cortex-a72", 0xD08), "cortex-a76": ("cortex-a76", 0xD0B), "neoverse-n1": ("neoverse-n1", 0xD0C),
    "max": ("max,sme=off,pauth=off", 0xD0C),
}  # fmt: skip


class ArmSession:
    """One file on one emulated processor; a context manager, for a process stands behind it.

    Attributes:
        features: the processor's extensions, as the kernel names them ("asimddp": dot products of int8).
        counts: instructions of each inference so far; empty where there is no C compiler for the counting plugin.

    Args:
        file: written by one of the exporters; .onnx or .ort.
        cpu: one of PROCESSORS.

    Raises:
        CtpnError: nothing can be emulated here, or the emulated runtime refuses the file or the processor.
    """

    def __init__(self, file: Path, cpu: str) -> None:
        root = make()
        counting = plugin(root)
        self.name = f"{file.name} on {cpu}"
        self.folder = tempfile.TemporaryDirectory(prefix="arm-")
        self.marks, self.log = Path(self.folder.name, "marks"), Path(self.folder.name, "log")
        _prefix(Path(self.folder.name), root, cpu)
        counted = ["-plugin", f"{counting},out={self.marks}"] if counting else []
        emulator = [EMULATOR, "-L", self.folder.name, "-cpu", PROCESSORS[cpu][0], *counted]
        worker = [python(root), Path(__file__).with_name("worker.py"), file.resolve()]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*emulator, *map(str, worker)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                env={"PYTHONPATH": str(root / "site"), "PYTHONHASHSEED": "0"},
            )  # fmt: skip
        try:
            self.features = [str(name) for name in self._answer()["features"]]
        except BaseException:
            self.close()
            raise

    def __call__(self, pixels: Pixels) -> Maps:
        """Outputs of uint8 RGB [N, H, W, 3] by name, with the batch axis."""
        assert self.process.stdin
        try:
            send(self.process.stdin, {INPUT: pixels})
        except BrokenPipeError:
            raise self._ended() from None
        return self._answer()  # type: ignore[return-value]

    @property
    def counts(self) -> list[int]:
        """Of the calls in order, each the difference between the marks before and after it."""
        marks = [int(line) for line in self.marks.read_text().split()] if self.marks.exists() else []
        return [after - before for before, after in zip(marks[::2], marks[1::2], strict=True)]

    def _answer(self) -> Arrays:
        assert self.process.stdout
        arrays = receive(self.process.stdout)
        if arrays is None:
            raise self._ended()
        return arrays

    def _ended(self) -> CtpnError:
        code = self.process.wait()
        last = "; ".join(self.log.read_text(errors="replace").strip().splitlines()[-2:]) or "it said nothing"
        return CtpnError(f"{self.name}: the emulated runtime ended with exit code {code}: {last}")

    def close(self) -> None:
        """End the process."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
        self.process.wait()
        self.folder.cleanup()

    def __enter__(self) -> ArmSession:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _prefix(folder: Path, root: Path, cpu: str) -> None:
    """What the emulator looks at before the host's files: the root's libraries, and a /proc/cpuinfo of that processor."""
    for part in ("lib", "usr"):
        (folder / part).symlink_to(root / part)
    (folder / "proc").mkdir()
    (folder / "proc" / "cpuinfo").write_text(
        "processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x0\n"
        f"CPU part\t: {PROCESSORS[cpu][1]:#x}\nCPU revision\t: 0\n"
    )
