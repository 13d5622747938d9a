"""What runs inside the emulation, under a Python that has numpy and onnxruntime alone: worker.py FILE

First it sends which instructions the processor has. Then it answers each input with the outputs. Around each inference it
calls getppid, which is how count.c knows where one begins and ends.
"""

from __future__ import annotations

import os
import struct
import sys
from io import BytesIO
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[np.generic]]
# Bits of the auxiliary vector (Linux, arch/arm64/include/uapi/asm/hwcap.h), by its entry: AT_HWCAP and AT_HWCAP2.
FEATURES = {16: {"asimdhp": 10, "asimddp": 20, "sve": 22}, 26: {"sve2": 1, "i8mm": 13, "bf16": 14, "sme": 23}}


def send(pipe: IO[bytes], arrays: Arrays) -> None:
    """Write named arrays: their length as eight bytes, then an .npz."""
    packed = BytesIO()
    np.savez(packed, **arrays)  # type: ignore[arg-type]
    pipe.write(struct.pack("<Q", len(packed.getvalue())) + packed.getvalue())
    pipe.flush()


def receive(pipe: IO[bytes]) -> Arrays | None:
    """Read what `send` has written; None at the end."""
    head = pipe.read(8)
    if len(head) < 8:
        return None
    body = pipe.read(struct.unpack("<Q", head)[0])
    with np.load(BytesIO(body), allow_pickle=False) as arrays:
        return dict(arrays)


def features() -> list[str]:
    """Those extensions of the instruction set that decide the speed of int8, float16 and float32, as the kernel names them."""
    vector = np.frombuffer(Path("/proc/self/auxv").read_bytes(), "<u8").reshape(-1, 2)
    words = {int(key): int(value) for key, value in vector}
    return [name for entry, bits in FEATURES.items() for name, bit in bits.items() if words.get(entry, 0) >> bit & 1]


def main() -> None:
    """Answer until the input ends."""
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    send(sys.stdout.buffer, {"features": np.array(features(), dtype=str)})
    while (inputs := receive(sys.stdin.buffer)) is not None:
        os.getppid()
        outputs = session.run(None, inputs)
        os.getppid()
        send(sys.stdout.buffer, dict(zip(names, outputs, strict=True)))


if __name__ == "__main__":
    main()
