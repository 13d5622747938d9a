package ctpn.core.layout

import kotlin.math.abs
import kotlin.math.floor
import kotlin.math.sqrt

private const val SAMPLES = 21 // of a line's middle, for overlapFraction

/** A place; frames begin at the corner of the first pixel, x to the right, y down. */
data class Point(
    val x: Float,
    val y: Float,
)

/** A place or a step in a picture, in pixels. */
class Vector(
    val x: Double,
    val y: Double,
) {
    operator fun plus(other: Vector) = Vector(x + other.x, y + other.y)

    operator fun minus(other: Vector) = Vector(x - other.x, y - other.y)

    operator fun times(factor: Double) = Vector(x * factor, y * factor)

    operator fun div(divisor: Double) = Vector(x / divisor, y / divisor)

    val length: Double get() = sqrt(x * x + y * y)
}

/** Four corners, of a text line clockwise from the text's top left. */
data class Quad(
    val topLeft: Point,
    val topRight: Point,
    val bottomRight: Point,
    val bottomLeft: Point,
) {
    /** The corners, clockwise. */
    val corners: List<Point> get() = listOf(topLeft, topRight, bottomRight, bottomLeft)

    /** The quad of other places for its corners. */
    fun map(place: (Point) -> Point): Quad = Quad(place(topLeft), place(topRight), place(bottomRight), place(bottomLeft))

    companion object {
        /** From x, y, x, y, … of the four corners. */
        fun of(vararg xy: Float): Quad {
            require(xy.size == 8) { "expected 8 numbers of four corners, got ${xy.size}" }
            return Quad(Point(xy[0], xy[1]), Point(xy[2], xy[3]), Point(xy[4], xy[5]), Point(xy[6], xy[7]))
        }
    }
}

/** Pixels between two points. */
fun distance(
    a: Point,
    b: Point,
): Double {
    val x = b.x.toDouble() - a.x
    val y = b.y.toDouble() - a.y
    return sqrt(x * x + y * y) // bit-exact in every language; hypot is not
}

/** Mean width and height of a quad, each at least 1 pixel. */
fun quadSize(quad: Quad): Pair<Double, Double> {
    val (a, b, c, d) = quad.corners
    return maxOf((distance(a, b) + distance(d, c)) / 2, 1.0) to maxOf((distance(a, d) + distance(b, c)) / 2, 1.0)
}

/** Area of a polygon in square pixels, negative if it runs counterclockwise. */
fun area(polygon: List<Point>): Double =
    polygon.indices.sumOf { i ->
        val a = polygon[i]
        val b = polygon[(i + 1) % polygon.size]
        a.x.toDouble() * b.y - b.x.toDouble() * a.y
    } / 2

/** Width and height of the rectangle around points, the smaller of the two. */
internal fun shortSide(points: List<Point>): Float =
    minOf(points.maxOf { it.x } - points.minOf { it.x }, points.maxOf { it.y } - points.minOf { it.y })

/** Whether a place lies in a convex polygon of either direction, or on its edge. */
fun isInside(
    x: Double,
    y: Double,
    polygon: List<Point>,
): Boolean {
    val sides =
        polygon.indices.map { i ->
            val a = polygon[i]
            val b = polygon[(i + 1) % polygon.size]
            (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x)
        }
    return sides.all { it >= 0 } || sides.all { it <= 0 }
}

/** The corners clockwise, the first given first; null if they are not finite or not those of a convex quad. */
internal fun clockwise(corners: List<Point>): List<Point>? {
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

/** A border: the places with [sign] · (x or y, by [axis]) from [sign] · [at] on are inside. */
private class Border(
    val axis: Int,
    val sign: Int,
    val at: Double,
)

/** The part of a convex polygon that lies in a photo, border by border (Sutherland and Hodgman 1974); may be empty. */
internal fun clip(
    polygon: List<Point>,
    width: Int,
    height: Int,
): List<Point> {
    var points = polygon.map { doubleArrayOf(it.x.toDouble(), it.y.toDouble()) }
    for (border in listOf(Border(0, 1, 0.0), Border(0, -1, width.toDouble()), Border(1, 1, 0.0), Border(1, -1, height.toDouble()))) {
        points = points.indices.flatMap { i -> clipSide(points[(i + points.size - 1) % points.size], points[i], border) }
    }
    return points.map { point(it[0], it[1]) }
}

/** Where the side from a to b crosses a border, and b if it lies inside. */
private fun clipSide(
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

/** Fraction of a line's middle, by points along it, that lies in a convex polygon. */
fun overlapFraction(
    quad: Quad,
    polygon: List<Point>,
): Double {
    val start = midpoint(quad.topLeft, quad.bottomLeft)
    val end = midpoint(quad.topRight, quad.bottomRight)
    val inside =
        (0 until SAMPLES).count {
            val t = (it + 0.5) / SAMPLES
            isInside(start.x + t * (end.x - start.x), start.y + t * (end.y - start.y), polygon)
        }
    return inside.toDouble() / SAMPLES
}

/** The same place read in another direction: rotated clockwise by [quarters] of a full turn. */
fun rotateQuad(
    quad: Quad,
    quarters: Int,
): Quad {
    val c = quad.corners
    return Quad(c[quarters % 4], c[(quarters + 1) % 4], c[(quarters + 2) % 4], c[(quarters + 3) % 4])
}

/** A tall quad split into squares from top to bottom: one for each character of a vertical Chinese line. */
fun splitVertical(quad: Quad): List<Quad> {
    val (wide, tall) = quadSize(quad)
    val count = maxOf(1, floor(tall / wide + 0.5).toInt())
    val left = List(count + 1) { between(quad.topLeft, quad.bottomLeft, it.toDouble() / count) }
    val right = List(count + 1) { between(quad.topRight, quad.bottomRight, it.toDouble() / count) }
    return List(count) { Quad(left[it], right[it], right[it + 1], left[it + 1]) }
}

/** A quad so many times as high, around the same middle line. */
fun ofHeight(
    quad: Quad,
    times: Double,
): Quad {
    val (a, b, c, d) = quad.corners
    val x = (d.x.toDouble() - a.x + c.x - b.x) / 4 * (times - 1)
    val y = (d.y.toDouble() - a.y + c.y - b.y) / 4 * (times - 1)
    return Quad(point(a.x - x, a.y - y), point(b.x - x, b.y - y), point(c.x + x, c.y + y), point(d.x + x, d.y + y))
}

/** Whether a line runs down or up: more than [slope] times as far as to one side. */
fun isSteep(
    quad: Quad,
    slope: Double,
): Boolean {
    val (a, b, c, d) = quad.corners
    return abs((b.y - a.y + c.y - d.y).toDouble()) > slope * abs((b.x - a.x + c.x - d.x).toDouble())
}

/** The part of a quad between two fractions of its width. */
fun partOfQuad(
    quad: Quad,
    begin: Double,
    end: Double,
): Quad {
    val (a, b, c, d) = quad.corners

    fun between(
        from: Point,
        to: Point,
        at: Double,
    ) = point(from.x + at * (to.x.toDouble() - from.x), from.y + at * (to.y.toDouble() - from.y))
    return Quad(between(a, b, begin), between(a, b, end), between(d, c, end), between(d, c, begin))
}

/** The rectangle with the middle line and the mean height of a quad. */
fun rectangle(quad: Quad): Quad {
    val (a, b, c, d) = quad.corners
    val (startX, startY) = (a.x.toDouble() + d.x) / 2 to (a.y.toDouble() + d.y) / 2
    val (endX, endY) = (b.x.toDouble() + c.x) / 2 to (b.y.toDouble() + c.y) / 2
    val (x, y) = endX - startX to endY - startY
    val half = quadSize(quad).second / 2 / maxOf(sqrt(x * x + y * y), 1e-6)
    val (downX, downY) = -y * half to x * half
    return Quad(
        point(startX - downX, startY - downY),
        point(endX - downX, endY - downY),
        point(endX + downX, endY + downY),
        point(startX + downX, startY + downY),
    )
}

/**
 * Lines that run down and continue each other: lists of indices from top to bottom, each index in one; a line alone is a list of one.
 *
 * From the top, each line continues the first chain at whose end it begins: at most [maxGap] times the height of the chain's last line
 * from its end, and less than half of that to one side.
 */
fun chainsDown(
    quads: List<Quad>,
    maxGap: Double,
): List<List<Int>> {
    val chains = mutableListOf<MutableList<Int>>()
    for (i in quads.indices.sortedBy { quads[it].topLeft.y + quads[it].bottomLeft.y }) { // stable
        val chain = chains.find { continues(quads[it.last()], quads[i], maxGap) }
        if (chain == null) chains += mutableListOf(i) else chain += i
    }
    return chains
}

private fun continues(
    upper: Quad,
    lower: Quad,
    maxGap: Double,
): Boolean {
    val (a, b, c, d) = upper.corners
    val alongX = (b.x.toDouble() + c.x - a.x - d.x) / 2
    val alongY = (b.y.toDouble() + c.y - a.y - d.y) / 2
    val x = (lower.topLeft.x.toDouble() + lower.bottomLeft.x - b.x - c.x) / 2
    val y = (lower.topLeft.y.toDouble() + lower.bottomLeft.y - b.y - c.y) / 2
    val length = maxOf(sqrt(alongX * alongX + alongY * alongY), 1e-6)
    val height = quadSize(upper).second
    return abs((x * alongX + y * alongY) / length) <= maxGap * height && abs((y * alongX - x * alongY) / length) < height / 2
}

private fun between(
    a: Point,
    b: Point,
    fraction: Double,
): Point = point(a.x + fraction * (b.x - a.x), a.y + fraction * (b.y - a.y))

internal fun midpoint(
    a: Point,
    b: Point,
): Point = Point((a.x + b.x) / 2, (a.y + b.y) / 2)

internal fun point(
    x: Double,
    y: Double,
): Point = Point(x.toFloat(), y.toFloat())
