package ctpn.core.layout

import ctpn.core.CtpnException
import ctpn.core.contract.RegionsSpec
import kotlin.math.abs
import kotlin.math.ceil
import kotlin.math.floor

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

/**
 * A region as the convex polygon that it covers of a photo, clockwise; what lies outside of the photo is omitted.
 *
 * @throws CtpnException not convex, not finite, crossing itself, or not a pixel of it inside the photo.
 */
fun outline(
    region: Region,
    width: Int,
    height: Int,
): List<Point> {
    val inside = clockwise(region.corners.corners)?.let { clip(it, width, height) }.orEmpty()
    if (inside.size < 3 || abs(area(inside)) < 1 || shortSide(inside) < 1) {
        throw CtpnException(
            "region ${region.corners.corners.joinToString(",") { "${it.x},${it.y}" }}: expected four corners around a convex area " +
                "inside a photo of $width x $height; mark it again",
        )
    }
    return inside
}

/** A part of a photo, whole pixels, (x0, y0) up to, without, (x1, y1). */
data class Window(
    val x0: Int,
    val y0: Int,
    val x1: Int,
    val y1: Int,
)

/** The part of a width × height photo that is looked at: the region and some padding. */
fun window(
    outline: List<Point>,
    width: Int,
    height: Int,
    spec: RegionsSpec,
): Window {
    val padding = (spec.regionPadding.toFloat() * shortSide(outline)).coerceIn(spec.minPadding.toFloat(), spec.maxPadding.toFloat())
    return Window(
        maxOf(floor(outline.minOf { it.x } - padding).toInt(), 0),
        maxOf(floor(outline.minOf { it.y } - padding).toInt(), 0),
        minOf(ceil(outline.maxOf { it.x } + padding).toInt(), width),
        minOf(ceil(outline.maxOf { it.y } + padding).toInt(), height),
    )
}

/**
 * By how much a region is enlarged before it is looked at: low ones hold one or two lines, which would be too small.
 *
 * Large ones are reduced by the detector's own rule (`fit`).
 */
fun scale(
    outline: List<Point>,
    spec: RegionsSpec,
): Double = (spec.minRegionSide.toDouble() / shortSide(outline)).coerceIn(1.0, spec.maxEnlargement)
