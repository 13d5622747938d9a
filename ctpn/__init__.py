"""Read the text of a photo: `TextReader().read(image)`."""

from ctpn.contract.signature import Trust
from ctpn.errors import CtpnError, ImageError, ModelError, ParityError
from ctpn.page import PageResult, PageWarning, TextLine
from ctpn.reader import TextReader
from ctpn.version import __version__

__all__ = [
    "CtpnError", "ImageError", "ModelError", "PageResult", "PageWarning", "ParityError", "TextLine", "TextReader", "Trust", "__version__",
]  # fmt: skip
