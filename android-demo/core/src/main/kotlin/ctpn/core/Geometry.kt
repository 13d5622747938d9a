package ctpn.core

/** A place; frames begin at the corner of the first pixel, x to the right, y down. */
data class Point(
    val x: Float,
    val y: Float,
)

/** Four corners, of a text line clockwise from the text's top left. */
data class Quad(
    val topLeft: Point,
    val topRight: Point,
    val bottomRight: Point,
    val bottomLeft: Point,
) {
    /** The corners, clockwise. */
    val corners: List<Point> get() = listOf(topLeft, topRight, bottomRight, bottomLeft)

    companion object {
        /** From x, y, x, y, … of the four corners. */
        fun of(vararg xy: Float): Quad {
            require(xy.size == 8) { "expected 8 numbers of four corners, got ${xy.size}" }
            return Quad(Point(xy[0], xy[1]), Point(xy[2], xy[3]), Point(xy[4], xy[5]), Point(xy[6], xy[7]))
        }
    }
}

/**
 * One line of text.
 *
 * @property quad in pixels of the upright photo.
 * @property score probability that this is text, in 0 … 1.
 * @property text what stands there, empty if nothing can be read; null where only detection was asked for.
 * @property textScore how sure that is, in 0 … 1.
 * @property region index of the region that it was found in; null without regions.
 */
data class TextLine(
    val quad: Quad,
    val score: Float,
    val text: String? = null,
    val textScore: Float? = null,
    val region: Int? = null,
)
