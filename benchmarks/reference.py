"""The models in PyTorch, with which exported files are compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.model_formats import DETECTOR, RECOGNIZER
from benchmarks.samples import U8, Photo, Sample, line_crop_inputs, line_crops, page_inputs
from ctpn.contract.spec import CRNN, DetectorSpec, RecognizerSpec
from ctpn.nn.detector import load_detector
from ctpn.nn.recognizer import Crnn, load_recognizer
from export.exporter import WEIGHTS
from export.graph import LOGITS
from export.parity import Maps, torch_logits, torch_maps

LINE_CROPS = 6  # of each page


class Reference:
    """A model in PyTorch, with its outputs for the samples of each width."""

    def __init__(self, model: str, photos: Sequence[Photo]) -> None:
        self.net = (
            load_recognizer(WEIGHTS / f"{model}.safetensors") if model == CRNN.name else load_detector(WEIGHTS / f"{model}.safetensors")
        )
        self.model, self.spec = model, self.net.spec
        crops = line_crops(photos, self.spec, LINE_CROPS) if isinstance(self.spec, RecognizerSpec) else []
        self.samples: dict[int | None, list[Sample]] = {}
        for width in (None, DETECTOR if isinstance(self.spec, DetectorSpec) else RECOGNIZER):
            if isinstance(self.spec, DetectorSpec):
                self.samples[width] = page_inputs(photos, self.spec, (width, width))
            else:
                self.samples[width] = line_crop_inputs(crops, self.spec, width)
        self.expected = {width: [self(s.pixels) for s in samples] for width, samples in self.samples.items()}

    def __call__(self, pixels: U8) -> Maps:
        """Outputs of uint8 RGB [N, H, W, 3] by name, with the batch axis."""
        if isinstance(self.net, Crnn):
            return {LOGITS: torch_logits(self.net, pixels)}
        return {name: m[None] for name, m in torch_maps(self.net, pixels[0]).items()}


class TorchReader:
    """The recogniser in PyTorch, with the interface that `ctpn.recognition.policy` needs."""

    def __init__(self) -> None:
        self.net = load_recognizer(WEIGHTS / f"{CRNN.name}.safetensors")
        self.spec = self.net.spec

    def logits(self, line_crops: U8) -> Any:
        """Logits float32 [N, T, classes] of line crops uint8 [N, height, W, 3]."""
        return torch_logits(self.net, line_crops)
