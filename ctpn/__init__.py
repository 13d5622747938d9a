"""Read the text of a photo: `TextReader().detect(image)`."""

from ctpn.errors import CtpnError, ImageError, ModelError, ParityError
from ctpn.reader import TextLine, TextReader
from ctpn.version import __version__

__all__ = ["CtpnError", "ImageError", "ModelError", "ParityError", "TextLine", "TextReader", "__version__"]
