"""What a file of weights may hold at most, checked before anything in it is built. The largest net has 17.7 million numbers in 42 tensors.

A file of 2 kB can ask for 1 TB: by a tensor whose stride is 0, an archive that grows when it is unpacked, a number in a pickle. So the
limits are those of the net, and of the file's own size.
"""

from __future__ import annotations

import pickletools
import re
import zipfile
from pathlib import Path
from typing import IO

from ctpn.errors import ModelError

MAX_PARAMETERS = 40_000_000  # twice the largest net
MAX_TENSORS = 1_000  # those of an optimiser among them
MAX_FILE = 512 << 20  # seven times the original's weights: a checkpoint has the state of training too
MAX_HEADER = 1 << 20  # of safetensors; ours have 40 kB
MAX_ENTRIES = 4 * MAX_TENSORS  # of a zip
MAX_STEPS = 100_000  # of a pickle; the original's has 3,000
# What the pickle of tensors in dictionaries names. PyTorch allows more, such as bytearray, which makes any number of bytes.
NAMES = re.compile(
    r"collections (OrderedDict|Counter)|torch\._utils _rebuild_(tensor|tensor_v2|parameter)|torch(\.cuda)? \w+Storage"
    r"|torch\.storage (Typed|Untyped)Storage|torch\.nn\.parameter Parameter|torch (Size|device|u?int\d+|b?float\d+|bool)"
)


def check_file(file: Path) -> int:
    """The size of a file in bytes, if it is one that weights may have.

    Raises:
        ModelError: missing, no file, or too large.
    """
    if not file.is_file():
        what = "expected a file, got a folder or a device" if file.exists() else "no such weights file"
        raise ModelError(f"{file}: {what}; train with python -m ctpn.train or name another with --weights")
    size = file.stat().st_size
    if size > MAX_FILE:
        raise ModelError(f"{file}: expected at most {MAX_FILE} bytes, got {size}; it is no file of a net of ours")
    return size


def check_torch_file(file: Path) -> None:
    """Whether a torch file, a zip or the pickles of PyTorch before 1.6, builds no more than tensors that are in it.

    Raises:
        ModelError: as `check_file`; or it is damaged, grows when it is unpacked, holds code, or too much for any net.
    """
    check_file(file)
    try:
        with file.open("rb") as f:
            if f.read(4) == b"PK\x03\x04":
                with archive(file) as z:
                    _check_archive(z)
                    for name in z.namelist():
                        if name.endswith(".pkl"):
                            with z.open(name) as pickle:
                                _check_pickle(pickle)
            else:
                f.seek(0)
                for _ in range(5):  # a mark, the version, the system, the tensors, the names of their numbers
                    _check_pickle(f)
    except ModelError as e:
        raise ModelError(f"{file}: {e}") from None
    except Exception as e:  # a damaged file raises many kinds
        reason = f"damaged: {type(e).__name__}"
        raise ModelError(f"{file}: not a checkpoint of tensors alone ({reason}); save its model_state_dict again") from None


def archive(file: Path) -> zipfile.ZipFile:
    """A zip of a reasonable number of files.

    Raises:
        ModelError: more than `MAX_ENTRIES`; the message lacks the file's name.
        OSError, BadZipFile: damaged.
    """
    with file.open("rb") as f:
        f.seek(max(0, file.stat().st_size - (1 << 16) - 22))
        tail = f.read()
    end = tail.rfind(b"PK\x05\x06")  # the end of the directory: the number of files is at 10, 65,535 for more
    count = int.from_bytes(tail[end + 10 : end + 12], "little") if end >= 0 else 0
    if count > MAX_ENTRIES:
        raise ModelError(f"expected at most {MAX_ENTRIES} files in the archive, got {count} or more; it is no file of a net of ours")
    return zipfile.ZipFile(file)


def _check_archive(z: zipfile.ZipFile) -> None:
    packed = [i.filename for i in z.infolist() if i.compress_type != zipfile.ZIP_STORED or i.file_size != i.compress_size]
    if packed:
        raise ModelError(f"{packed[0][:60]} is compressed, which PyTorch never does; save its model_state_dict again")


def _check_pickle(pickle: IO[bytes]) -> None:
    """Read the steps of a pickle without doing them."""
    for step, (code, argument, _) in enumerate(pickletools.genops(pickle)):
        if step > MAX_STEPS:
            raise ModelError(f"expected at most {MAX_STEPS} steps in its pickle; it is no file of a net of ours")
        if code.name in ("STACK_GLOBAL", "INST", "EXT1", "EXT2", "EXT4") or (code.name == "GLOBAL" and not NAMES.fullmatch(str(argument))):
            torch = str(argument).startswith("torch")
            what = f"expected dense float tensors, got {argument}" if torch else "it holds code, which is never run"
            raise ModelError(f"not a checkpoint of tensors alone ({what[:100]}); save its model_state_dict again")
