package ctpn.app

import android.content.Context
import android.graphics.Bitmap
import android.graphics.Canvas
import android.graphics.Paint
import android.graphics.RectF
import android.util.AttributeSet
import android.view.MotionEvent
import android.view.View
import ctpn.core.screen.Photo
import kotlin.math.hypot

/** A photo that two fingers zoom and move. Subclasses decide what one finger does. */
abstract class PhotoView(
    context: Context,
    attributes: AttributeSet?,
) : View(context, attributes) {
    protected val density = resources.displayMetrics.density
    private val smooth = Paint(Paint.FILTER_BITMAP_FLAG or Paint.DITHER_FLAG)
    private val place = RectF()
    private var pinch: Pinch? = null
    private var pinched = false

    /** Null until the photo is shown and the view has a size. */
    protected var viewport: Viewport? = null

    var photo: Photo? = null
        private set

    private var bitmap: Bitmap? = null

    /** @param picture the photo's pixels, possibly at reduced size; null while they are still being decoded. */
    fun show(
        photo: Photo,
        picture: Bitmap?,
    ) {
        val other = photo != this.photo
        this.photo = photo
        bitmap = picture
        if (other || viewport == null) fit()
        invalidate()
    }

    override fun onSizeChanged(
        width: Int,
        height: Int,
        oldWidth: Int,
        oldHeight: Int,
    ) = fit()

    private fun fit() {
        viewport = photo?.takeIf { width > 0 && height > 0 }?.let { Viewport.whole(it.width, it.height, width, height, MARGIN * density) }
    }

    override fun onDraw(canvas: Canvas) {
        val v = viewport ?: return
        place.set(v.left, v.top, v.left + v.photoWidth * v.scale, v.top + v.photoHeight * v.scale)
        bitmap?.let { canvas.drawBitmap(it, null, place, smooth) }
        drawOver(canvas, v)
    }

    protected abstract fun drawOver(
        canvas: Canvas,
        viewport: Viewport,
    )

    protected abstract fun pressed(
        x: Float,
        y: Float,
    )

    protected abstract fun dragged(
        x: Float,
        y: Float,
    )

    protected abstract fun released(
        x: Float,
        y: Float,
    )

    /** A second finger came, or the system took the gesture away: undo what the first finger did. */
    protected abstract fun cancelled()

    override fun onTouchEvent(event: MotionEvent): Boolean {
        if (viewport == null || !isEnabled) return false
        when (event.actionMasked) {
            MotionEvent.ACTION_DOWN -> down(event)
            MotionEvent.ACTION_POINTER_DOWN -> secondFinger(event)
            MotionEvent.ACTION_MOVE -> if (pinched) pinchOn(event) else dragged(event.x, event.y)
            MotionEvent.ACTION_POINTER_UP -> pinch = null
            MotionEvent.ACTION_UP -> if (!pinched) up(event)
            MotionEvent.ACTION_CANCEL -> cancelled()
            else -> return false
        }
        invalidate()
        return true
    }

    private fun down(event: MotionEvent) {
        pinch = null
        pinched = false
        // A list or pager around this view must not intercept the gesture.
        parent?.requestDisallowInterceptTouchEvent(true)
        pressed(event.x, event.y)
    }

    private fun secondFinger(event: MotionEvent) {
        if (!pinched) cancelled()
        pinched = true
        pinch = Pinch.of(event)
    }

    private fun pinchOn(event: MotionEvent) {
        if (event.pointerCount < 2) return
        val now = Pinch.of(event)
        pinch?.let { viewport = viewport?.pinched(now.span / it.span, now.x, now.y, now.x - it.x, now.y - it.y) }
        pinch = now
    }

    private fun up(event: MotionEvent) {
        released(event.x, event.y)
        performClick()
    }

    override fun performClick(): Boolean {
        super.performClick()
        return true
    }

    /** The middle of two fingers and how far they are apart. */
    private class Pinch(
        val x: Float,
        val y: Float,
        val span: Float,
    ) {
        companion object {
            fun of(event: MotionEvent): Pinch {
                val (x0, y0) = event.getX(0) to event.getY(0)
                val (x1, y1) = event.getX(1) to event.getY(1)
                return Pinch((x0 + x1) / 2, (y0 + y1) / 2, maxOf(hypot(x1 - x0, y1 - y0), 1f))
            }
        }
    }

    private companion object {
        const val MARGIN = 16 // dp
    }
}
