"""Read the text of a photo: `TextReader().read(image)`."""

from ctpn import loading

loading.begin()  # before what takes its time

from ctpn.contract.signature import Trust  # noqa: E402
from ctpn.errors import CtpnError, ImageError, ModelError, ParityError  # noqa: E402
from ctpn.page import PageResult, PageWarning, TextLine  # noqa: E402
from ctpn.reader import TextReader  # noqa: E402
from ctpn.version import __version__  # noqa: E402

__all__ = [
    "CtpnError", "ImageError", "ModelError", "PageResult", "PageWarning", "ParityError", "TextLine", "TextReader", "Trust", "__version__",
]  # fmt: skip
