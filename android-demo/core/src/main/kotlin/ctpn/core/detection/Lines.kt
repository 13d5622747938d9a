package ctpn.core.detection

import ctpn.core.TextLine
import ctpn.core.contract.DetectorSpec
import ctpn.core.contract.LineGrouping
import ctpn.core.contract.LinesSpec
import ctpn.core.layout.Point
import ctpn.core.layout.Quad
import ctpn.core.layout.distance
import ctpn.core.layout.point
import kotlin.math.abs
import kotlin.math.sqrt

/**
 * For each proposal the one that follows it in its line, or -1.
 *
 * [LineGrouping.LINKS]: in the next column, if the net says that the line goes on there (the column after, if the next has none
 * that fits). [LineGrouping.PAPER] (Tian et al. 2016, section 3.2): the nearest column within `maxGap` that has one. Both: fitting
 * means a vertical IoU of at least `minOverlap`; of several the best is taken (the highest IoU, for the paper the highest score; of
 * equals the first), and it must be mutual. [LineGrouping.CLASSIC] is the paper as its code had it: fitting means that the overlap is
 * at least `minOverlap` of the lower one, and so is the ratio of the heights.
 */
fun connect(
    proposals: Proposals,
    spec: DetectorSpec,
): IntArray {
    val links = spec.lines.lineGrouping == LineGrouping.LINKS
    val fitting = if (links) linked(proposals, spec) else near(proposals, spec)
    val right = best(proposals.size, fitting, { it.before }, { it.after }, { if (links) it.iou else proposals.scores[it.after] })
    val left = best(proposals.size, fitting, { it.after }, { it.before }, { if (links) it.iou else proposals.scores[it.before] })
    return IntArray(proposals.size) { if (right[it] >= 0 && left[right[it]] == it) right[it] else -1 }
}

/** A proposal and one that may follow it, `gap` columns to the right. */
private class Pairing(
    val before: Int,
    val after: Int,
    val gap: Int,
    val iou: Float,
)

private fun linked(
    p: Proposals,
    spec: DetectorSpec,
): List<Pairing> {
    val columns = p.columns.indices.groupBy { p.columns[it] }
    val threshold = spec.lines.linkThreshold.toFloat()
    return p.columns.indices.filter { p.links[it] >= threshold }.flatMap { i ->
        fitting(p, i, 1, columns, spec).ifEmpty { fitting(p, i, 2, columns, spec) }
    }
}

private fun near(
    p: Proposals,
    spec: DetectorSpec,
): List<Pairing> {
    val columns = p.columns.indices.groupBy { p.columns[it] }
    return p.columns.indices.flatMap { i -> (1..spec.lines.maxGap / spec.strideX).flatMap { fitting(p, i, it, columns, spec) } }
}

private fun fitting(
    p: Proposals,
    before: Int,
    gap: Int,
    columns: Map<Int, List<Int>>,
    spec: DetectorSpec,
): List<Pairing> {
    val minOverlap = spec.lines.minOverlap.toFloat()
    return columns[p.columns[before] + gap].orEmpty().mapNotNull { after ->
        val inter = minOf(p.bottom(before), p.bottom(after)) - maxOf(p.top(before), p.top(after))
        val (a, b) = p.height(before) to p.height(after)
        val iou = inter / (a + b - inter)
        val isClassic = spec.lines.lineGrouping == LineGrouping.CLASSIC
        val measures = if (isClassic) listOf(inter / minOf(a, b), minOf(a, b) / maxOf(a, b)) else listOf(iou)
        if (inter > 0 && measures.all { it >= minOverlap }) Pairing(before, after, gap, iou) else null
    }
}

/** For each owner the value with the smallest gap, of those the highest merit, of those the lowest, or -1. */
private fun best(
    size: Int,
    pairings: List<Pairing>,
    owner: (Pairing) -> Int,
    value: (Pairing) -> Int,
    merit: (Pairing) -> Float,
): IntArray {
    val found = arrayOfNulls<Pairing>(size)
    val order = compareBy<Pairing> { it.gap }.thenByDescending { merit(it) }.thenBy { value(it) }
    for (pairing in pairings) {
        val known = found[owner(pairing)]
        if (known == null || order.compare(pairing, known) < 0) found[owner(pairing)] = pairing
    }
    return IntArray(size) { i -> found[i]?.let(value) ?: -1 }
}

/** Number the chains of successors: the same number for all members of a line, by its first member. */
private fun connectedComponents(successors: IntArray): IntArray {
    val numbers = IntArray(successors.size) { -1 }
    val follows = BooleanArray(successors.size)
    for (s in successors) if (s >= 0) follows[s] = true
    var lines = 0
    for (first in successors.indices.filter { !follows[it] }) {
        var i = first
        while (i >= 0) {
            numbers[i] = lines
            i = successors[i]
        }
        lines++
    }
    return numbers
}

/**
 * Join proposals (already suppressed) into oriented lines.
 *
 * @return quads in network-input pixels, clockwise from the text's top left, with the mean score of the members; lines below
 *   `lineScore` or `minAspectRatio` are omitted, those of at most `minWidth`, and with [LineGrouping.CLASSIC] those of one member. Of the others the best
 *   `limits.maxLines` are kept.
 *   Empty when there is no text.
 */
fun textLines(
    proposals: Proposals,
    spec: DetectorSpec,
): List<TextLine> {
    val order = proposals.scores.indices.sortedWith(compareBy({ proposals.columns[it] }, { proposals.top(it) })) // stable
    val sorted = proposals.take(order.toIntArray())
    val numbers = connectedComponents(connect(sorted, spec))
    val members = numbers.indices.groupBy { numbers[it] }
    val lines = members.keys.sorted().mapNotNull { textLine(sorted, members.getValue(it), spec.lines) }
    val best = lines.indices.sortedByDescending { lines[it].score }.take(spec.limits.maxLines) // a stable sort
    return best.sorted().map { lines[it] }
}

private fun textLine(
    proposals: Proposals,
    line: List<Int>,
    spec: LinesSpec,
): TextLine? {
    val score = line.sumOf { proposals.scores[it].toDouble() } / line.size
    val quad = fitted(proposals, line, spec)
    val width = length(quad.topLeft, quad.topRight)
    val ratio = width / maxOf(length(quad.topLeft, quad.bottomLeft), 1e-6f)
    return when {
        score < spec.lineScore || ratio < spec.minAspectRatio.toFloat() || width <= spec.minWidth.toFloat() -> null
        spec.lineGrouping == LineGrouping.CLASSIC && line.size < 2 -> null
        else -> TextLine(expand(quad, spec.expansion), score.toFloat())
    }
}

/** [distance] as float32. */
private fun length(
    a: Point,
    b: Point,
): Float = distance(a, b).toFloat()

/** A quad with its sides moved outwards by fractions of its height: at each end, and above and below. */
private fun expand(
    quad: Quad,
    fractions: List<Double>,
): Quad {
    val (ends, edges) = fractions.map { it.toFloat() }
    val across = Point(quad.topRight.x - quad.topLeft.x, quad.topRight.y - quad.topLeft.y)
    val width = maxOf(length(quad.topLeft, quad.topRight), 1e-6f)
    val height = length(quad.topLeft, quad.bottomLeft)
    val along = Point(ends * height * across.x / width, ends * height * across.y / width)
    val down = Point(edges * (quad.bottomLeft.x - quad.topLeft.x), edges * (quad.bottomLeft.y - quad.topLeft.y))

    fun moved(
        p: Point,
        a: Int,
        d: Int,
    ) = Point(p.x + a * along.x + d * down.x, p.y + a * along.y + d * down.y)
    return Quad(moved(quad.topLeft, -1, -1), moved(quad.topRight, 1, -1), moved(quad.bottomRight, 1, 1), moved(quad.bottomLeft, -1, 1))
}

/**
 * Fit the middle line and the height of a line over its columns, and cut it off square at its ends.
 *
 * A proposal's top and bottom are those of the line at the middle of what it covers of its column, so a fit over columns
 * finds the edges of an oriented box; its height then is what the vertical cut has, times the cosine.
 */
private fun fitted(
    p: Proposals,
    line: List<Int>,
    spec: LinesSpec,
): Quad {
    val first = p.endsNet[2 * line.first()].toDouble()
    val last = p.endsNet[2 * line.last() + 1].toDouble()
    val left = minOf(first, last - 1)
    val right = maxOf(last, first + 1)
    val n = line.size
    val x =
        DoubleArray(n) { (maxOf(p.boxesNet[4 * line[it]].toDouble(), left) + minOf(p.boxesNet[4 * line[it] + 2].toDouble(), right)) / 2 }
    val middle = DoubleArray(n) { ((p.top(line[it]) + p.bottom(line[it])) / 2f).toDouble() }
    val height = DoubleArray(n) { p.height(line[it]).toDouble() }
    val weights =
        DoubleArray(n) {
            val inner = p.boxesNet[4 * line[it]] >= left && p.boxesNet[4 * line[it] + 2] <= right
            p.scores[line[it]] * if (inner) 1.0 else spec.clippedWeight
        }
    val mean = Mean(weights)
    val xMean = mean.of(x)
    val dx = DoubleArray(n) { x[it] - xMean }
    val spread = maxOf(weights.indices.sumOf { weights[it] * dx[it] * dx[it] }, 1e-6)
    val slope = if (n >= 2) weights.indices.sumOf { weights[it] * dx[it] * middle[it] } / spread else 0.0
    val taper = if (n >= spec.minTaperColumns) weights.indices.sumOf { weights[it] * dx[it] * height[it] } / spread else 0.0
    return corners(Straight(xMean, mean.of(middle), mean.of(height), slope, taper), left, right)
}

private class Mean(
    private val weights: DoubleArray,
) {
    private val sum = weights.sum()

    fun of(values: DoubleArray): Double = values.indices.sumOf { weights[it] * values[it] } / sum
}

/** A line through (x, y), its height there, and how y and height change with x. */
private class Straight(
    val x: Double,
    val y: Double,
    val height: Double,
    val slope: Double,
    val taper: Double,
)

private fun corners(
    line: Straight,
    left: Double,
    right: Double,
): Quad {
    val cos = 1 / sqrt(1 + line.slope * line.slope)
    val sin = line.slope * cos

    fun end(
        at: Double,
        inward: Int,
    ): Pair<Point, Point> {
        val half = maxOf(line.height + line.taper * (at - line.x), 1.0) * cos / 2
        val x = at + inward * minOf(half * abs(sin), (right - left) * 0.45) // so that the outermost corner lies on the end
        val y = line.y + line.slope * (x - line.x)
        return point(x + half * sin, y - half * cos) to point(x - half * sin, y + half * cos)
    }
    val (topLeft, bottomLeft) = end(left, 1)
    val (topRight, bottomRight) = end(right, -1)
    return Quad(topLeft, topRight, bottomRight, bottomLeft)
}
