package ctpn.app

import android.content.Context
import android.graphics.Canvas
import android.graphics.Paint
import android.graphics.RectF
import android.os.Bundle
import android.util.AttributeSet
import android.util.TypedValue
import android.view.accessibility.AccessibilityNodeInfo
import ctpn.core.layout.Point
import ctpn.core.screen.Marking
import ctpn.core.screen.Rectangle

/** Where regions are marked: one finger draws, moves and resizes rectangles, two zoom the photo. */
class MarkingView(
    context: Context,
    attributes: AttributeSet? = null,
) : PhotoView(context, attributes) {
    /** Called once per gesture, when the finger is lifted. */
    var onMarking: (Marking) -> Unit = {}

    /** What is marked; while a finger drags, as if it were lifted now. */
    var marking = Marking()
        set(value) {
            field = value
            contentDescription = describe(value)
            invalidate()
        }

    private var drag: Drag? = null
    private var before = Marking()
    private val frame = RectF()
    private val shade = Paint().apply { color = context.getColor(R.color.mark_shade) }
    private val line = stroke(R.color.mark_line, 2f)
    private val chosen = stroke(R.color.mark_chosen, 3f)
    private val ground = Paint(Paint.ANTI_ALIAS_FLAG).apply { color = context.getColor(R.color.mark_chosen) }
    private val knob = Paint(Paint.ANTI_ALIAS_FLAG).apply { color = context.getColor(R.color.mark_line) }
    private val number =
        Paint(Paint.ANTI_ALIAS_FLAG).apply {
            color = context.getColor(R.color.mark_number)
            textSize = TypedValue.applyDimension(TypedValue.COMPLEX_UNIT_SP, 12f, resources.displayMetrics)
            textAlign = Paint.Align.CENTER
            isFakeBoldText = true
        }

    init {
        contentDescription = describe(marking)
    }

    private fun stroke(
        colour: Int,
        width: Float,
    ) = Paint(Paint.ANTI_ALIAS_FLAG).apply {
        color = context.getColor(colour)
        style = Paint.Style.STROKE
        strokeWidth = width * density
    }

    override fun pressed(
        x: Float,
        y: Float,
    ) {
        val v = viewport ?: return
        before = marking
        drag = Drag(before, photo ?: return, v.toPhoto(x, y), REACH * density / v.scale)
    }

    override fun dragged(
        x: Float,
        y: Float,
    ) {
        val v = viewport ?: return
        drag?.let { marking = it.at(v.toPhoto(x, y)) }
    }

    override fun released(
        x: Float,
        y: Float,
    ) {
        dragged(x, y)
        drag = null
        if (marking != before) onMarking(marking)
    }

    override fun cancelled() {
        if (drag != null) marking = before
        drag = null
    }

    override fun drawOver(
        canvas: Canvas,
        viewport: Viewport,
    ) {
        shadeOutside(canvas, viewport)
        marking.rectangles.forEachIndexed { i, rectangle ->
            place(rectangle, viewport)
            canvas.drawRect(frame, if (i == marking.selected) chosen else line)
            drawNumber(canvas, i + 1)
        }
        marking.selected?.let { drawKnobs(canvas, marking.rectangles[it], viewport) }
    }

    /** What is not marked is shaded, so that the marks are visible on any photo. */
    private fun shadeOutside(
        canvas: Canvas,
        viewport: Viewport,
    ) {
        if (marking.rectangles.isEmpty()) return
        val saved = canvas.save()
        for (rectangle in marking.rectangles) {
            place(rectangle, viewport)
            canvas.clipOutRect(frame)
        }
        val corner = viewport.toView(Point(viewport.photoWidth.toFloat(), viewport.photoHeight.toFloat()))
        canvas.drawRect(viewport.left, viewport.top, corner.x, corner.y, shade)
        canvas.restoreToCount(saved)
    }

    private fun place(
        rectangle: Rectangle,
        viewport: Viewport,
    ) {
        val from = viewport.toView(Point(rectangle.x, rectangle.y))
        frame.set(from.x, from.y, from.x + rectangle.width * viewport.scale, from.y + rectangle.height * viewport.scale)
    }

    /** On the upper left corner, half outside, so that it hides little of what is marked. */
    private fun drawNumber(
        canvas: Canvas,
        value: Int,
    ) {
        val radius = 10 * density
        val x = frame.left.coerceIn(radius, maxOf(radius, width - radius))
        val y = (frame.top - radius / 2).coerceIn(radius, maxOf(radius, height - radius))
        canvas.drawCircle(x, y, radius, ground)
        canvas.drawText(value.toString(), x, y - (number.ascent() + number.descent()) / 2, number)
    }

    private fun drawKnobs(
        canvas: Canvas,
        rectangle: Rectangle,
        viewport: Viewport,
    ) {
        place(rectangle, viewport)
        for ((x, y) in knobs()) {
            canvas.drawCircle(x, y, 7 * density, ground)
            canvas.drawCircle(x, y, 4.5f * density, knob)
        }
    }

    /** Corners (the number is on one of them) and the middles of edges, as far as they do not hide what is marked. */
    private fun knobs(): List<Pair<Float, Float>> {
        val roomy = 56 * density
        val lower = listOf(frame.right to frame.bottom, frame.left to frame.bottom)
        if (frame.height() < roomy / 2) return lower
        val across = listOf(frame.centerX() to frame.top, frame.centerX() to frame.bottom).filter { frame.width() > roomy }
        val along = listOf(frame.left to frame.centerY(), frame.right to frame.centerY()).filter { frame.height() > roomy }
        return lower + (frame.right to frame.top) + across + along
    }

    private fun describe(marking: Marking): String {
        val count = marking.rectangles.size
        val chosen = marking.selected ?: return resources.getQuantityString(R.plurals.marked, count, count)
        return resources.getQuantityString(R.plurals.marked_one_selected, count, count, chosen + 1)
    }

    // For those who cannot see the photo: mark all of it, and go from mark to mark.
    override fun onInitializeAccessibilityNodeInfo(info: AccessibilityNodeInfo) {
        super.onInitializeAccessibilityNodeInfo(info)
        info.addAction(AccessibilityNodeInfo.AccessibilityAction(R.id.action_mark_all, context.getString(R.string.mark_all)))
        if (marking.rectangles.isEmpty()) return
        info.addAction(AccessibilityNodeInfo.AccessibilityAction(R.id.action_next_mark, context.getString(R.string.next_mark)))
    }

    override fun performAccessibilityAction(
        action: Int,
        arguments: Bundle?,
    ): Boolean {
        val shown = photo
        val next =
            when {
                action == R.id.action_mark_all && shown != null ->
                    marking.add(Rectangle(0f, 0f, shown.width.toFloat(), shown.height.toFloat()))
                action == R.id.action_next_mark && marking.rectangles.isNotEmpty() ->
                    marking.select(((marking.selected ?: -1) + 1) % marking.rectangles.size)
                else -> return super.performAccessibilityAction(action, arguments)
            }
        marking = next
        onMarking(next)
        return true
    }

    private companion object {
        const val REACH = 18 // dp around an edge
    }
}
