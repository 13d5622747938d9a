"""Read the text of a photo: `TextReader().read(image)`."""

from ctpn.errors import CtpnError, ImageError, ModelError, ParityError
from ctpn.page import PageResult, PageWarning, TextLine
from ctpn.reader import TextReader
from ctpn.version import __version__

__all__ = [
    "CtpnError", "ImageError", "ModelError", "PageResult", "PageWarning", "ParityError", "TextLine", "TextReader", "__version__",
]  # fmt: skip
