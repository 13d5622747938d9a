package ctpn.core.detection

/**
 * Greedy non-maximum suppression of fixed-width boxes, column by column: boxes of different columns cannot overlap.
 *
 * @param iouThreshold a box is dropped when its IoU with a better kept one is above this.
 * @return indices of the kept boxes, ordered by (-score, index).
 */
fun suppress(
    boxesNet: FloatArray,
    scores: FloatArray,
    columns: IntArray,
    iouThreshold: Float,
): IntArray {
    val kept = HashMap<Int, MutableList<Int>>()
    val order = scores.indices.sortedByDescending { scores[it] } // stable
    return order
        .filter { i ->
            val column = kept.getOrPut(columns[i]) { mutableListOf() }
            column.none { isOverlapping(boxesNet, it, i, iouThreshold) } && column.add(i)
        }.toIntArray()
}

private fun isOverlapping(
    boxes: FloatArray,
    a: Int,
    b: Int,
    threshold: Float,
): Boolean {
    val inter = minOf(boxes[4 * a + 3], boxes[4 * b + 3]) - maxOf(boxes[4 * a + 1], boxes[4 * b + 1])
    val heights = (boxes[4 * a + 3] - boxes[4 * a + 1]) + (boxes[4 * b + 3] - boxes[4 * b + 1])
    return inter > 0 && inter > threshold * (heights - inter)
}
