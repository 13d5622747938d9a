"""Suppression in a column, against the usual greedy loop."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ctpn.detection.nms import suppress


def naive(boxes, scores, threshold):
    """Greedy NMS over all boxes, x as well as y."""
    kept = []
    for i in sorted(range(len(scores)), key=lambda i: (-scores[i], i)):
        x0, y0, x1, y1 = boxes[i]
        for j in kept:
            a0, b0, a1, b1 = boxes[j]
            inter = max(0, min(x1, a1) - max(x0, a0)) * max(0, min(y1, b1) - max(y0, b0))
            if inter > threshold * ((x1 - x0) * (y1 - y0) + (a1 - a0) * (b1 - b0) - inter):
                break
        else:
            kept.append(i)
    return kept


def column_boxes(columns, tops, heights):
    x0 = np.asarray(columns, np.float32) * 16
    y0 = np.asarray(tops, np.float32)
    return np.stack([x0, y0, x0 + 16, y0 + np.asarray(heights, np.float32)], 1)


def test_by_hand():
    boxes = column_boxes([0, 0, 0, 1], [0, 2, 20, 0], [10, 10, 10, 10])
    scores = np.array([0.9, 0.95, 0.5, 0.7], np.float32)
    kept = suppress(boxes, scores, np.array([0, 0, 0, 1]), 0.3)
    assert kept.tolist() == [1, 3, 2]  # box 0 has an IoU of 8/12 with box 1


def test_ties_go_to_the_lower_index():
    boxes = column_boxes([0, 0], [0, 0], [10, 10])
    assert suppress(boxes, np.array([0.5, 0.5], np.float32), np.array([0, 0]), 0.3).tolist() == [0]


def test_nothing_in_nothing_out():
    assert suppress(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64), 0.3).tolist() == []


piece = st.tuples(st.integers(0, 3), st.integers(0, 60), st.integers(1, 30), st.integers(0, 8))


@settings(max_examples=200, deadline=None)
@given(st.lists(piece, max_size=40), st.sampled_from([0.1, 0.3, 0.5]))
def test_equals_the_naive_loop(pieces, threshold):
    columns, tops, heights, scores = np.array(pieces, np.int64).reshape(-1, 4).T
    boxes, scores = column_boxes(columns, tops, heights), (scores / 8).astype(np.float32)
    assert suppress(boxes, scores, columns, threshold).tolist() == naive(boxes.tolist(), scores.tolist(), threshold)
