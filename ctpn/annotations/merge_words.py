"""Merges annotations of words into annotations of lines, which the detector learns from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctpn.annotations.formats import TextAnnotation
from ctpn.detection.lines import connected_components

F64 = NDArray[np.float64]


def merge_words(annotations: list[TextAnnotation], *, gap: float = 1.0) -> list[TextAnnotation]:
    """Merge neighbouring words of one line.

    A word's follower begins at most `gap` heights after its end, less than 0.4 heights beside its direction, runs
    the same way (within 18 degrees) and is of similar height (factor 1.67). Ignored words merge
    only with each other. A merged annotation is the smallest box along the mean direction.

    Args:
        annotations: quads [4, 2], clockwise from the text's own top left; polygons stay as they are.
        gap: in heights of the lower word.
    """
    if any(len(r.quad) != 4 for r in annotations):  # polygons are lines already
        quads_only = merge_words([r for r in annotations if len(r.quad) == 4], gap=gap)
        return quads_only + [r for r in annotations if len(r.quad) != 4]
    if len(annotations) < 2:
        return annotations
    quads = np.stack([r.quad for r in annotations]).astype(np.float64)
    ignored = np.array([r.ignore for r in annotations])
    lines = connected_components(_followers(quads, ignored, gap))
    groups = [np.flatnonzero(lines == i) for i in range(lines.max() + 1)]
    return [annotations[g[0]] if len(g) == 1 else _join([annotations[i] for i in g]) for g in groups]


def _directions(quads: F64) -> tuple[F64, F64]:
    """Unit vectors [N, 2] along the text and heights [N]."""
    across = quads[:, 1] - quads[:, 0] + quads[:, 2] - quads[:, 3]
    down = quads[:, 3] - quads[:, 0] + quads[:, 2] - quads[:, 1]
    return across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-6), np.linalg.norm(down, axis=1) / 2


def _followers(quads: F64, ignored: NDArray[np.bool_], gap: float) -> NDArray[np.int64]:
    """For each word its nearest follower, each the follower of one word only, or -1."""
    along, height = _directions(quads)
    ends, starts = (quads[:, 1] + quads[:, 2]) / 2, (quads[:, 0] + quads[:, 3]) / 2
    step = starts[None] - ends[:, None]
    small = np.minimum(height[:, None], height[None])
    forward = (step * along[:, None]).sum(2)
    beside = np.abs(step[:, :, 1] * along[:, None, 0] - step[:, :, 0] * along[:, None, 1])
    fits = (forward > -0.6 * small) & (forward < gap * small) & (beside < 0.4 * small)
    fits &= (along @ along.T > 0.95) & (np.maximum(height[:, None], height[None]) < 1.67 * small)
    fits &= (ignored[:, None] == ignored[None]) & ~np.eye(len(quads), dtype=bool)
    cost = np.where(fits, np.abs(forward), np.inf)
    best = cost.argmin(1)
    mutual = np.isfinite(cost.min(1)) & (cost.argmin(0)[best] == np.arange(len(quads)))
    return np.where(mutual, best, -1)


def _join(words: list[TextAnnotation]) -> TextAnnotation:
    points = np.concatenate([w.quad for w in words]).astype(np.float64)
    along, _ = _directions(np.stack([w.quad for w in words]).astype(np.float64))
    u = along.mean(0) / np.linalg.norm(along.mean(0))
    v = np.array([-u[1], u[0]])
    a, b = points @ u, points @ v
    corners = ((a.min(), b.min()), (a.max(), b.min()), (a.max(), b.max()), (a.min(), b.max()))
    words = sorted(words, key=lambda w: float((w.quad.mean(0) * u).sum()))
    text = "###" if words[0].ignore else " ".join(w.text for w in words)
    return TextAnnotation(np.array([u * x + v * y for x, y in corners], np.float32), text)
