package ctpn.core

import kotlin.math.abs
import kotlin.math.ceil
import kotlin.math.floor
import kotlin.math.sqrt

/** What a user marks on a photo: four corners in any direction around a convex area, in pixels of the upright photo. */
data class Region(
    val corners: Quad,
) {
    companion object {
        /**
         * A rectangle by its top left corner and its size.
         *
         * @throws CtpnException one without width or height.
         */
        fun rectangle(
            x: Float,
            y: Float,
            width: Float,
            height: Float,
        ): Region {
            if (!(width > 0 && height > 0)) {
                throw CtpnException("region $x,$y,$width,$height: expected a positive width and height; mark it again")
            }
            return Region(Quad.of(x, y, x + width, y, x + width, y + height, x, y + height))
        }
    }
}

private const val CONTEXT = 0.5f // of the region's short side around it may be seen ...
private const val LEAST_CONTEXT = 16f // ... so many pixels at least ...
private const val MOST_CONTEXT = 64f // ... and at most
private const val LOWEST = 96.0 // a region's short side is enlarged to this many pixels ...
private const val LARGEST_SCALE = 3.0 // ... at most so much

/**
 * A region as the convex polygon that it covers of a photo, clockwise; what lies outside of the photo is left away.
 *
 * @throws CtpnException not convex, not finite, crossing itself, or not a pixel of it inside the photo.
 */
fun outline(
    region: Region,
    width: Int,
    height: Int,
): List<Point> {
    val inside = clockwise(region.corners.corners)?.let { clipped(it, width, height) }.orEmpty()
    if (inside.size < 3 || abs(area(inside)) < 1 || minOf(extent(inside) { it.x }, extent(inside) { it.y }) < 1) {
        throw CtpnException(
            "region ${region.corners.corners.joinToString(",") { "${it.x},${it.y}" }}: expected four corners around a convex area " +
                "inside a photo of $width x $height; mark it again",
        )
    }
    return inside
}

/** The corners, the first given first; null if they are none of a convex quad. */
private fun clockwise(corners: List<Point>): List<Point>? {
    if (corners.any { !it.x.isFinite() || !it.y.isFinite() }) return null
    val turns =
        corners.indices.map { i ->
            val (a, b, c) = List(3) { corners[(i + it) % corners.size] }
            (b.x.toDouble() - a.x) * (c.y.toDouble() - b.y) - (b.y.toDouble() - a.y) * (c.x.toDouble() - b.x)
        }
    return when {
        turns.any { it > 0 } && turns.any { it < 0 } -> null
        area(corners) > 0 -> corners
        else -> listOf(corners.first()) + corners.drop(1).reversed()
    }
}

/** Area of a polygon, negative if it runs counterclockwise. */
private fun area(corners: List<Point>): Double =
    corners.indices.sumOf { i ->
        val a = corners[i]
        val b = corners[(i + 1) % corners.size]
        a.x.toDouble() * b.y - b.x.toDouble() * a.y
    } / 2

private fun extent(
    points: List<Point>,
    of: (Point) -> Float,
): Float = points.maxOf(of) - points.minOf(of)

private class Border(
    val axis: Int,
    val sign: Int,
    val at: Double,
)

/** What of a convex polygon lies in a photo, side by side (Sutherland and Hodgman 1974); may be empty. */
private fun clipped(
    corners: List<Point>,
    width: Int,
    height: Int,
): List<Point> {
    var points = corners.map { doubleArrayOf(it.x.toDouble(), it.y.toDouble()) }
    for (border in listOf(Border(0, 1, 0.0), Border(0, -1, width.toDouble()), Border(1, 1, 0.0), Border(1, -1, height.toDouble()))) {
        points = points.indices.flatMap { i -> crossed(points[(i + points.size - 1) % points.size], points[i], border) }
    }
    return points.map { point(it[0], it[1]) }
}

/** Where the side from a to b crosses a border, and b if it lies inside. */
private fun crossed(
    a: DoubleArray,
    b: DoubleArray,
    border: Border,
): List<DoubleArray> {
    val depthA = border.sign * (a[border.axis] - border.at)
    val depthB = border.sign * (b[border.axis] - border.at)
    val kept = mutableListOf<DoubleArray>()
    if ((depthA < 0) != (depthB < 0)) {
        val t = depthA / (depthA - depthB)
        kept += DoubleArray(2) { if (it == border.axis) border.at else a[it] + t * (b[it] - a[it]) }
    }
    if (depthB >= 0) kept += b
    return kept
}

/** A part of a photo, whole pixels, (x0, y0) up to, without, (x1, y1). */
data class Window(
    val x0: Int,
    val y0: Int,
    val x1: Int,
    val y1: Int,
)

/** The part of the photo that is looked at: the region and some context. */
fun window(
    outline: List<Point>,
    width: Int,
    height: Int,
): Window {
    val air = (CONTEXT * minOf(extent(outline) { it.x }, extent(outline) { it.y })).coerceIn(LEAST_CONTEXT, MOST_CONTEXT)
    return Window(
        maxOf(floor(outline.minOf { it.x } - air).toInt(), 0),
        maxOf(floor(outline.minOf { it.y } - air).toInt(), 0),
        minOf(ceil(outline.maxOf { it.x } + air).toInt(), width),
        minOf(ceil(outline.maxOf { it.y } + air).toInt(), height),
    )
}

/**
 * By how much a region is enlarged before it is looked at: low ones hold one or two lines, which would be too small.
 *
 * Large ones are reduced by the detector's own rule ([fit]).
 */
fun scale(outline: List<Point>): Double = (LOWEST / minOf(extent(outline) { it.x }, extent(outline) { it.y })).coerceIn(1.0, LARGEST_SCALE)

/** Share of a line's middle, by points along it, that lies in a convex polygon. */
fun share(
    quad: Quad,
    outline: List<Point>,
): Double {
    val start = middle(quad.topLeft, quad.bottomLeft)
    val end = middle(quad.topRight, quad.bottomRight)
    val inside =
        (0 until 21).count {
            val t = (it + 0.5) / 21
            isInside(start.x + t * (end.x - start.x), start.y + t * (end.y - start.y), outline)
        }
    return inside / 21.0
}

private fun middle(
    a: Point,
    b: Point,
): Point = Point((a.x + b.x) / 2, (a.y + b.y) / 2)

private fun isInside(
    x: Double,
    y: Double,
    outline: List<Point>,
): Boolean {
    val sides =
        outline.indices.map { i ->
            val a = outline[i]
            val b = outline[(i + 1) % outline.size]
            (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x)
        }
    return sides.all { it >= 0 } || sides.all { it <= 0 }
}

/**
 * Indices of the lines, row by row from the top, each row from the left.
 *
 * A line joins a row when its middle is less than half the lower height away from the row's straight continuation from its
 * nearest member: so rows of a slightly turned page stay together. Where the text of most lines runs to the left, the page
 * stands on its head and is read from its other end.
 */
fun readingOrder(quads: List<Quad>): List<Int> {
    val over = 2 * quads.count { it.topRight.x < it.topLeft.x } > quads.size
    val lines = quads.map { Placed(if (over) negated(it) else it) }
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
