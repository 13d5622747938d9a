"""The nets in PyTorch, whose answers the exported files are held against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.model_formats import DETECTOR, RECOGNIZER
from benchmarks.samples import U8, Photo, Sample, line_strips, page_inputs, strip_inputs
from ctpn.contract.spec import CRNN, DetectorSpec, RecognizerSpec
from ctpn.nn.detector import load_detector
from ctpn.nn.recognizer import Crnn, load_recognizer
from export.exporter import WEIGHTS
from export.graph import LOGITS
from export.parity import Maps, torch_logits, torch_maps

STRIPS = 6  # lines of each page that are read


class Reference:
    """A net in PyTorch, with its answers to the samples of each width."""

    def __init__(self, model: str, photos: Sequence[Photo]) -> None:
        self.net = (
            load_recognizer(WEIGHTS / f"{model}.safetensors") if model == CRNN.name else load_detector(WEIGHTS / f"{model}.safetensors")
        )
        self.model, self.spec = model, self.net.spec
        strips = line_strips(photos, self.spec, STRIPS) if isinstance(self.spec, RecognizerSpec) else []
        self.samples: dict[int | None, list[Sample]] = {}
        for width in (None, DETECTOR if isinstance(self.spec, DetectorSpec) else RECOGNIZER):
            if isinstance(self.spec, DetectorSpec):
                self.samples[width] = page_inputs(photos, self.spec, (width, width))
            else:
                self.samples[width] = strip_inputs(strips, self.spec, width)
        self.wanted = {width: [self(s.pixels) for s in samples] for width, samples in self.samples.items()}

    def __call__(self, pixels: U8) -> Maps:
        """Outputs of uint8 RGB [N, H, W, 3] by name, with the batch axis."""
        if isinstance(self.net, Crnn):
            return {LOGITS: torch_logits(self.net, pixels)}
        return {name: m[None] for name, m in torch_maps(self.net, pixels[0]).items()}


class TorchReader:
    """The recogniser in PyTorch, as `ctpn.recognition.policy` asks for one."""

    def __init__(self) -> None:
        self.net = load_recognizer(WEIGHTS / f"{CRNN.name}.safetensors")
        self.spec = self.net.spec

    def logits(self, strips: U8) -> Any:
        """Logits float32 [N, T, classes] of strips uint8 [N, height, W, 3]."""
        return torch_logits(self.net, strips)
