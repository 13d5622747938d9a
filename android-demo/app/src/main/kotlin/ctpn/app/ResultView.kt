package ctpn.app

import android.content.Context
import android.graphics.Canvas
import android.graphics.Paint
import android.graphics.Path
import android.graphics.RectF
import android.util.AttributeSet
import ctpn.core.Point
import ctpn.core.Quad
import ctpn.core.TextLine
import kotlin.math.hypot

/** The photo with what was found on it: each line's quad and its probability in per cent. */
class ResultView(
    context: Context,
    attributes: AttributeSet? = null,
) : PhotoView(context, attributes) {
    /** Told which line was touched, null for none. */
    var onSelected: (Int?) -> Unit = {}

    var lines: List<TextLine> = emptyList()
        set(value) {
            field = value
            contentDescription = resources.getQuantityString(R.plurals.found, value.size, value.size)
            invalidate()
        }

    /** Index of the line that stands out. */
    var selected: Int? = null
        set(value) {
            field = value
            invalidate()
        }

    private var last: Point? = null
    private var moved = 0f
    private val path = Path()
    private val chip = RectF()
    private val edge = paint(R.color.line_edge).apply { style = Paint.Style.STROKE }
    private val fill = paint(R.color.line_fill)
    private val strong = paint(R.color.line_selected)
    private val tag = paint(R.color.line_edge)
    private val digits = paint(R.color.line_text).apply { isFakeBoldText = true }

    private fun paint(colour: Int) = Paint(Paint.ANTI_ALIAS_FLAG).apply { color = context.getColor(colour) }

    override fun drawOver(
        canvas: Canvas,
        viewport: Viewport,
    ) {
        lines.forEachIndexed { i, line -> drawQuad(canvas, viewport, line.quad, i == selected) }
        // Above all quads: a neighbour's frame must not cross a number.
        for (line in lines) drawTag(canvas, viewport, line)
    }

    private fun drawQuad(
        canvas: Canvas,
        viewport: Viewport,
        quad: Quad,
        standsOut: Boolean,
    ) {
        path.rewind()
        quad.corners.map(viewport::toView).forEachIndexed { i, p -> if (i == 0) path.moveTo(p.x, p.y) else path.lineTo(p.x, p.y) }
        path.close()
        canvas.drawPath(path, if (standsOut) strong else fill)
        edge.strokeWidth = (if (standsOut) 2.5f else 1.25f) * density
        canvas.drawPath(path, edge)
    }

    /** After the text's end, where it hides the least; as high as the line, within what can be read and what does not shout. */
    private fun drawTag(
        canvas: Canvas,
        viewport: Viewport,
        line: TextLine,
    ) {
        val (from, to) = viewport.toView(line.quad.topRight) to viewport.toView(line.quad.bottomRight)
        digits.textSize = (0.7f * hypot(to.x - from.x, to.y - from.y)).coerceIn(7 * density, 12 * density)
        val text = percent(line.score)
        val (air, height) = digits.textSize * 0.25f to digits.textSize * 1.25f
        val wide = digits.measureText(text) + 2 * air
        val x = minOf((from.x + to.x) / 2, width - wide)
        val y = (from.y + to.y) / 2
        chip.set(x, y - height / 2, x + wide, y + height / 2)
        canvas.drawRoundRect(chip, air, air, tag)
        canvas.drawText(text, x + air, y - (digits.ascent() + digits.descent()) / 2, digits)
    }

    override fun pressed(
        x: Float,
        y: Float,
    ) {
        last = Point(x, y)
        moved = 0f
    }

    override fun dragged(
        x: Float,
        y: Float,
    ) {
        val from = last ?: return
        moved += hypot(x - from.x, y - from.y)
        if (moved > TAP * density) viewport = viewport?.moved(x - from.x, y - from.y)
        last = Point(x, y)
    }

    override fun released(
        x: Float,
        y: Float,
    ) {
        if (last == null || moved > TAP * density) return
        val under = viewport?.toPhoto(x, y) ?: return
        selected = lines.indices.firstOrNull { lines[it].quad.holds(under) }
        onSelected(selected)
    }

    override fun cancelled() {
        last = null
    }

    private companion object {
        const val TAP = 8 // dp that a tap may slip
    }
}

/** Whether a point lies in a convex quad, in any direction of its corners. */
internal fun Quad.holds(point: Point): Boolean {
    val signs =
        corners.indices.map {
            val (a, b) = corners[it] to corners[(it + 1) % 4]
            (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x)
        }
    return signs.all { it >= 0 } || signs.all { it <= 0 }
}
