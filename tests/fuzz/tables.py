"""Readers whose models are tables, and photos that these read: quick, and free of what trained weights do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from contract.generator.readings import DETECTOR, RECOGNIZER, Page
from contract.generator.table import TableDetector, TableRecognizer, Texts, paint
from ctpn.contract.spec import CRNN, MOBILE, DetectorSpec, RecognizerSpec, revise
from ctpn.reader import TextReader

TABLE_DETECTOR = revise(MOBILE, DETECTOR)
TABLE_RECOGNIZER = revise(CRNN, RECOGNIZER)


def page(rng: np.random.Generator) -> tuple[NDArray[np.uint8], Texts]:
    """A photo with up to eight lines, some of them vertical, some photos long."""
    width, height = (int(side) for side in rng.choice([20, 60, 200, 400, 900], 2))
    made = Page(width, height)
    for _ in range(int(rng.integers(0, 9))):
        w, h = (int(v) for v in rng.integers(2, [max(3, width), 40]))
        w, h = (w, h) if rng.random() < 0.8 else (h, w)
        x, y = (int(v) for v in rng.integers(0, [width, height]))
        word = "".join(rng.choice(list("abcdef "), int(rng.integers(0, 9))))
        scores = [round(float(v), 3) for v in rng.uniform(0.01, 0.99, 3)]
        green = int(rng.choice([0, 0, 0, 30, 90, 100]))  # its angle, for detectors that know directions
        made.line(x, y, w, h, (word, scores[0]), score=scores[1], flipped=("flipped", scores[2]), green=green)
    return paint(**made.photo), made.texts


def reader(texts: Texts, detector: DetectorSpec = TABLE_DETECTOR, recognizer: RecognizerSpec = TABLE_RECOGNIZER) -> TextReader:
    """A reader of such photos."""
    return TextReader.of(TableDetector(detector), TableRecognizer(recognizer, texts))
