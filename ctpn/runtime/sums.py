"""The sum beside a lone model file: FILE.sha256, as `sha256sum FILE` writes it; there may be lines of other files too."""

from __future__ import annotations

import re
from pathlib import Path

from ctpn.errors import ModelError
from ctpn.files import SUM, sha256

LINE = re.compile(r"([0-9a-fA-F]{64}) [ *](.+)")
MAX_BYTES = 64 << 10


def missing_sum(file: Path) -> str | None:
    """Compare a model file with the sum beside it: None if it is the same, or what to tell the user if there is no sum.

    Raises:
        ModelError: the file has another sum, or what is beside it is no sum.
    """
    beside = file.with_name(file.name + SUM)
    if not file.is_file():
        return None  # who loads it says what is wrong
    if not beside.exists():
        return f"{file}: not verified, because there is no {beside.name} beside it; write one with sha256sum if you trust the file"
    try:
        with beside.open("rb") as f:
            lines = f.read(MAX_BYTES).decode("utf-8", "replace").splitlines()
        digest = sha256(file)
    except OSError as e:
        raise ModelError(f"{beside}: cannot be read ({e.strerror}); check its permissions") from None
    sums = [found[1].lower() for line in lines if (found := LINE.fullmatch(line)) and found[2] == file.name]
    if len(sums) != 1:
        raise ModelError(f"{beside}: expected a line of {file.name} as sha256sum writes it; write it again, or fetch it with the model")
    expected = sums[0]
    if digest != expected:
        raise ModelError(f"{file}: damaged or altered (sha256 expected {expected[:12]}…, got {digest[:12]}…); fetch it again with its sum")
    return None
