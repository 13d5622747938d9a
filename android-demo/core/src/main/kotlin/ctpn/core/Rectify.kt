package ctpn.core

import kotlin.math.ceil
import kotlin.math.floor
import kotlin.math.sqrt

private const val NARROWEST = 8 // pixels of a strip

/**
 * The line inside a quad as an upright strip, `spec.height` high, the quad with `spec.margin` around it; its width is by the
 * line's own ratio, at least 8. Lines that shrink by more than 2 are first halved.
 *
 * @param quad clockwise from the text's top left, in pixels of [rgb]; it may reach over the border, whose pixels are then
 *   repeated.
 */
fun rectify(
    rgb: RgbImage,
    quad: Quad,
    spec: RecognizerSpec,
): RgbImage {
    val (wide, tall) = sides(quad)
    val scale = spec.height / (tall * (1 + 2 * spec.margin[1]))
    val width = maxOf(NARROWEST, rounded((wide + 2 * spec.margin[0] * tall) * scale))
    val (xs, ys) = withMargin(quad, wide, tall, spec)
    val x0 = (floor(xs.min()) - 2).coerceIn(0.0, rgb.width - 1.0)
    val y0 = (floor(ys.min()) - 2).coerceIn(0.0, rgb.height - 1.0)
    val x1 = (ceil(xs.max()) + 2).coerceIn(x0 + 1, rgb.width.toDouble())
    val y1 = (ceil(ys.max()) + 2).coerceIn(y0 + 1, rgb.height.toDouble())
    var times = 0
    while (scale * (2 shl times) < 1) times++
    val part = halved(rgb.cut(x0.toInt(), y0.toInt(), x1.toInt(), y1.toInt()), times)
    val block = (1 shl times).toDouble()
    for (i in 0..3) {
        xs[i] = (xs[i] - x0) / block
        ys[i] = (ys[i] - y0) / block
    }
    val (x, y) = places(xs, ys, width, spec.height)
    return sample(part, x, y, width, spec.height)
}

/** Mean width and height of a quad, each at least 1 pixel. */
fun sides(quad: Quad): Pair<Double, Double> {
    val (a, b, c, d) = quad.corners
    return maxOf((distance(a, b) + distance(d, c)) / 2, 1.0) to maxOf((distance(a, d) + distance(b, c)) / 2, 1.0)
}

private fun distance(
    a: Point,
    b: Point,
): Double {
    val x = b.x.toDouble() - a.x
    val y = b.y.toDouble() - a.y
    return sqrt(x * x + y * y) // as in every language, to the last bit; hypot is not
}

/** x and y of the four corners. */
private fun withMargin(
    quad: Quad,
    wide: Double,
    tall: Double,
    spec: RecognizerSpec,
): Pair<DoubleArray, DoubleArray> {
    fun moved(q: DoubleArray): DoubleArray {
        val along = (q[1] - q[0] + q[2] - q[3]) / 2 * (spec.margin[0] * tall / wide)
        val down = (q[3] - q[0] + q[2] - q[1]) / 2 * spec.margin[1]
        return doubleArrayOf(q[0] - along - down, q[1] + along - down, q[2] + along + down, q[3] - along + down)
    }
    val corners = quad.corners
    return moved(DoubleArray(4) { corners[it].x.toDouble() }) to moved(DoubleArray(4) { corners[it].y.toDouble() })
}

/**
 * Where the pixels of a width × height picture lie in a quad: their x and y, row by row.
 *
 * The projective map of the unit square (Heckbert 1989, section 2.2.3); of a quad without area the affine part.
 */
private fun places(
    xs: DoubleArray,
    ys: DoubleArray,
    width: Int,
    height: Int,
): Pair<DoubleArray, DoubleArray> {
    val sx = xs[0] - xs[1] + xs[2] - xs[3]
    val sy = ys[0] - ys[1] + ys[2] - ys[3]
    val dx1 = xs[1] - xs[2]
    val dy1 = ys[1] - ys[2]
    val dx2 = xs[3] - xs[2]
    val dy2 = ys[3] - ys[2]
    val det = dx1 * dy2 - dx2 * dy1
    val g = if (det == 0.0) 0.0 else (sx * dy2 - dx2 * sy) / det
    val h = if (det == 0.0) 0.0 else (dx1 * sy - sx * dy1) / det
    val x = DoubleArray(width * height)
    val y = DoubleArray(width * height)
    val (ax, bx) = (xs[1] - xs[0] + g * xs[1]) to (xs[3] - xs[0] + h * xs[3])
    val (ay, by) = (ys[1] - ys[0] + g * ys[1]) to (ys[3] - ys[0] + h * ys[3])
    for (row in 0 until height) {
        val v = (row + 0.5) / height
        for (column in 0 until width) {
            val u = (column + 0.5) / width
            val depth = (g * u + 1) + h * v
            x[row * width + column] = (ax * u + xs[0] + bx * v) / depth
            y[row * width + column] = (ay * u + ys[0] + by * v) / depth
        }
    }
    return x to y
}
