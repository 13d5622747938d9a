package ctpn.app

import android.content.Context
import android.graphics.Canvas
import android.graphics.Paint
import android.graphics.Path
import android.graphics.RectF
import android.util.AttributeSet
import ctpn.core.TextLine
import ctpn.core.layout.Point
import ctpn.core.layout.Quad
import ctpn.core.layout.isInside
import kotlin.math.hypot

/** The photo with the lines that were found: each line's quad and its probability in per cent. */
class ResultView(
    context: Context,
    attributes: AttributeSet? = null,
) : PhotoView(context, attributes) {
    /** Called with the index of the line that was touched, null for none. */
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
        // After all quads: a neighbour's frame must not cross a number.
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

    /** After the text's end, where it hides the least; as high as the line, but neither too small to read nor too large. */
    private fun drawTag(
        canvas: Canvas,
        viewport: Viewport,
        line: TextLine,
    ) {
        val (from, to) = viewport.toView(line.quad.topRight) to viewport.toView(line.quad.bottomRight)
        digits.textSize = (0.7f * hypot(to.x - from.x, to.y - from.y)).coerceIn(7 * density, 12 * density)
        val text = percent(line.score)
        val (padding, height) = digits.textSize * 0.25f to digits.textSize * 1.25f
        val wide = digits.measureText(text) + 2 * padding
        val x = minOf((from.x + to.x) / 2, width - wide)
        val y = (from.y + to.y) / 2
        chip.set(x, y - height / 2, x + wide, y + height / 2)
        canvas.drawRoundRect(chip, padding, padding, tag)
        canvas.drawText(text, x + padding, y - (digits.ascent() + digits.descent()) / 2, digits)
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
        selected = lines.indices.firstOrNull { isInside(under.x.toDouble(), under.y.toDouble(), lines[it].quad.corners) }
        onSelected(selected)
    }

    override fun cancelled() {
        last = null
    }

    private companion object {
        const val TAP = 8 // dp that a tap may slip
    }
}
