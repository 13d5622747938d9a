package ctpn.core.detection

/**
 * N fixed-width parts of text, in the order of their cells (row, column, anchor).
 *
 * @property boxesNet x0, y0, x1, y1 of each in network-input pixels; x0 and x1 are the borders of the column.
 * @property scores text probability.
 * @property columns column of the grid.
 * @property endsNet left and right end of the text if it starts or ends here.
 * @property links probability that the column to the right belongs to the same line.
 */
class Proposals(
    val boxesNet: FloatArray,
    val scores: FloatArray,
    val columns: IntArray,
    val endsNet: FloatArray,
    val links: FloatArray,
) {
    val size: Int get() = scores.size

    fun top(i: Int): Float = boxesNet[4 * i + 1]

    fun bottom(i: Int): Float = boxesNet[4 * i + 3]

    fun height(i: Int): Float = bottom(i) - top(i)

    /** The proposals of these indices, in that order. */
    fun take(index: IntArray): Proposals =
        Proposals(
            FloatArray(4 * index.size) { boxesNet[4 * index[it / 4] + it % 4] },
            FloatArray(index.size) { scores[index[it]] },
            IntArray(index.size) { columns[index[it]] },
            FloatArray(2 * index.size) { endsNet[2 * index[it / 2] + it % 2] },
            FloatArray(index.size) { links[index[it]] },
        )
}
