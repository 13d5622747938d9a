"""CTC (Graves et al. 2006) and the last layer in one function, which never holds the logits of a whole batch.

The loss of a line crop depends on the sum over all classes at each time step and on the few classes in its text. So the
product with the last layer's matrix is computed for a few line crops at a time, whose logits stay in the processor's cache,
the recursion runs over the text's own classes, and the gradient (softmax minus the posterior of each class) is computed at
once. Against `log_softmax` and `ctc_loss` over 5,128 classes a training step takes about half the time.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import FunctionCtx
from torch.nn import functional as F

ROWS = 128  # time steps at once: their logits, 2.6 MB, stay in the cache


class Texts(NamedTuple):
    """Texts of line crops, of n characters at most, int64.

    Attributes:
        slots: [B, n + 1], the classes of a line crop: the blank, then its characters.
        others: [B, n + 1], for each slot the class that counts as the same (the small letter of a capital), or -1.
        targets: [B, n], the text as indices of slots; equal characters have equal indices.
        lengths: [B].
    """

    slots: Tensor
    others: Tensor
    targets: Tensor
    lengths: Tensor


def texts(labels: Tensor, lengths: Tensor, caseless: Tensor, letters: Tensor) -> Texts:
    """Texts of a batch.

    Args:
        labels: int64 [sum of lengths].
        lengths: int64 [B].
        caseless: bool [B], the transcript has only capitals, whatever is printed.
        letters: int64 [2, n], classes of the capital and of the small form of each letter.
    """
    rows = torch.nn.utils.rnn.pad_sequence(list(labels.split(lengths.tolist())), batch_first=True)
    slots = F.pad(rows, (1, 0))
    small = torch.full((int(max(slots.max(), letters.max() if letters.numel() else 0)) + 1,), -1, device=labels.device)
    small[letters[0]] = letters[1]
    others = torch.where(caseless[:, None], small[slots], -1)
    return Texts(slots, others, (rows[:, :, None] == rows[:, None, :]).int().argmax(2) + 1, lengths)


def ctc(features: Tensor, matrix: Tensor, target: Texts) -> Tensor:
    """Mean over the line crops of the loss per character; 0 for a text that does not fit its line crop.

    Args:
        features: float32 [B, T, D], the input of the last layer.
        matrix: float32 [classes, D], its weights; class 0 is the blank.
    """
    loss: Tensor = _Ctc.apply(features, matrix, target)  # type: ignore[no-untyped-call]
    return loss


class _Ctc(Function):
    @staticmethod
    def forward(ctx: FunctionCtx, features: Tensor, matrix: Tensor, target: Texts) -> Tensor:
        to_features, to_matrix = torch.empty_like(features), torch.zeros_like(matrix)
        count, steps = features.shape[:2]
        loss = features.new_zeros(())
        some = max(1, ROWS // steps) if features.device.type == "cpu" else count
        for i in range(0, count, some):
            part, group = features[i : i + some], Texts(*(t[i : i + some] for t in target))
            lost, slope = _loss_and_gradient(part @ matrix.T, group)
            loss += lost / count
            slope = (slope / count).flatten(0, 1)
            to_features[i : i + some] = (slope @ matrix).view_as(part)
            to_matrix.addmm_(slope.T, part.flatten(0, 1))
        ctx.save_for_backward(to_features, to_matrix)
        return loss

    @staticmethod
    def backward(ctx: FunctionCtx, slope: Tensor) -> tuple[Tensor, Tensor, None]:
        to_features, to_matrix = ctx.saved_tensors  # type: ignore[attr-defined]
        return slope * to_features, slope * to_matrix, None


def _loss_and_gradient(logits: Tensor, target: Texts) -> tuple[Tensor, Tensor]:
    """Sum of the losses per character for logits [b, T, classes], and the gradient to these."""
    spread = target.slots[:, None].expand(-1, logits.shape[1], -1)
    spread_others = target.others.clamp_min(0)[:, None].expand_as(spread)
    total = logits.logsumexp(2, keepdim=True)
    own = logits.gather(2, spread) - total
    other = (logits.gather(2, spread_others) - total).masked_fill((target.others < 0)[:, None], -1e30)
    both = torch.logaddexp(own, other)
    lost, posterior = _recursion(both, target)
    weight = (1 / target.lengths.clamp_min(1))[:, None, None] * (lost > 0)[:, None, None]
    slope = torch.exp(logits.sub_(total)).mul_(weight)
    posterior *= weight
    slope.scatter_add_(2, spread, -posterior * torch.exp(own - both))
    slope.scatter_add_(2, spread_others, -posterior * torch.exp(other - both))
    return (lost * weight.flatten()).sum(), slope


def _recursion(log: Tensor, target: Texts) -> tuple[Tensor, Tensor]:
    """Loss [b], and the posterior of each slot at each time step given the text [b, T, slots]."""
    log = log.detach().requires_grad_()
    times = torch.full_like(target.lengths, log.shape[1])
    with torch.enable_grad():
        lost = F.ctc_loss(log.transpose(0, 1), target.targets, times, target.lengths, reduction="none", zero_infinity=True)
        (slope,) = torch.autograd.grad(lost.sum(), log)
    return lost.detach(), log.detach().exp() - slope  # PyTorch gives the gradient to the logits: softmax minus posterior


def divergence(features: Tensor, matrix: Tensor, teacher: tuple[Tensor, Tensor], use: Tensor, lengths: Tensor) -> Tensor:
    """How far a net's answers are from those of a teacher (Hinton et al. 2015): mean over the line crops of the Kullback-Leibler
    divergence per character, summed over the time steps. The logits of a whole batch are never held.

    Args:
        features: float32 [B, T, D], the input of the last layer.
        matrix: float32 [classes, D], its weights.
        teacher: the same two of the teacher.
        use: bool [B], the line crops that count; the mean is over all.
        lengths: int64 [B], characters of each line crop.
    """
    loss: Tensor = _Divergence.apply(features, matrix, *teacher, use / lengths.clamp_min(1) / len(features))  # type: ignore[no-untyped-call]
    return loss


class _Divergence(Function):
    @staticmethod
    def forward(
        ctx: FunctionCtx, features: Tensor, matrix: Tensor, teacher_features: Tensor, teacher_matrix: Tensor, weight: Tensor
    ) -> Tensor:
        to_features, to_matrix = torch.zeros_like(features), torch.zeros_like(matrix)
        steps = features.shape[1]
        loss = features.new_zeros(())
        chosen = torch.nonzero(weight)[:, 0]
        some = max(1, ROWS // steps) if features.device.type == "cpu" else max(1, len(chosen))
        for group in chosen.split(some):
            part, scale = features[group], weight[group, None, None]
            log = (part @ matrix.T).log_softmax(2)
            expected = (teacher_features[group] @ teacher_matrix.T).log_softmax(2)
            slope = expected.exp()
            loss += (slope * (expected - log) * scale).sum()
            slope = log.exp_().sub_(slope).mul_(scale).flatten(0, 1)
            to_features[group] = (slope @ matrix).view_as(part)
            to_matrix.addmm_(slope.T, part.flatten(0, 1))
        ctx.save_for_backward(to_features, to_matrix)
        return loss

    @staticmethod
    def backward(ctx: FunctionCtx, slope: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        to_features, to_matrix = ctx.saved_tensors  # type: ignore[attr-defined]
        return slope * to_features, slope * to_matrix, None, None, None
