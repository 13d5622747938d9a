package ctpn.core.layout

import kotlin.math.abs
import kotlin.math.sqrt

/**
 * Indices of the lines, row by row from the top, each row from the left.
 *
 * Lines that run down or up, rather than across, are ordered by themselves in the frame in which most of them run to the right:
 * columns that run down go from right to left. Those of the two that are more come first, of equally many those that run across.
 * Where most lines run to the left, the page is upside down and is ordered from its other end.
 */
fun readingOrder(quads: List<Quad>): List<Int> {
    fun along(quad: Quad) = Point(quad.topRight.x - quad.topLeft.x, quad.topRight.y - quad.topLeft.y)
    val (steep, level) = quads.indices.partition { along(quads[it]).let { (x, y) -> abs(y) > abs(x) } }
    val isDown = 2 * steep.count { along(quads[it]).y > 0 } >= steep.size
    val isUpsideDown = 2 * level.count { along(quads[it]).x < 0 } > level.size

    fun upright(quad: Quad): Quad =
        quad.map {
            when {
                along(quad).let { (x, y) -> abs(y) > abs(x) } -> if (isDown) Point(it.y, -it.x) else Point(-it.y, it.x)
                isUpsideDown -> Point(-it.x, -it.y)
                else -> it
            }
        }
    return listOf(level, steep).sortedByDescending { it.size }.flatMap { group ->
        byRows(group.map { Placed(upright(quads[it])) }).map { group[it] }
    }
}

/**
 * Indices of lines that run to the right.
 *
 * A line joins a row when its middle is less than half the lower height away from the row's straight continuation from its
 * nearest member: so rows of a slightly rotated page stay together.
 */
private fun byRows(lines: List<Placed>): List<Int> {
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
