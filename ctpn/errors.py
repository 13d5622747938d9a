"""Every error that a caller may want to catch. Messages say what, where, expected, got and what to do."""

from __future__ import annotations


class CtpnError(Exception):
    """Root of all errors that this project raises on purpose."""


class ImageError(CtpnError):
    """A picture cannot be opened or has a shape or type that is not supported."""


class ModelError(CtpnError):
    """A model file or bundle is missing, damaged, not one of ours or of another version."""


class ModelWarning(UserWarning):
    """A model file was loaded, but nothing vouches for it."""


class ParityError(CtpnError):
    """An exported model does not compute what PyTorch computes."""


class RecipeError(CtpnError):
    """A training recipe has an unknown key, a value of another type, or a reference to nothing."""
