package ctpn.core.layout

import kotlin.math.abs
import kotlin.math.sqrt

/**
 * Indices of the lines, row by row from the top, each row from the left.
 *
 * A line joins a row when its middle is less than half the lower height away from the row's straight continuation from its
 * nearest member: so rows of a slightly rotated page stay together. Where the text of most lines runs to the left, the page
 * is upside down and is read from its other end.
 */
fun readingOrder(quads: List<Quad>): List<Int> {
    val upsideDown = 2 * quads.count { it.topRight.x < it.topLeft.x } > quads.size
    val lines = quads.map { Placed(if (upsideDown) negated(it) else it) }
    val rows = mutableListOf<MutableList<Int>>()
    for (i in lines.indices.sortedWith(compareBy({ lines[it].y }, { lines[it].x }))) { // stable: then by index
        val row = rows.lastOrNull { isSameRow(lines, it, i) }
        if (row != null) row += i else rows += mutableListOf(i)
    }
    return rows.flatMap { row -> row.sortedWith(compareBy({ lines[it].left }, { it })) }
}

private class Placed(
    val quad: Quad,
) {
    val x = quad.corners.sumOf { it.x.toDouble() } / 4
    val y = quad.corners.sumOf { it.y.toDouble() } / 4
    val left = quad.corners.minOf { it.x }
    val height = (quad.bottomLeft.x - quad.topLeft.x).toDouble().let { dx -> sqrt(dx * dx + square(quad.bottomLeft.y - quad.topLeft.y)) }

    private fun square(v: Float): Double = v.toDouble() * v
}

private fun negated(quad: Quad): Quad = Quad.of(*quad.corners.flatMap { listOf(-it.x, -it.y) }.toFloatArray())

private fun isSameRow(
    lines: List<Placed>,
    row: List<Int>,
    i: Int,
): Boolean {
    val near = lines[row.minBy { abs(lines[it].x - lines[i].x) }]
    val alongX = near.quad.topRight.x - near.quad.topLeft.x
    val alongY = near.quad.topRight.y - near.quad.topLeft.y
    val slope = if (alongX > near.height) (alongY / alongX).toDouble() else 0.0
    val expected = near.y + slope * (lines[i].x - near.x)
    return abs(expected - lines[i].y) < 0.5 * minOf(lines[i].height, near.height)
}
