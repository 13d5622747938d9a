"""The split into training and validation pages, the same for every set."""

from __future__ import annotations

import hashlib


def is_validation(name: str) -> bool:
    """Whether the picture with this file stem is kept for validation: a tenth, by a hash of the name."""
    return int(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest(), 16) % 10 == 0
