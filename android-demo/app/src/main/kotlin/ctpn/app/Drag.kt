package ctpn.app

import ctpn.core.layout.Point
import ctpn.core.screen.Marking
import ctpn.core.screen.Photo
import ctpn.core.screen.Rectangle
import kotlin.math.abs
import kotlin.math.hypot

/**
 * What one finger does from where it touches the photo: move or resize the rectangle under it, or draw a new one.
 *
 * @param before what is marked; [at] is always one step after it, so that one undo reverts a gesture.
 * @param from where the finger touched, in photo pixels, as all lengths here.
 * @param reach how far from an edge a finger still grabs it.
 */
class Drag(
    private val before: Marking,
    private val photo: Photo,
    private val from: Point,
    private val reach: Float,
) {
    private val slop = reach / 3
    private val held: Int? = held()
    private val grip: Grip? = held?.let { grip(before.rectangles[it], it == before.selected) }

    /** The marking when the finger is at [to]: less than [slop] away it has only tapped. */
    fun at(to: Point): Marking {
        if (hypot(to.x - from.x, to.y - from.y) < slop) return before.select(held)
        if (held != null && grip != null) return before.replace(held, before.rectangles[held].dragged(grip, to))
        val drawn = drawn(to)
        return if (drawn.width < slop || drawn.height < slop) before.select(null) else before.add(drawn)
    }

    /** The selected one, if its edges or its inside are touched; else the smallest one around the finger. */
    private fun held(): Int? =
        before.selected?.takeIf { grip(before.rectangles[it], true) != null }
            ?: before.rectangles.indices
                .filter { grip(before.rectangles[it], false) != null }
                .minByOrNull { before.rectangles[it].width * before.rectangles[it].height }

    private fun grip(
        rectangle: Rectangle,
        selected: Boolean,
    ): Grip? {
        val x = part(from.x, rectangle.x, rectangle.x + rectangle.width, selected) ?: return null
        val y = part(from.y, rectangle.y, rectangle.y + rectangle.height, selected) ?: return null
        return Grip(x, y)
    }

    /** Inside, an edge reaches a quarter of the way at most, so that there is always a middle to move the rectangle by. */
    private fun part(
        value: Float,
        low: Float,
        high: Float,
        selected: Boolean,
    ): Part? {
        if (!selected) return if (value in low..high) Part.MIDDLE else null
        val inner = minOf(reach, (high - low) / 4)
        return when {
            value < low - reach || value > high + reach -> null
            value <= low + inner -> Part.LOW
            value >= high - inner -> Part.HIGH
            else -> Part.MIDDLE
        }
    }

    private fun Rectangle.dragged(
        grip: Grip,
        to: Point,
    ): Rectangle {
        val whole = grip.x == Part.MIDDLE && grip.y == Part.MIDDLE
        val (left, right) = span(x, x + width, grip.x, whole, to.x - from.x, photo.width.toFloat())
        val (top, bottom) = span(y, y + height, grip.y, whole, to.y - from.y, photo.height.toFloat())
        return Rectangle(left, top, right - left, bottom - top)
    }

    private fun span(
        low: Float,
        high: Float,
        part: Part,
        whole: Boolean,
        by: Float,
        limit: Float,
    ): Pair<Float, Float> {
        val minimum = minOf(slop, high - low)
        return when {
            whole -> by.coerceIn(-low, limit - high).let { low + it to high + it }
            part == Part.LOW -> (low + by).coerceIn(0f, high - minimum) to high
            part == Part.HIGH -> low to (high + by).coerceIn(low + minimum, limit)
            else -> low to high
        }
    }

    private fun drawn(to: Point): Rectangle {
        val (x0, x1) = from.x.coerceIn(0f, photo.width.toFloat()) to to.x.coerceIn(0f, photo.width.toFloat())
        val (y0, y1) = from.y.coerceIn(0f, photo.height.toFloat()) to to.y.coerceIn(0f, photo.height.toFloat())
        return Rectangle(minOf(x0, x1), minOf(y0, y1), abs(x1 - x0), abs(y1 - y0))
    }

    /** Where along one axis a rectangle is grabbed. */
    private enum class Part { LOW, MIDDLE, HIGH }

    private data class Grip(
        val x: Part,
        val y: Part,
    )
}
