"""A detector and a recogniser made of tables, and photos made of painted boxes: contract/README.md describes them.

Every language has the same in its tests, so that the golden vectors of the reading policy and of a whole reading need no model.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctpn.contract.spec import DetectorSpec, RecognizerSpec

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
Texts = dict[str, list[Any]]  # key: [text, score]


def paint(width: int, height: int, boxes: list[dict[str, Any]]) -> U8:
    """A white photo uint8 RGB [height, width, 3] with boxes, the later over the earlier.

    A box x0, y0, x1, y1 has in green its angle (`TableDetector`), in blue the detector's score in 255ths, and in red sixteen times the
    digit of each quarter plus 8; `digits` are those of the quarters clockwise from the top left.
    """
    photo = np.full((height, width, 3), 255, np.uint8)
    for box in boxes:
        x0, y0, x1, y1 = box["box"]
        x, y = (x0 + x1) // 2, (y0 + y1) // 2
        quarters = ((y0, y, x0, x), (y0, y, x, x1), (y, y1, x, x1), (y, y1, x0, x))
        for digit, (top, bottom, left, right) in zip(box["digits"], quarters, strict=True):
            photo[top:bottom, left:right] = 16 * digit + 8, box.get("green", 0), box["blue"]
    return photo


@dataclass
class TableDetector:
    """Finds every painted box: a cell whose middle pixel has green below 128 is text, with its blue as the score.

    The spec has one anchor height, 16. In the map `direction` it is text with the logit 4, else -4; its angle is its green up to 90
    degrees, and above that the green minus 180.
    """

    spec: DetectorSpec
    inputs: list[list[int]] = field(default_factory=list)  # [height, width] of each call

    def maps(self, pixels_net: U8, /) -> dict[str, F32]:
        """Maps [h, w, C] of uint8 RGB [H, W, 3]."""
        self.inputs.append(list(pixels_net.shape[:2]))
        sx, sy, text = self.spec.stride_x, self.spec.stride_y, pixels_net[..., 1] < 128
        h, w = text.shape[0] // sy, text.shape[1] // sx
        score, vertical, side, link = (np.zeros((h, w, c), np.float32) for c in (1, 2, 2, 1))
        for column in range(w):
            x = column * sx + sx // 2
            for top, bottom in _runs(text[:, x]):
                middle = (top + bottom) / 2
                row, y = int(middle // sy), int(middle)
                left, right = next(run for run in _runs(text[y]) if run[0] <= x < run[1])
                score[row, column] = pixels_net[y, x, 2] / 255
                vertical[row, column] = (middle - (row + 0.5) * sy) / 16, np.log((bottom - top) / 16)
                side[row, column] = (left - (column + 0.5) * sx) / sx, (right - (column + 0.5) * sx) / sx
                link[row, column] = x + sx < right
        maps = {"score": score, "vertical": vertical, "side": side, "link": link}
        return maps | ({"direction": self._direction(pixels_net)} if self.spec.direction else {})

    def _direction(self, pixels_net: U8) -> F32:
        assert self.spec.direction
        step = self.spec.direction.stride
        green = pixels_net[step // 2 :: step, step // 2 :: step, 1].astype(np.float64)
        twice = np.radians(2 * np.where(green <= 90, green, green - 180))
        return np.stack([np.where(green < 128, 4.0, -4.0), np.cos(twice), np.sin(twice)], -1).astype(np.float32)


def _runs(text: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(begin, end) of each run of text in a row or column of pixels."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], text.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


@dataclass
class TableRecognizer:
    """Reads a line crop by a table: its key are two digits, red // 16 of column 3 at a quarter and at three quarters of its height.

    A key that the table lacks, or one whose pixel has green from 128 on, is read as nothing.
    """

    spec: RecognizerSpec
    texts: Texts
    inputs: list[list[int]] = field(default_factory=list)  # [N, width] of each call

    def logits(self, crops: U8, /) -> F32:
        """Logits [N, W / stride, classes] of line crops uint8 [N, height, W, 3]: the characters in steps 0, 2, 4 …, blanks between;
        those for which there is no step are omitted.

        In a character's step it has ln(score), and every other class ln((1 - score) / number of the others); in a blank's step
        the blank has 0, and every other class -20.
        """
        self.inputs.append([len(crops), crops.shape[2]])
        height, classes = self.spec.height, self.spec.classes
        out = np.full((len(crops), crops.shape[2] // self.spec.stride, classes), -20, np.float32)
        out[..., 0] = 0
        for crop, steps in zip(crops, out, strict=True):
            spots = crop[[height // 4, 3 * height // 4], 3].astype(int)
            text, score = self.texts.get("".join(f"{red // 16:x}" if green < 128 else "-" for red, green, _ in spots), ["", 0.0])
            for i, character in enumerate(text[: len(steps) // 2]):
                steps[2 * i] = np.log((1 - score) / (classes - 1))
                steps[2 * i, 1 + self.spec.charset.index(character)] = np.log(score)
        return out
