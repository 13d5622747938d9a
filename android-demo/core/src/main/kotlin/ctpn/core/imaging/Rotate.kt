@file:Suppress("ktlint:standard:filename") // the name of the module, as in all languages

package ctpn.core.imaging

import ctpn.core.contract.DetectorSpec
import ctpn.core.layout.Point
import ctpn.core.layout.Vector
import kotlin.math.ceil
import kotlin.math.floor

/**
 * A part of a picture, rotated so that its text is level.
 *
 * @property pixels both sides multiples of `spec.sizeMultiple`; right and below it shows more of the picture.
 * @property origin the corner of the first pixel in the picture.
 * @property along the step there for a pixel to the right; [down] for one down.
 */
class Rotated(
    val pixels: RgbImage,
    private val origin: Vector,
    private val along: Vector,
    private val down: Vector,
) {
    /** A point of the rotated part as a point of the picture. */
    fun toPicture(point: Point): Point {
        val place = (origin + along * point.x.toDouble()) + down * point.y.toDouble()
        return Point(place.x.toFloat(), place.y.toFloat())
    }
}

/**
 * Cut a rotated rectangle out of a picture, at the scale that a photo of its size would have ([fitScale]).
 *
 * It is halved while it still shrinks by more than 2, and sampled once. What lies outside of the picture has the grey `spec.pad`.
 *
 * @param corners of the rectangle in pixels of [rgb], clockwise from the top left of its text; it has an area.
 */
fun rotate(
    rgb: RgbImage,
    corners: List<Vector>,
    spec: DetectorSpec,
): Rotated {
    val along = corners[1] - corners[0]
    val down = corners[3] - corners[0]
    val scale = fitScale(along.length, down.length, spec)
    val width = maxOf(1, rounded(along.length * scale))
    val height = maxOf(1, rounded(down.length * scale))
    val frame = listOf(corners[0], along / width.toDouble(), down / height.toDouble())
    val m = spec.sizeMultiple
    val pixels = sampled(rgb, frame, (width + m - 1) / m * m, (height + m - 1) / m * m, scale, spec.pad)
    return Rotated(pixels, frame[0], frame[1], frame[2])
}

private fun sampled(
    rgb: RgbImage,
    frame: List<Vector>,
    width: Int,
    height: Int,
    scale: Double,
    pad: Int,
): RgbImage {
    var times = 0
    while (scale * (2 shl times) < 1) times++
    val (origin, along, down) = frame
    val right = origin + along * width.toDouble()
    val corners = listOf(origin, right, origin + down * height.toDouble(), right + down * height.toDouble())
    val air = 2 shl times
    val (x0, x1) = span(corners.map { it.x }, air, rgb.width)
    val (y0, y1) = span(corners.map { it.y }, air, rgb.height)
    val part = framed(halved(rgb.cut(x0, y0, x1, y1), times), pad)
    val divisor = (1 shl times).toDouble()
    val begin = (origin - Vector(x0.toDouble(), y0.toDouble())) / divisor
    val (stepX, stepY) = along / divisor to down / divisor
    val x = DoubleArray(width * height)
    val y = DoubleArray(width * height)
    for (row in 0 until height) {
        for (column in 0 until width) {
            x[row * width + column] = ((begin.x + 1) + (column + 0.5) * stepX.x) + (row + 0.5) * stepY.x
            y[row * width + column] = ((begin.y + 1) + (column + 0.5) * stepX.y) + (row + 0.5) * stepY.y
        }
    }
    return sample(part, x, y, width, height)
}

/** The whole pixels around places, with [air], that a side of a picture has; at least one. */
private fun span(
    places: List<Double>,
    air: Int,
    side: Int,
): Pair<Int, Int> {
    val low = (floor(places.min()) - air).coerceIn(0.0, side - 1.0).toInt()
    return low to (ceil(places.max()) + air).coerceIn(low + 1.0, side.toDouble()).toInt()
}

/** A picture with one pixel of grey around it. */
private fun framed(
    rgb: RgbImage,
    grey: Int,
): RgbImage {
    val (width, height) = rgb.width + 2 to rgb.height + 2
    val out = ByteArray(3 * width * height) { grey.toByte() }
    for (y in 0 until rgb.height) rgb.pixels.copyInto(out, 3 * (width * (y + 1) + 1), 3 * rgb.width * y, 3 * rgb.width * (y + 1))
    return RgbImage(width, height, out)
}
