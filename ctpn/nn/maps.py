"""What all detectors have: a spec, a recurrence, and maps of a picture as arrays."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ctpn.contract.spec import DetectorSpec, RecognizerSpec
from ctpn.errors import ImageError
from ctpn.nn.recurrent import Recurrence


def normalise(image: Tensor, spec: DetectorSpec | RecognizerSpec) -> Tensor:
    """uint8 RGB [B, H, W, 3] to float32 [B, 3, H, W] in the channels, mean and deviation that a net was trained with."""
    x = image.permute(0, 3, 1, 2).float()
    x = x.flip(1) if spec.channels == "BGR" else x
    mean, std = (torch.tensor(v, device=x.device).view(1, 3, 1, 1) for v in (spec.mean, spec.std))
    return (x - mean) / std


class Detector(nn.Module):
    """A detector's net; its `forward` takes normalised pixels [B, 3, H, W] and gives raw maps, channels last.

    Attributes:
        multiple: pixels of which both sides of a picture must be a multiple.
    """

    multiple = 1

    def __init__(self, spec: DetectorSpec, recurrence: Recurrence) -> None:
        super().__init__()
        self.spec, self.recurrence = spec, recurrence

    @torch.no_grad()
    def maps(self, rgb: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """The maps of one picture, as it is: nothing is resized.

        Args:
            rgb: uint8 RGB [H, W, 3].

        Returns:
            float32 arrays with one row per cell (h = H // stride_y, w = W // stride_x) and k anchors: `scores` [h, w, k], text
            probabilities in [0, 1]; `vertical` [h, w, k, 2], (dy, dh) as `anchors.decode` takes them; and where the net has
            them `side` [h, w, k, 2] and `link` [h, w, k], probabilities, and `direction` [H // 16, W // 16, 3], raw.

        Raises:
            ImageError: another shape or type, or a side that the net cannot take.
        """
        self._check(rgb)
        here = next(self.parameters()).device
        raw = self.eval()(normalise(torch.from_numpy(np.ascontiguousarray(rgb))[None].to(here), self.spec))
        pairs = {name: m[0].unflatten(-1, (-1, 2)) for name, m in raw.items() if name not in ("link", "direction")}
        found = {"scores": pairs.pop("score").softmax(-1)[..., 1], **pairs}
        if "link" in raw:
            found["link"] = raw["link"][0].sigmoid()
        if "direction" in raw:
            found["direction"] = raw["direction"][0]
        return {name: m.cpu().numpy() for name, m in found.items()}

    def _check(self, rgb: NDArray[np.uint8]) -> None:
        if not isinstance(rgb, np.ndarray) or rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
            got = f"{rgb.dtype} {list(rgb.shape)}" if isinstance(rgb, np.ndarray) else type(rgb).__name__
            raise ImageError(f"expected uint8 RGB [H, W, 3], got {got}; convert it first")
        min_side = max(self.multiple, self.spec.stride_x, self.spec.stride_y)
        if min(rgb.shape[:2]) < min_side or rgb.shape[0] % self.multiple or rgb.shape[1] % self.multiple:
            needed = f"sides of at least {min_side}" + (f" and multiples of {self.multiple}" if self.multiple > 1 else "")
            raise ImageError(f"expected {needed} pixels, got {rgb.shape[0]} x {rgb.shape[1]}; pad the picture with ctpn.imaging.tiling.fit")
