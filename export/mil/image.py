"""The image that a function of a package takes: its sizes, and its pixels as the program sees them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ctpn.errors import CtpnError
from export.mil.package import Package


@dataclass(frozen=True)
class ImageInput:
    """An image input, as the package describes it.

    Attributes:
        colours: the order of the planes, "RGB" or "BGR".
        heights, widths: smallest and largest.
    """

    name: str
    colours: str
    heights: tuple[int, int]
    widths: tuple[int, int]

    def planes(self, picture: NDArray[np.uint8]) -> Tensor:
        """Float32 [1, 3, H, W], 0 to 255, of uint8 RGB [H, W, 3], as Core ML hands an image to a program.

        Raises:
            CtpnError: a size that the package does not take.
        """
        height, width = picture.shape[:2]
        if not (self.heights[0] <= height <= self.heights[1] and self.widths[0] <= width <= self.widths[1]):
            raise CtpnError(f"{self.name}: expected a height of {self.heights} and a width of {self.widths}, got {height} x {width}")
        pixels = picture[..., ::-1] if self.colours == "BGR" else picture
        return torch.from_numpy(pixels.astype(np.float32)).permute(2, 0, 1)[None]


def image_input(package: Package, function: str) -> ImageInput:
    """The only input of a function.

    Raises:
        CtpnError: the package describes no such function, or inputs other than one image in colour.
    """
    described = package.model.description
    of_several = {f.name: f for f in described.functions}
    inputs = (of_several.get(function) or described).input
    if len(inputs) != 1 or inputs[0].type.WhichOneof("Type") != "imageType":
        raise package.bad(f"{function}: expected one input, an image, got {[i.name for i in inputs]}")
    image = inputs[0].type.imageType
    colours = {image.RGB: "RGB", image.BGR: "BGR"}.get(image.colorSpace)
    if colours is None or image.WhichOneof("SizeFlexibility") == "enumeratedSizes":
        raise package.bad(f"{function}: expected an image in colour, of one size or a range of sizes")
    if image.WhichOneof("SizeFlexibility") is None:
        heights, widths = (image.height, image.height), (image.width, image.width)
    else:
        sizes = image.imageSizeRange
        heights, widths = ((r.lowerBound, r.upperBound if r.upperBound > 0 else 1 << 31) for r in (sizes.heightRange, sizes.widthRange))
    return ImageInput(inputs[0].name, colours, heights, widths)
