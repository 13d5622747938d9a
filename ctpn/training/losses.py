"""The training loss of a detector (Tian et al. 2016, section 3.4, plus links)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

# The score's loss is ten times the others' by nature; most of what is lost on receipts is lost by links at a line's end.
WEIGHTS = {"score": 1.0, "vertical": 2.0, "side": 1.5, "link": 3.0}
LINK_END = 2.0  # an end counts as much as so many cells that go on, of which there are ten times as many


SCORE_LOSSES = ("softmax", "bce")


def detector_loss(
    maps: dict[str, Tensor], targets: dict[str, Tensor], *, negatives: float = 3.0, score: str = "softmax"
) -> dict[str, Tensor]:
    """The parts of the loss, each a scalar, unweighted; a part without a target is 0.

    Args:
        maps: raw maps of a detector, channels-last [B, h, w, C].
        targets: `labels` int8 [B, h, w, k], `vertical` and `side` float32 [B, h, w, k, 2] (NaN = no target),
            `link` int8 [B, h, w, k]; see `targets.Targets`.
        negatives: background anchors for each text anchor that count in the score, the hardest first.
        score: "softmax", cross entropy over background and text, or "bce", each of the two logits by itself.
    """
    labels = targets["labels"].long()
    text = labels == 1
    parts = {"score": _score(maps["score"].reshape(*labels.shape, 2), labels, negatives, score)}
    parts["vertical"] = _regression(maps["vertical"], targets["vertical"], text, beta=0.1)
    if "side" in maps:
        parts["side"] = _regression(maps["side"], targets["side"], text, beta=0.1)
    if "link" in maps:
        link = targets["link"][text].float()
        weight = LINK_END - (LINK_END - 1) * link
        parts["link"] = F.binary_cross_entropy_with_logits(maps["link"][text], link, weight, reduction="sum") / max(1, len(link))
    return parts


def _score(logits: Tensor, labels: Tensor, negatives: float, form: str) -> Tensor:
    """Cross entropy over text and the hardest background; ignored anchors do not count."""
    logits, labels = logits.flatten(0, 3), labels.flatten()
    kind = labels.clamp_min(0)
    if form == "bce":
        loss = F.binary_cross_entropy_with_logits(logits, F.one_hot(kind, 2).float(), reduction="none").sum(1)
    else:
        loss = F.cross_entropy(logits, kind, reduction="none")
    positive, background = loss[labels == 1], loss[labels == 0]
    keep = min(len(background), int(negatives * len(positive)) + 200)
    hard = background.topk(keep, sorted=False).values
    return (positive.sum() + hard.sum()) / max(1, len(positive))


def _regression(raw: Tensor, target: Tensor, text: Tensor, *, beta: float) -> Tensor:
    predicted, expected = raw.reshape(target.shape)[text], target[text]
    known = ~torch.isnan(expected)
    loss = F.smooth_l1_loss(predicted[known], expected[known], beta=beta, reduction="sum")
    return loss / max(1, int(known.sum()))


def direction_loss(maps: Tensor, targets: dict[str, Tensor]) -> dict[str, Tensor]:
    """The parts of the loss of the map `direction`, each a scalar: "text", cross entropy of the logit over all cells that count, and
    "direction", the squared distance of (cos 2a, sin 2a) over cells of text.

    The squared distance lets the vector become short where the net wavers between two directions, so its length tells how sure it is.

    Args:
        maps: float32 [B, h, w, 3], raw.
        targets: `text` int8 [B, h, w] and `double_angle` float32 [B, h, w, 2]; see `targets.DirectionTargets`.
    """
    logit, vector = maps[..., 0], maps[..., 1:]
    counts, text = targets["text"] >= 0, targets["text"] == 1
    cross = F.binary_cross_entropy_with_logits(logit[counts], text[counts].float(), reduction="sum") / max(1, int(counts.sum()))
    apart = (vector - targets["double_angle"])[text].square().sum() / max(1, int(text.sum()))
    return {"text": cross, "direction": apart}
